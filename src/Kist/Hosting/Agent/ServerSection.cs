using Kist.Client.Agent.Configuration;

namespace Kist.Hosting.Agent;

/// <summary><c>vault</c>: where the server is.</summary>
internal static class ServerSection
{
    private const int MostRetries = 100;

    public static AgentServerConfig Read(AgentSection section)
    {
        var block = section.Block;
        var config = new AgentServerConfig
        {
            Address = Text(block, "address"),
            CaCert = Text(block, "ca_cert"),
            CaPath = Text(block, "ca_path"),
            ClientCert = Text(block, "client_cert"),
            ClientKey = Text(block, "client_key"),
            TlsServerName = Text(block, "tls_server_name"),
            TlsSkipVerify = block.Flag("tls_skip_verify", false),
            Namespace = Text(block, "namespace"),
            Retries = section.Child("retry") is { } retry ? Retries(retry.Block) : null,
        };
        block.RefuseOthers();
        if (config.ClientCert is null != config.ClientKey is null)
            block.Refuse("client_cert", "and \"client_key\" belong together");
        return config;
    }

    /// <summary>As Vault counts: -1 for none, 0 for the default.</summary>
    private static int? Retries(ConfigBlock block)
    {
        var retries = block.Whole("num_retries", 0, -1);
        block.Ignore("backoff", "max_backoff");
        block.RefuseOthers();
        return retries switch
        {
            -1 => 0,
            0 => null,
            _ => (int)Math.Min(retries, MostRetries),
        };
    }

    private static string? Text(ConfigBlock block, string name) => block.Text(name, "") is { Length: > 0 } text ? text : null;
}
