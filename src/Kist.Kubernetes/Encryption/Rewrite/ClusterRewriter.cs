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
        var found = await RewriteResources.LookAsync(client, resources, cancellationToken);
        if (!found.Succeeded)
            return found.Failure;
        var result = await new Rewriter(client, options).RunAsync(new ApiSource(client, found.Value.Resources, null), progress, cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
        if (result.Ended is { } ended)
            return ended;
        if (result.Failures is [var first, ..])
            return Failure.Conflict("rewrite.failed", $"{result.Failures.Count} could not be rewritten; the first is {first.Key}: {first.Message}");

        // Their old key stays needed; all else is under the new one.
        return found.Value.Missing is [var missing, ..]
            ? Failure.Conflict(missing.Reason.Code, $"etcd has objects of \"{missing.Name}\", which cannot be rewritten: {missing.Reason.Message}")
            : Outcome.Done;
    }
}
