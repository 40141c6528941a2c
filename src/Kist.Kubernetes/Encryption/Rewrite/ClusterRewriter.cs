using Kist.Core;
using Kist.Kubernetes.Encryption.Rotation;
using Kist.Wire.Kubernetes;

namespace Kist.Kubernetes.Encryption.Rewrite;

/// <summary>The rewriting step of a rotation: all objects of the resources, through the API server.</summary>
/// <param name="client">The API server.</param>
/// <param name="options">How objects are rewritten.</param>
/// <param name="progress">Hears of each object; null for nobody.</param>
public sealed class ClusterRewriter(KubeClient client, RewriteOptions options, Action<RewriteProgress>? progress) : IObjectRewriter
{
    /// <inheritdoc/>
    public async Task<Outcome<Nothing>> RewriteAsync(IReadOnlyList<GroupResource> resources, CancellationToken cancellationToken)
    {
        var found = await RewriteResources.FindAsync(client, resources, cancellationToken);
        if (!found.Succeeded)
            return found.Failure;
        var result = await new Rewriter(client, options).RunAsync(new ApiSource(client, found.Value, null), progress, cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
        if (result.Ended is { } ended)
            return ended;
        return result.Failures is [var first, ..]
            ? Failure.Conflict("rewrite.failed", $"{result.Failures.Count} could not be rewritten; the first is {first.Key}: {first.Message}")
            : Outcome.Done;
    }
}
