using Kist.Client.Agent.Configuration;
using Kist.Client.Settings;

namespace Kist.Hosting.Agent;

/// <summary>How the agent reaches its server: as with Vault, variables go before the configuration.</summary>
internal static class AgentSettings
{
    /// <summary>The settings, without a token: it is the agent's own, from its login.</summary>
    /// <param name="server">What the configuration says.</param>
    /// <param name="variable">Finds an environment variable.</param>
    /// <param name="vaultFirst">Whether <c>VAULT_</c> goes before <c>KIST_</c>.</param>
    /// <exception cref="SettingException">One cannot be used.</exception>
    public static ClientSettings Read(AgentServerConfig? server, Func<string, string?> variable, bool vaultFirst = false)
    {
        var variables = new EnvironmentSettings(variable, vaultFirst);
        var settings = ClientSettingsReader.Read(name => name == "TOKEN" ? null : variables.Find(name) ?? Configured(server, name));
        return server?.Retries is { } retries && variables.Find("MAX_RETRIES") is null
            ? settings with { Retry = settings.Retry with { MaxRetries = retries } }
            : settings;
    }

    private static Setting? Configured(AgentServerConfig? server, string name)
    {
        var (value, key) = name switch
        {
            "ADDR" => (server?.Address, "address"),
            "CACERT" => (server?.CaCert, "ca_cert"),
            "CAPATH" => (server?.CaPath, "ca_path"),
            "CLIENT_CERT" => (server?.ClientCert, "client_cert"),
            "CLIENT_KEY" => (server?.ClientKey, "client_key"),
            "TLS_SERVER_NAME" => (server?.TlsServerName, "tls_server_name"),
            "SKIP_VERIFY" => (server is { TlsSkipVerify: true } ? "true" : null, "tls_skip_verify"),
            "NAMESPACE" => (server?.Namespace, "namespace"),
            _ => (null, ""),
        };
        return value is { Length: > 0 } ? new Setting(value, $"vault: {key}") : null;
    }
}
