using Kist.Client.Agent.Configuration;
using Kist.Client.Agent.Exec;
using Kist.Wire.Hcl;

namespace Kist.Hosting.Agent;

/// <summary>
/// Reads the agent's configuration: HCL or JSON with Vault Agent's keys, or YAML with the same keys, from several files and folders that are merged.
/// All faults are reported at once, each with its file and place.
/// </summary>
internal sealed class AgentConfigReader
{
    private readonly List<string> faults = [];
    private readonly List<string> ignored = [];

    /// <summary>Reads files, and of folders all files with a known ending, and merges them in this order.</summary>
    /// <exception cref="ConfigException">One cannot be read, or there are faults; the message lists all of them.</exception>
    public AgentConfig ReadPaths(IEnumerable<string> paths)
    {
        var config = new AgentConfig();
        foreach (var file in paths.SelectMany(FilesOf))
        {
            try
            {
                config = config.Merge(ReadOne(file, File.ReadAllText(file)));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                faults.Add($"{file}: {e.Message}");
            }
        }
        return Checked(config);
    }

    /// <summary>Reads one text.</summary>
    /// <exception cref="ConfigException">There are faults; the message lists all of them.</exception>
    public AgentConfig ReadText(string name, string text) => Checked(ReadOne(name, text));

    private static bool IsYaml(string file) => Path.GetExtension(file) is ".yaml" or ".yml";

    private IEnumerable<string> FilesOf(string path)
    {
        if (!Directory.Exists(path))
            return [path];
        var files = Directory.GetFiles(path)
            .Where(static f => Path.GetExtension(f) is ".hcl" or ".json" or ".yaml" or ".yml" && Path.GetFileName(f)[0] is not ('.' or '#'))
            .Order(StringComparer.Ordinal).ToList();
        if (files.Count == 0)
            faults.Add($"{path}: no .hcl, .json, .yaml or .yml file");
        return files;
    }

    private AgentConfig Checked(AgentConfig config)
    {
        if (faults.Count == 0)
            faults.AddRange(AgentConfigRules.Faults(config));
        return faults.Count == 0 ? config with { Ignored = [.. ignored] } : throw new ConfigException(string.Join('\n', faults));
    }

    private AgentConfig ReadOne(string name, string text)
    {
        HclObject root;
        try
        {
            root = (IsYaml(name) ? YamlDocument.Parse(text) : HclDocument.Parse(text)).Root;
        }
        catch (HclException e)
        {
            faults.Add($"{name}: {e.Message}");
            return new AgentConfig();
        }
        var section = new AgentSection(name, name, new ConfigBlock(name, root, faults, ignored), faults, ignored);
        return Read(section);
    }

    private static AgentConfig Read(AgentSection root)
    {
        var block = root.Block;
        var templates = new TemplateSections(root);
        var proxy = new ProxySections(root);
        var cache = root.Child("cache") is { } found ? ProxySections.Cache(found) : default;
        var config = new AgentConfig
        {
            Server = root.Child("vault") is { } server ? ServerSection.Read(server) : null,
            AutoAuth = root.Child("auto_auth") is { } login ? AutoAuthSection.Read(login) : null,
            Listeners = [.. block.TypedBlocks("listener").Select(l => proxy.Listener(l.Type, l.Block))],
            Cache = cache.Config,
            ApiProxy = root.Child("api_proxy") is { } api ? ProxySections.Api(api) : cache.Proxy,
            Templates = [.. root.Children("template").Select(TemplateSections.Template)],
            TemplateOptions = root.Child("template_config") is { } options ? TemplateSections.Options(options) : null,
            EnvTemplates = [.. block.Blocks("env_template", 1).Select(templates.EnvTemplate)],
            Exec = root.Child("exec") is { } exec ? Exec(exec) : null,
            ExitAfterAuth = block.Flag("exit_after_auth", false),
            PidFile = block.Text("pid_file", ""),
            LogLevel = Level(block),
            LogFormat = block.OneOf("log_format", "", "", "standard", "json"),
        };
        block.Ignore("log_file", "log_rotate_duration", "log_rotate_bytes", "log_rotate_max_files", "telemetry", "disable_idle_connections",
            "disable_keep_alives", "disable_mlock", "user_agent", "prometheus_retention_time");
        block.RefuseOthers();
        return config;
    }

    private static string Level(ConfigBlock block) => block.OneOf("log_level", "", "", "trace", "debug", "info", "warn", "error", "err") switch
    {
        "err" => "error",
        var level => level,
    };

    private static ExecConfig Exec(AgentSection section)
    {
        var block = section.Block;
        var defaults = new ExecConfig();
        var signal = block.Text("restart_stop_signal", "");
        var number = signal.Length == 0 ? defaults.RestartStopSignal : Client.Run.Child.SignalNames.Find(signal);
        if (number is null)
            block.Refuse("restart_stop_signal", "must be a signal such as \"SIGTERM\"");
        var config = defaults with
        {
            Command = block.Words("command"),
            RestartOnSecretChanges = block.OneOf("restart_on_secret_changes", defaults.RestartOnSecretChanges, "always", "never"),
            RestartStopSignal = number ?? defaults.RestartStopSignal,
            RestartKillTimeout = block.Duration("restart_kill_timeout", defaults.RestartKillTimeout),
        };
        block.RefuseOthers();
        if (config.Command.Count == 0)
            block.Refuse("command", "is required: the program and its arguments, as in [\"./app\", \"-v\"]");
        return config;
    }
}
