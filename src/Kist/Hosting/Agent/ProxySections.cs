using Kist.Client.Agent.Proxy;
using Kist.Wire.Hcl;

namespace Kist.Hosting.Agent;

/// <summary><c>listener</c>, <c>api_proxy</c> and <c>cache</c>.</summary>
internal sealed class ProxySections(AgentSection root)
{
    private const long LeastCacheBytes = 1 << 20;

    /// <summary><c>listener</c>.</summary>
    public AgentListenerConfig Listener(string type, HclBlock body)
    {
        var section = root.Of($"listener \"{type}\"", body);
        var block = section.Block;
        block.Text("type", "");
        if (type is not ("tcp" or "unix"))
            section.Fault(body.Position, $"unknown listener \"{type}\": use \"tcp\" or \"unix\"");
        var isUnix = type == "unix";
        var defaults = new AgentListenerConfig();
        var api = section.Child("agent_api");
        var config = new AgentListenerConfig
        {
            IsUnix = isUnix,
            Address = block.Text("address", isUnix ? "" : "127.0.0.1:8200"),
            SocketMode = block.Mode("socket_mode", defaults.SocketMode),
            SocketUser = block.Text("socket_user", ""),
            SocketGroup = block.Text("socket_group", ""),
            TlsDisable = block.Flag("tls_disable", isUnix),
            TlsCertFile = block.Text("tls_cert_file", ""),
            TlsKeyFile = block.Text("tls_key_file", ""),
            RequireRequestHeader = block.Flag("require_request_header", !isUnix),
            Role = block.OneOf("role", defaults.Role, "default", "metrics_only"),
            CheckPeer = block.Flag("check_peer", defaults.CheckPeer),
            CheckHost = block.Flag("check_host", defaults.CheckHost),
            AllowedPaths = block.Words("allowed_paths"),
            AllowedMethods = [.. block.Words("allowed_methods").Select(static m => m.ToUpperInvariant())],
            ApiQuit = api?.Block.Flag("enable_quit", false) ?? false,
        };
        api?.Block.RefuseOthers();
        block.Ignore("tls_min_version", "tls_max_version", "tls_cipher_suites", "tls_prefer_server_cipher_suites", "telemetry", "profiling",
            "http_idle_timeout", "http_read_header_timeout", "http_read_timeout", "http_write_timeout", "max_request_size", "max_request_duration",
            "custom_response_headers", "agent_address");
        foreach (var key in ((string[])["tls_require_and_verify_client_cert", "tls_client_ca_file", "proxy_protocol_behavior"]).Where(block.Has))
            block.Refuse(key, "is not supported for listeners of the agent");
        block.RefuseOthers();
        if (config.Address.Length == 0)
            block.Refuse("address", "is required: the socket's path");
        if (!config.TlsDisable && (config.TlsCertFile.Length == 0 || config.TlsKeyFile.Length == 0))
            block.Refuse("tls_cert_file", "and \"tls_key_file\" are required; tls_disable = true serves plain HTTP");
        return config;
    }

    /// <summary><c>api_proxy</c>.</summary>
    public static ApiProxyConfig Api(AgentSection section)
    {
        var block = section.Block;
        var config = new ApiProxyConfig(TokenUse(block), block.Flag("prepend_configured_namespace", false));
        block.Ignore("enforce_consistency", "when_inconsistent");
        block.RefuseOthers();
        return config;
    }

    /// <summary><c>cache</c>, which in older configurations says for <c>api_proxy</c> whether the token is used.</summary>
    public static (CacheConfig Config, ApiProxyConfig? Proxy) Cache(AgentSection section)
    {
        var block = section.Block;
        var bytes = block.Whole("max_bytes", new CacheConfig(true).MaxBytes, LeastCacheBytes);
        var proxy = block.Has("use_auto_auth_token") ? new ApiProxyConfig(TokenUse(block)) : null;
        block.Ignore("persist", "enforce_consistency", "when_inconsistent", "cache_static_secrets", "disable_caching_dynamic_secrets");
        block.RefuseOthers();
        return (new CacheConfig(true, bytes), proxy);
    }

    private static AutoAuthTokenUse TokenUse(ConfigBlock block)
    {
        if (block.IsText("use_auto_auth_token") && block.Text("use_auto_auth_token", "").Equals("force", StringComparison.OrdinalIgnoreCase))
            return AutoAuthTokenUse.Force;
        return block.Flag("use_auto_auth_token", false) ? AutoAuthTokenUse.Yes : AutoAuthTokenUse.None;
    }
}
