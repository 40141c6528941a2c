using Kist.Client.Agent.Configuration;
using Kist.Wire.Hcl;

namespace Kist.Hosting.Agent;

/// <summary><c>auto_auth</c>: how to log in, and where the token goes.</summary>
internal static class AutoAuthSection
{
    public static AutoAuthConfig? Read(AgentSection section)
    {
        var block = section.Block;
        var methods = block.TypedBlocks("method").ToList();
        var sinks = new List<FileSinkConfig>();
        Sinks(section, sinks);
        // Vault's older form: sinks { sink { … } }.
        foreach (var wrapper in section.Children("sinks"))
        {
            Sinks(wrapper, sinks);
            wrapper.Block.RefuseOthers();
        }
        block.Ignore("enable_reauth_on_new_credentials");
        block.RefuseOthers();
        if (methods.Count == 1)
            return Method(section, methods[0].Type, methods[0].Block) is { } config ? config with { Sinks = sinks } : null;
        section.Fault(methods.Count > 1 ? methods[1].Block.Position : HclPosition.Start, "exactly one \"method\" is needed");
        return null;
    }

    private static AutoAuthConfig? Method(AgentSection section, string type, HclBlock body)
    {
        var method = section.Of($"auto_auth method \"{type}\"", body);
        var block = method.Block;
        block.Text("type", "");
        var settings = block.Block("config") ?? new HclBlock(body.Position, [], new HclObject([], body.Position));
        var read = LoginMethodSections.Read(type.ToLowerInvariant(), body.Position, method.Of($"auto_auth method \"{type}\": config", settings));
        var wrap = block.Duration("wrap_ttl", TimeSpan.Zero);
        var config = new AutoAuthConfig(read ?? new TokenFileLoginConfig(""))
        {
            MountPath = block.Text("mount_path", $"auth/{type.ToLowerInvariant()}").Trim('/'),
            Namespace = block.Text("namespace", "").Trim('/'),
            WrapTtl = wrap > TimeSpan.Zero ? wrap : null,
            MinBackoff = block.Duration("min_backoff", TimeSpan.FromSeconds(1)),
            MaxBackoff = block.Duration("max_backoff", TimeSpan.FromMinutes(5)),
            ExitOnError = block.Flag("exit_on_err", false),
        };
        block.RefuseOthers();
        if (config.MinBackoff <= TimeSpan.Zero || config.MaxBackoff < config.MinBackoff)
            block.Refuse("min_backoff", "must be more than zero and at most \"max_backoff\"");
        if (!config.MountPath.StartsWith("auth/", StringComparison.Ordinal))
            block.Refuse("mount_path", $"must begin with auth/, as in \"auth/{config.MountPath}\"");
        if (config.WrapTtl is not null && read is TokenFileLoginConfig)
            block.Refuse("wrap_ttl", "has nothing to wrap: the token is in the file already");
        return read is null ? null : config;
    }

    private static void Sinks(AgentSection section, List<FileSinkConfig> sinks)
    {
        foreach (var (type, body) in section.Block.TypedBlocks("sink"))
        {
            if (Sink(section, type, body) is { } sink)
                sinks.Add(sink);
        }
    }

    private static FileSinkConfig? Sink(AgentSection section, string type, HclBlock body)
    {
        var sink = section.Of($"auto_auth sink \"{type}\"", body);
        var block = sink.Block;
        block.Text("type", "");
        if (type != "file")
            sink.Fault(body.Position, $"unknown sink \"{type}\": use \"file\"");
        var wrap = block.Duration("wrap_ttl", TimeSpan.Zero);
        var encryption = Encryption(block);
        var settings = block.Block("config");
        block.RefuseOthers();
        if (settings is null)
        {
            sink.Fault(body.Position, "\"config\" with \"path\" is required");
            return null;
        }
        return File(sink.Of($"auto_auth sink \"{type}\": config", settings).Block) with
        {
            WrapTtl = wrap > TimeSpan.Zero ? wrap : null,
            Encryption = encryption,
        };
    }

    private static SinkEncryption? Encryption(ConfigBlock block)
    {
        const string Only = "curve25519";
        var isChosen = block.Has("dh_type") && block.OneOf("dh_type", "", Only).Length > 0;
        var encryption = new SinkEncryption(block.Text("dh_path", ""))
        {
            DerivesKey = block.Flag("derive_key", false),
            AssociatedData = block.Text("aad", ""),
            AssociatedDataVariable = block.Text("aad_env_var", ""),
        };
        if (isChosen && encryption.PublicKeyPath.Length > 0)
            return encryption;
        // Ignoring these would write a token in clear that was to be encrypted.
        if (((string[])["dh_type", "dh_path", "derive_key", "aad", "aad_env_var"]).FirstOrDefault(block.Has) is { } given)
            block.Refuse(given, "needs \"dh_type\" and \"dh_path\": without both the token would be written in clear");
        return null;
    }

    private static FileSinkConfig File(ConfigBlock block)
    {
        var mode = block.Mode("mode", FileSinkConfig.DefaultMode);
        var config = new FileSinkConfig(block.Text("path", ""))
        {
            // Vault's 0000 stands for leaving the file's mode alone.
            Mode = mode == UnixFileMode.None ? null : mode,
            UserId = Id(block, "uid", "owner"),
            GroupId = Id(block, "gid", "group"),
        };
        block.RefuseOthers();
        if (config.Path.Length == 0)
            block.Refuse("path", "is required: the file to write");
        return config;
    }

    // The second is Vault's name for it.
    private static int? Id(ConfigBlock block, string name, string other)
    {
        if (block.Has(name) && block.Has(other))
            block.Refuse(other, $"cannot be given beside \"{name}\"");
        return Id(block, name) ?? Id(block, other);
    }

    private static int? Id(ConfigBlock block, string name) => block.Whole(name, -1, -1) is >= 0 and <= int.MaxValue and var id ? (int)id : null;
}
