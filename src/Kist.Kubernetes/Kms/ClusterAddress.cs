using System.Net;

namespace Kist.Kubernetes.Kms;

/// <summary>
/// Finds addresses that lie in the cluster whose API server waits for the plugin: when all control-plane nodes start together, nobody is there to make
/// the Service work, and neither starts.
/// </summary>
public static class ClusterAddress
{
    /// <summary>Why the host lies in the cluster; null when nothing says so. Names are not resolved.</summary>
    /// <param name="host">Name or IP address.</param>
    /// <param name="serviceHost">What Kubernetes tells containers in <c>KUBERNETES_SERVICE_HOST</c>; null outside.</param>
    /// <param name="serviceNetworks">The cluster's networks of Service addresses.</param>
    public static string? Reason(string host, string? serviceHost, IEnumerable<IPNetwork> serviceNetworks)
    {
        var name = host.TrimEnd('.').Trim('[', ']');
        if (name.Length > 0 && string.Equals(name, serviceHost, StringComparison.OrdinalIgnoreCase))
            return $"{host} is the address of the cluster's own API server";
        if (IPAddress.TryParse(name, out var address))
        {
            var within = serviceNetworks.Where(n => n.Contains(address)).Select(static n => n.ToString()).FirstOrDefault();
            return within is null ? null : $"{host} lies in {within}, where the cluster's Services have their addresses";
        }
        return HasLabel(name, "svc") || name.EndsWith(".cluster.local", StringComparison.OrdinalIgnoreCase)
            ? $"{host} is the name of a Service in a cluster"
            : null;
    }

    // vault.kist.svc, and vault.kist.svc.example.org where the cluster has another domain; a host may be called svc itself.
    private static bool HasLabel(string name, string label) =>
        name.Split('.') is { Length: >= 3 } labels && string.Equals(labels[2], label, StringComparison.OrdinalIgnoreCase);
}
