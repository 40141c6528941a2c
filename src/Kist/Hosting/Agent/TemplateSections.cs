using Kist.Client.Agent.Exec;
using Kist.Client.Agent.Templates;
using Kist.Wire;
using Kist.Wire.Hcl;

namespace Kist.Hosting.Agent;

/// <summary><c>template</c>, <c>env_template</c> and <c>template_config</c>.</summary>
internal sealed class TemplateSections(AgentSection root)
{
    private static readonly TimeSpan CommandTimeout = TimeSpan.FromSeconds(30);

    /// <summary>What only makes sense for a file.</summary>
    private static readonly string[] OfFiles =
    [
        "destination", "create_dest_dirs", "perms", "user", "uid", "group", "gid", "backup", "command", "command_timeout", "exec", "wait", "sandbox_path",
    ];

    /// <summary><c>template</c>.</summary>
    public static TemplateConfig Template(AgentSection section)
    {
        var block = section.Block;
        var (least, most) = Wait(section);
        var config = Text(block) with
        {
            Destination = block.Text("destination", ""),
            CreateDestDirs = block.Flag("create_dest_dirs", true),
            Perms = block.Has("perms") ? block.Mode("perms", UnixFileMode.None) : null,
            User = Owner(block, "user", "uid"),
            Group = Owner(block, "group", "gid"),
            SandboxPath = block.Text("sandbox_path", ""),
            Backup = block.Flag("backup", false),
            Exec = Command(section),
            WaitMin = least,
            WaitMax = most,
        };
        block.RefuseOthers();
        if (config.Destination.Length == 0)
            block.Refuse("destination", "is required: the file to write");
        return config;
    }

    /// <summary><c>env_template "NAME"</c>.</summary>
    public EnvTemplateConfig EnvTemplate(HclBlock body)
    {
        var name = body.Labels[0].Text;
        var section = root.Of($"env_template \"{name}\"", body);
        var block = section.Block;
        var config = Text(block);
        foreach (var key in OfFiles.Where(block.Has))
            block.Refuse(key, "is for files: an env_template has none");
        block.RefuseOthers();
        if (name.Length == 0 || name.AsSpan().ContainsAny('=', '\0'))
            section.Fault(body.Position, "this is no name of a variable");
        return new EnvTemplateConfig(name, config);
    }

    /// <summary><c>template_config</c>.</summary>
    public static TemplateOptionsConfig Options(AgentSection section)
    {
        var block = section.Block;
        var defaults = new TemplateOptionsConfig();
        var threshold = block.Text("lease_renewal_threshold", "");
        var config = defaults with
        {
            ExitOnRetryFailure = block.Flag("exit_on_retry_failure", defaults.ExitOnRetryFailure),
            StaticSecretRenderInterval = block.Duration("static_secret_render_interval", defaults.StaticSecretRenderInterval),
            MaxConnectionsPerHost = (int)Math.Min(block.Whole("max_connections_per_host", 0, 0), int.MaxValue),
        };
        if (threshold.Length > 0)
        {
            if (double.TryParse(threshold, System.Globalization.CultureInfo.InvariantCulture, out var part) && part is > 0 and < 1)
                config = config with { LeaseRenewalThreshold = part };
            else
                block.Refuse("lease_renewal_threshold", "must be a number between 0 and 1, such as 0.9");
        }
        block.RefuseOthers();
        if (config.StaticSecretRenderInterval <= TimeSpan.Zero)
            block.Refuse("static_secret_render_interval", "must be more than zero");
        return config;
    }

    private static TemplateConfig Text(ConfigBlock block)
    {
        var defaults = new TemplateConfig();
        var config = defaults with
        {
            Source = block.Text("source", ""),
            Contents = block.Text("contents", ""),
            ErrorOnMissingKey = block.Flag("error_on_missing_key", false),
            LeftDelimiter = Delimiter(block, "left_delimiter", defaults.LeftDelimiter),
            RightDelimiter = Delimiter(block, "right_delimiter", defaults.RightDelimiter),
        };
        block.Ignore("error_fatal");
        foreach (var key in ((string[])["function_denylist", "function_blacklist"]).Where(key => block.Words(key).Count > 0))
            block.Refuse(key, "is not supported: it would forbid functions, and ignoring it would allow them");
        if (!block.Has("source") && !block.Has("contents"))
            block.Refuse("source", "or \"contents\" is required");
        if (config.Source.Length > 0 && config.Contents.Length > 0)
            block.Refuse("contents", "cannot be given beside \"source\"");
        return config;
    }

    private static string Delimiter(ConfigBlock block, string name, string fallback) => block.Text(name, "") is { Length: > 0 } given ? given : fallback;

    private static string Owner(ConfigBlock block, string name, string number)
    {
        var given = block.Text(name, "");
        var id = block.Whole(number, -1, -1);
        if (given.Length > 0 && id >= 0)
            block.Refuse(number, $"cannot be given beside \"{name}\"");
        return given.Length == 0 && id >= 0 ? id.ToString(System.Globalization.CultureInfo.InvariantCulture) : given;
    }

    /// <summary>Vault's older <c>command</c>, or <c>exec</c>, of which the last one counts.</summary>
    private static TemplateCommand? Command(AgentSection section)
    {
        var block = section.Block;
        var command = block.Words("command");
        var timeout = block.Duration("command_timeout", CommandTimeout);
        foreach (var exec in section.Children("exec").ToList())
        {
            if (exec.Block.Has("command"))
            {
                command = exec.Block.Words("command");
                timeout = exec.Block.Duration("timeout", CommandTimeout);
            }
            if (!exec.Block.Flag("enabled", true))
                command = [];
            exec.Block.Ignore("env", "kill_signal", "kill_timeout", "reload_signal", "splay");
            exec.Block.RefuseOthers();
        }
        if (command.Count == 0 || command is [""])
            return null;
        return new TemplateCommand(command, timeout > TimeSpan.Zero ? timeout : CommandTimeout);
    }

    /// <summary><c>wait { min max }</c>, of which the last one counts, or <c>wait = "5s:30s"</c>.</summary>
    private static (TimeSpan Least, TimeSpan Most) Wait(AgentSection section)
    {
        var block = section.Block;
        if (block.IsText("wait"))
        {
            var parts = block.Text("wait", "").Split(':');
            if (parts.Length <= 2 && GoDuration.TryParse(parts[0], out var min) && min >= TimeSpan.Zero)
            {
                // Vault's: four times as long.
                var max = min * 4;
                if (parts.Length == 1 || (GoDuration.TryParse(parts[1], out max) && max >= min))
                    return (min, max);
            }
            block.Refuse("wait", "must be durations such as \"5s:30s\"");
            return default;
        }
        (TimeSpan Least, TimeSpan Most) wait = default;
        foreach (var one in section.Children("wait").ToList())
        {
            var min = one.Block.Duration("min", TimeSpan.Zero);
            wait = (min, one.Block.Duration("max", min * 4));
            if (!one.Block.Flag("enabled", true))
                wait = default;
            one.Block.RefuseOthers();
            if (wait.Most < wait.Least)
                one.Block.Refuse("max", "is less than \"min\"");
        }
        return wait;
    }
}
