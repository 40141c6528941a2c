using System.Text.Json;
using Kist.Core;
using Kist.Wire.Kubernetes;

namespace Kist.Auth.Kubernetes;

/// <summary>
/// Asks API servers. A bounded number of questions are under way at each at once, so that a flood of logins is none of reviews; the others wait their turn
/// for as long as their request may take.
/// </summary>
internal static class TokenReviews
{
    /// <summary>Whether the cluster vouches for the account's token; a failure when it does not, or does not answer.</summary>
    public static async ValueTask<Outcome<Nothing>> ReviewAsync(
        Cluster cluster, string token, ServiceAccount account, IReadOnlyList<string> audiences, CancellationToken cancellationToken)
    {
        var refused = cluster.Reviewer is null ? KubernetesFailures.CallerRefused : KubernetesFailures.ReviewerRefused;
        var review = await AskAsync(cluster, () => cluster.For(token).ReviewTokenAsync(token, audiences, cancellationToken), refused, cancellationToken);
        if (!review.Succeeded)
            return review.Failure;
        // The API server's word counts, not the token's.
        var isSame = review.Value.UserName == account.UserName && (account.Uid.Length == 0 || review.Value.Uid == account.Uid);
        return review.Value.Authenticated && isSame ? Outcome.Done : KubernetesFailures.NotVouchedFor;
    }

    /// <summary>The labels of a namespace; none when it is gone.</summary>
    public static async ValueTask<Outcome<IReadOnlyDictionary<string, string>>> LabelsAsync(
        Cluster cluster, string token, string ns, CancellationToken cancellationToken)
    {
        var found = await AskAsync(cluster, ReadAsync, KubernetesFailures.NamespacesRefused, cancellationToken);
        return found.Succeeded ? new(found.Value) : new Outcome<IReadOnlyDictionary<string, string>>(found.Failure);

        async Task<Dictionary<string, string>> ReadAsync()
        {
            using var read = await cluster.For(token).GetAsync(KubeResource.Namespaces, null, ns, cancellationToken);
            using var document = read.Open();
            return document.RootElement.GetProperty("metadata").TryGetProperty("labels", out var labels) && labels.ValueKind == JsonValueKind.Object
                ? labels.EnumerateObject().ToDictionary(l => l.Name, l => l.Value.ToString(), StringComparer.Ordinal)
                : [];
        }
    }

    private static async ValueTask<Outcome<T>> AskAsync<T>(Cluster cluster, Func<Task<T>> ask, Failure refused, CancellationToken cancellationToken)
    {
        if (!await cluster.Turns.TryEnterAsync(cancellationToken))
            return KubernetesFailures.Busy;
        try
        {
            return await ask();
        }
        catch (KubeException e)
        {
            return e.Error switch
            {
                KubeError.Unauthorized or KubeError.Forbidden => refused,
                KubeError.NotFound => KubernetesFailures.NotVouchedFor,
                _ => KubernetesFailures.Silent,
            };
        }
        finally
        {
            cluster.Turns.Leave();
        }
    }
}
