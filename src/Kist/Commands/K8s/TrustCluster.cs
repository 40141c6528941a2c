using System.Text;
using System.Text.Json.Nodes;
using Kist.Commands.Cli;
using Kist.Wire.Kubernetes;

namespace Kist.Commands.K8s;

/// <summary>The cluster's part of <c>k8s trust</c>.</summary>
internal sealed class TrustCluster(Invocation call, KubeClient cluster)
{
    private static readonly TimeSpan TokenPatience = TimeSpan.FromSeconds(30);

    /// <summary>Compares what is there with what is wanted, and changes nothing.</summary>
    /// <returns>For each object what is to be written; null for nothing.</returns>
    /// <exception cref="ExitException">An object is there that is another one.</exception>
    public async Task<IReadOnlyList<TrustStep>> CompareAsync(IReadOnlyList<TrustObject> wanted, CancellationToken cancellation)
    {
        var steps = new List<TrustStep>();
        foreach (var one in wanted)
        {
            var present = await FindAsync(one, cancellation);
            var json = present is null ? one.Json : TrustComparison.Mend(one, present);
            steps.Add(new TrustStep(one, json, IsNew: present is null));
        }

        return steps;
    }

    /// <summary>Writes what is to be written.</summary>
    public async Task WriteAsync(IReadOnlyList<TrustStep> steps, CancellationToken cancellation)
    {
        foreach (var (one, json, isNew) in steps)
        {
            if (json is null)
            {
                call.Host.Tell($"{one} is there already");
                continue;
            }

            var bytes = Encoding.UTF8.GetBytes(json.ToJsonString());
            using var written = isNew
                ? await cluster.CreateAsync(one.Resource, one.Namespace, bytes, cancellation)
                : await cluster.UpdateAsync(one.Resource, one.Namespace, one.Name, bytes, cancellation);
            call.Host.Tell($"{(isNew ? "Made" : "Changed")} {one}");
        }
    }

    /// <summary>Waits for the token that the cluster makes for the reviewer.</summary>
    /// <exception cref="ExitException">It makes none.</exception>
    public async Task<string> ReviewerTokenAsync(string ns, CancellationToken cancellation)
    {
        var began = call.Host.Time.GetTimestamp();
        while (true)
        {
            using var secret = await cluster.GetAsync(KubeResource.Secrets, ns, TrustPlan.ReviewerName, cancellation);
            using var json = secret.Open();
            if (json.RootElement.TryGetProperty("data", out var data) && data.TryGetProperty("token", out var token))
                return Encoding.UTF8.GetString(token.GetBytesFromBase64());
            if (call.Host.Time.GetElapsedTime(began) > TokenPatience)
            {
                throw ExitException.Failed(
                    $"the cluster has not put a token into the Secret {ns}/{TrustPlan.ReviewerName} within {TokenPatience.TotalSeconds:0} s: "
                    + "does its controller manager run? Call again to go on");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(500), call.Host.Time, cancellation);
        }
    }

    private async Task<JsonObject?> FindAsync(TrustObject one, CancellationToken cancellation)
    {
        try
        {
            using var found = await cluster.GetAsync(one.Resource, one.Namespace, one.Name, cancellation);
            return JsonNode.Parse(found.Json.Span) as JsonObject;
        }
        catch (KubeException e) when (e.Error == KubeError.NotFound)
        {
            return null;
        }
    }
}

/// <summary>What is to be done for an object.</summary>
/// <param name="Object">The object.</param>
/// <param name="Json">What is to be written; null for nothing.</param>
/// <param name="IsNew">It is not there yet.</param>
internal sealed record TrustStep(TrustObject Object, JsonObject? Json, bool IsNew);
