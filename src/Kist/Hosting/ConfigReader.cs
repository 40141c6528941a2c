using Kist.Core.Seals;
using Kist.Crypto;
using Kist.Engines.Kv;
using Kist.Wire.Hcl;

namespace Kist.Hosting;

/// <summary>Reads configuration files: HCL or JSON with Vault's keys, or YAML with the same keys. All faults are reported at once.</summary>
internal sealed class ConfigReader(Func<string, string?> environment)
{
    private readonly List<string> faults = [];
    private readonly List<string> ignored = [];

    /// <summary>Reads a file, or all files of a folder with a known ending as if they were one.</summary>
    /// <exception cref="ConfigException">The configuration cannot be read or has faults; the message lists all of them.</exception>
    public ServerConfig ReadPath(string path)
    {
        try
        {
            var files = Directory.Exists(path)
                ? Directory.GetFiles(path).Where(f => Path.GetExtension(f) is ".hcl" or ".json" or ".yaml" or ".yml").Order(StringComparer.Ordinal).ToArray()
                : [path];
            if (files.Length == 0)
                throw new ConfigException($"{path}: no .hcl, .json, .yaml or .yml file");
            var items = files.SelectMany(f => ParseFile(f).Root.Items).ToList();
            return Read(path, new HclObject(items, HclPosition.Start));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConfigException($"{path}: {e.Message}");
        }
    }

    /// <summary>Reads one text.</summary>
    /// <exception cref="ConfigException">The configuration has faults; the message lists all of them.</exception>
    public ServerConfig ReadText(string name, string text, bool yaml = false) => Read(name, Parse(name, text, yaml).Root);

    private static HclDocument ParseFile(string file) =>
        Parse(file, File.ReadAllText(file), Path.GetExtension(file) is ".yaml" or ".yml");

    private static HclDocument Parse(string name, string text, bool yaml)
    {
        try
        {
            return yaml ? YamlDocument.Parse(text) : HclDocument.Parse(text);
        }
        catch (HclException e)
        {
            throw new ConfigException($"{name}: {e.Message}");
        }
    }

    private ServerConfig Read(string name, HclObject root)
    {
        var block = new ConfigBlock(name, root, faults, ignored);
        var defaults = new ServerConfig();
        var config = new ServerConfig
        {
            Listeners = [.. block.Blocks("listener", 1).Select(Listener)],
            Storage = Storage(name, block),
            Seal = Seal(name, block),
            ApiAddress = block.Text("api_addr", ""),
            ClusterName = block.Text("cluster_name", ""),
            NodeName = block.Text("node_name", ""),
            DefaultLeaseTtl = block.Duration("default_lease_ttl", defaults.DefaultLeaseTtl),
            MaxLeaseTtl = block.Duration("max_lease_ttl", defaults.MaxLeaseTtl),
            MaxRequestDuration = block.Duration("default_max_request_duration", defaults.MaxRequestDuration),
            CacheBytes = block.Whole("cache_bytes", defaults.CacheBytes, 1 << 20),
            LogLevel = block.OneOf("log_level", defaults.LogLevel, "trace", "debug", "info", "warn", "error"),
            LogFormat = block.OneOf("log_format", defaults.LogFormat, "standard", "json"),
            PidFile = block.Text("pid_file", ""),
            Rotation = Rotation(block),
            Ignored = ignored,
        };
        block.Ignore("ui", "disable_mlock", "cluster_addr", "disable_clustering", "disable_cache", "cache_size", "telemetry", "plugin_directory",
            "raw_storage_endpoint", "enable_response_header_hostname", "log_file", "disable_performance_standby", "service_registration");
        block.RefuseOthers();
        if (config.Listeners.Count == 0)
            faults.Add($"{name}: at least one listener is needed, for example: listener \"tcp\" {{ address = \"127.0.0.1:8200\" tls_cert_file = … tls_key_file = … }}");
        if (config.MaxRequestDuration <= TimeSpan.Zero || config.MaxRequestDuration > TimeSpan.FromDays(1))
            faults.Add($"{name}: default_max_request_duration must be more than zero and at most 24h");
        if (config.DefaultLeaseTtl > config.MaxLeaseTtl)
            faults.Add($"{name}: default_lease_ttl is greater than max_lease_ttl");
        return faults.Count == 0 ? config : throw new ConfigException(string.Join('\n', faults));
    }

    private ListenerConfig Listener(HclBlock source)
    {
        var kind = source.Labels[0].Text;
        var what = $"listener \"{kind}\"";
        if (kind is not ("tcp" or "unix"))
            faults.Add($"{source.Position}: unknown listener \"{kind}\": use \"tcp\" or \"unix\"");
        var block = new ConfigBlock(what, source.Body, faults, ignored);
        var unix = kind == "unix";
        var defaults = new ListenerConfig();
        var listener = new ListenerConfig
        {
            IsUnix = unix,
            Address = block.Text("address", unix ? "" : defaults.Address),
            SocketMode = block.Mode("socket_mode", defaults.SocketMode),
            TlsDisable = block.Flag("tls_disable", unix),
            TlsCertFile = block.Text("tls_cert_file", ""),
            TlsKeyFile = block.Text("tls_key_file", ""),
            TlsDisableClientCerts = block.Flag("tls_disable_client_certs", false),
            TlsClientCaFile = block.Text("tls_client_ca_file", ""),
            TlsRequireClientCert = block.Flag("tls_require_and_verify_client_cert", false),
            TlsMinVersion = block.OneOf("tls_min_version", defaults.TlsMinVersion, "tls12", "tls13"),
        };
        block.Ignore("cluster_address", "telemetry", "x_forwarded_for_authorized_addrs", "x_forwarded_for_hop_skips",
            "x_forwarded_for_reject_not_authorized", "x_forwarded_for_reject_not_present", "proxy_protocol_behavior", "http_read_timeout",
            "http_idle_timeout", "http_read_header_timeout", "http_write_timeout", "max_request_size", "max_request_duration");
        block.RefuseOthers();
        if (listener.Address.Length == 0)
            faults.Add($"{what}: \"address\" is required");
        if (!listener.TlsDisable && (listener.TlsCertFile.Length == 0 || listener.TlsKeyFile.Length == 0))
            faults.Add($"{what}: tls_cert_file and tls_key_file are required; tls_disable = true serves plain HTTP");
        if (listener.TlsRequireClientCert && listener.TlsClientCaFile.Length == 0)
            faults.Add($"{what}: tls_require_and_verify_client_cert needs tls_client_ca_file");
        if (listener.TlsDisableClientCerts && (listener.TlsRequireClientCert || listener.TlsClientCaFile.Length > 0))
            faults.Add($"{what}: tls_disable_client_certs contradicts tls_require_and_verify_client_cert and tls_client_ca_file");
        return listener;
    }

    private StorageConfig Storage(string name, ConfigBlock root)
    {
        var blocks = root.Blocks("storage", 1).ToList();
        if (blocks.Count != 1)
        {
            faults.Add($"{name}: exactly one storage is needed, for example: storage \"sqlite\" {{ path = \"/var/lib/kist/kist.db\" }}");
            return new StorageConfig("inmem", "");
        }
        var type = blocks[0].Labels[0].Text;
        var block = new ConfigBlock($"storage \"{type}\"", blocks[0].Body, faults, ignored);
        var path = block.Text("path", "");
        block.RefuseOthers();
        if (type is "file" or "raft" or "consul")
            faults.Add($"{blocks[0].Position}: storage \"{type}\" is Vault's own; use storage \"sqlite\" {{ path = \"/var/lib/kist/kist.db\" }}");
        else if (type is not ("sqlite" or "inmem"))
            faults.Add($"{blocks[0].Position}: unknown storage \"{type}\": use \"sqlite\" or \"inmem\"{HclSuggestion.For(type, ["sqlite", "inmem"])}");
        else if (type == "sqlite" && path.Length == 0)
            faults.Add("storage \"sqlite\": \"path\" is required");
        return new StorageConfig(type, path);
    }

    private RotationSettings Rotation(ConfigBlock root)
    {
        if (root.Block("rotation") is not { } source)
            return new RotationSettings();
        var block = new ConfigBlock("rotation", source.Body, faults, ignored);
        var targets = block.Words("http_targets");
        var folder = block.Text("exec_folder", "");
        block.RefuseOthers();
        var good = targets.Where(target => RotationSettings.CheckPrefix(target) is null).ToList();
        if (targets.FirstOrDefault(target => !good.Contains(target)) is { } bad)
            block.Refuse("http_targets", RotationSettings.CheckPrefix(bad)!);
        if (folder.Length > 0 && !Path.IsPathFullyQualified(folder))
            block.Refuse("exec_folder", "must be an absolute path");
        return new RotationSettings { HttpTargets = good, ExecFolder = folder };
    }

    private StaticSealConfig? Seal(string name, ConfigBlock root)
    {
        var blocks = root.Blocks("seal", 1).ToList();
        if (blocks.Count == 0)
            return null;
        if (blocks.Count > 1 || blocks[0].Labels[0].Text is not "static")
        {
            faults.Add($"{name}: {blocks[0].Position}: use one seal \"static\", or none for unseal by shares");
            return null;
        }
        var block = new ConfigBlock("seal \"static\"", blocks[0].Body, faults, ignored);
        var currentId = block.Text("current_key_id", "");
        var current = Key("current_key", block.Text("current_key", ""));
        var previousId = block.Text("previous_key_id", "");
        var previousSource = block.Text("previous_key", "");
        var previous = previousSource.Length == 0 ? null : Key("previous_key", previousSource);
        block.RefuseOthers();
        if (currentId.Length == 0)
            faults.Add("seal \"static\": \"current_key_id\" is required, for example the date the key was made");
        if (previousId.Length == 0 != (previousSource.Length == 0))
            faults.Add("seal \"static\": previous_key_id and previous_key belong together");
        var older = previous is null ? null : new StaticSealKey(previousId, previous);
        return current is null ? null : new StaticSealConfig(new StaticSealKey(currentId, current), older);
    }

    // A key never stands in the configuration itself: it would end in Git.
    private SecretBytes? Key(string name, string source)
    {
        var key = source switch
        {
            _ when source.StartsWith("file://", StringComparison.Ordinal) => ReadKeyFile(name, source["file://".Length..]),
            _ when source.StartsWith("env://", StringComparison.Ordinal) => KeyFile.Parse(environment(source["env://".Length..]) ?? ""),
            _ => null,
        };
        if (key is null)
            faults.Add($"seal \"static\": \"{name}\" must be file:///path or env://NAME and lead to 32 bytes, raw, hex or base64");
        return key;
    }

    private SecretBytes? ReadKeyFile(string name, string path)
    {
        try
        {
            var key = KeyFile.Read(path, out var isPrivate);
            if (!isPrivate)
                faults.Add($"seal \"static\": {name}: {path} can be read or written by others; run: chmod 0600 {path}");
            return key;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            faults.Add($"seal \"static\": {name}: {e.Message}");
            return null;
        }
    }
}

/// <summary>A configuration with faults; the message is made for people, one fault a line.</summary>
public sealed class ConfigException : Exception
{
    /// <summary>With the faults.</summary>
    public ConfigException(string message)
        : base(message)
    {
    }
}
