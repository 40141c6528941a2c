using Kist.Client.Run;
using Kist.Client.Run.Child;
using Kist.Commands.Arguments;
using Kist.Commands.Cli;
using Kist.Wire;

namespace Kist.Commands.Run;

/// <summary>What the command line of <c>kist run</c>, or of Summon, asks for.</summary>
internal sealed record RunOptions(IReadOnlyList<string> Command)
{
    public string? File { get; init; }

    public bool Up { get; init; }

    public string? Yaml { get; init; }

    public string? Section { get; init; }

    public IReadOnlyList<string> Definitions { get; init; } = [];

    public IReadOnlyList<string> Inline { get; init; } = [];

    public string? Provider { get; init; }

    public IgnoredFailures Ignored { get; init; } = IgnoredFailures.None;

    public bool ListsProviders { get; init; }

    public bool Debug { get; init; }

    public bool LikeSummon { get; init; }

    public WatchAction? Watch { get; init; }

    public TimeSpan WatchInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Reads the flags of <c>kist run</c>.</summary>
    public static RunOptions Read(Invocation call) => new(call.Arguments)
    {
        File = call.Text(RunFlags.File),
        Up = call.Switch(RunFlags.Up),
        Yaml = call.Text(RunFlags.Yaml),
        Section = call.Text(RunFlags.Section),
        Definitions = call.Each(RunFlags.Define),
        Inline = call.Each(RunFlags.Inline),
        Provider = call.Text(RunFlags.Provider),
        Ignored = new IgnoredFailures(call.Each(RunFlags.Ignore).ToHashSet(StringComparer.Ordinal), call.Switch(RunFlags.IgnoreAll)),
        ListsProviders = call.Switch(RunFlags.AllProviderVersions),
        Debug = call.Switch(RunFlags.Debug),
        LikeSummon = call.Switch(RunFlags.Summon),
        Watch = call.Text(RunFlags.Watch) is { } watch ? ReadWatch(watch) : null,
        WatchInterval = call.Text(RunFlags.WatchInterval) is { } interval ? ReadInterval(interval) : TimeSpan.FromSeconds(10),
    };

    /// <summary>Reads Summon's flags; also the provider that its variable names.</summary>
    public static RunOptions ReadSummon(ParsedArguments parsed) => new(parsed.Positional)
    {
        File = parsed.Text(RunFlags.File),
        Up = parsed.Switch(RunFlags.Up),
        Yaml = parsed.Text(RunFlags.Yaml),
        Section = parsed.Text(RunFlags.Section) is { Length: > 0 } section ? section : null,
        Definitions = parsed.Each(RunFlags.Define),
        Provider = parsed.Text(RunFlags.Provider),
        Ignored = new IgnoredFailures(parsed.Each(RunFlags.Ignore).ToHashSet(StringComparer.Ordinal), parsed.Switch(RunFlags.IgnoreAll)),
        ListsProviders = parsed.Switch(RunFlags.AllProviderVersions),
        Debug = parsed.Switch(RunFlags.Debug),
        LikeSummon = true,
    };

    private static WatchAction ReadWatch(string text)
    {
        if (text == "restart")
            return new WatchAction(Restarts: true, 0);
        return SignalNames.Find(text) is { } signal
            ? new WatchAction(Restarts: false, signal)
            : throw ExitException.Usage($"flag {RunFlags.Watch} must be restart, or a signal such as HUP or USR1");
    }

    private static TimeSpan ReadInterval(string text) =>
        GoDuration.TryParse(text, out var interval) && interval >= TimeSpan.FromMilliseconds(100) && interval <= TimeSpan.FromDays(1)
            ? interval
            : throw ExitException.Usage($"flag {RunFlags.WatchInterval} must be a duration from 100ms to 24h, such as 30s");
}
