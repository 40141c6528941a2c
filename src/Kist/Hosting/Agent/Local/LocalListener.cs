using System.Net;
using Kist.Client.Agent.Proxy;

namespace Kist.Hosting.Agent.Local;

/// <summary>A listener of the local API. Each connection carries the one that it came in by; a request without it is answered by nobody.</summary>
/// <param name="Config">What it lets in.</param>
/// <param name="EndPoint">Its address; null for a Unix socket.</param>
internal sealed record LocalListener(AgentListenerConfig Config, IPEndPoint? EndPoint)
{
    /// <summary>Answers health and metrics alone, and passes nothing on.</summary>
    public bool IsMetricsOnly => Config.Role == "metrics_only";

    /// <summary>Whether only this machine reaches it.</summary>
    public bool IsLocal => EndPoint is null || IPAddress.IsLoopback(EndPoint.Address);

    /// <summary>Checks a listener.</summary>
    /// <param name="config">What was configured.</param>
    /// <param name="lendsToken">Whether requests get the agent's token.</param>
    /// <exception cref="ConfigException">It would be open to whom it must not be, or its address is none.</exception>
    public static LocalListener Create(AgentListenerConfig config, bool lendsToken)
    {
        if (config.IsUnix)
            return new LocalListener(config, null);
        var listener = new LocalListener(config, EndPointOf(config.Address));
        if (listener.IsLocal || listener.IsMetricsOnly)
            return listener;
        if (config.TlsDisable)
        {
            throw new ConfigException(
                $"listener {config.Address}: plain HTTP is served on loopback addresses only; use 127.0.0.1 or a Unix socket, or give tls_cert_file and tls_key_file");
        }
        // TLS says who the agent is, not who asks.
        return lendsToken
            ? throw new ConfigException(
                $"listener {config.Address}: use_auto_auth_token would lend the agent's token to the whole network; use 127.0.0.1 or a Unix socket")
            : listener;
    }

    // No name is looked up: where it leads could change after it was checked.
    private static IPEndPoint EndPointOf(string address)
    {
        const string name = "localhost:";
        var text = address.StartsWith(name, StringComparison.OrdinalIgnoreCase) ? $"127.0.0.1:{address[name.Length..]}" : address;
        return IPEndPoint.TryParse(text, out var endPoint) && text.Contains(':', StringComparison.Ordinal)
            ? endPoint
            : throw new ConfigException($"listener: \"{address}\" is not an IP address with port, such as 127.0.0.1:8100");
    }
}
