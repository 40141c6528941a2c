using Kist.Commands.Arguments;

namespace Kist.Commands.Run;

/// <summary>The flags of <c>kist run</c>; most are Summon's.</summary>
internal static class RunFlags
{
    public static readonly Flag File = Flag.Text("f", "file", "The file that says which secrets to get. Default secrets.yml, but with -env none.");

    public static readonly Flag Up = Flag.Switch("up", "Look for the file in this folder and in those above it.");

    public static readonly Flag Yaml = Flag.Text("yaml", "text", "Take this text in place of the file.");

    public static readonly Flag Section = Flag.Text(
        "environment", "section", "The section of the file to take; the program is told it by SUMMON_ENV.").With("e");

    public static readonly Flag Define = Flag.Each("D", "name=value", "What $name stands for in the file's values. May be repeated.");

    public static readonly Flag Inline = Flag.Each(
        "env", "NAME=path#field", "A variable with a field of a secret of Kist's, as in DB_PASSWORD=secret/data/app/db#password. May be repeated.");

    public static readonly Flag Provider = Flag.Text(
        "provider", "provider", "Get the file's secrets from this provider of Summon's: a path, or a name in its folder. Default: from Kist.")
        .With("p");

    public static readonly Flag Ignore = Flag.Each("ignore", "name", "Go on without this variable when it cannot be had. May be repeated.", "i");

    public static readonly Flag IgnoreAll = Flag.Switch("ignore-all", ["I"], "Go on without the variables that cannot be had.");

    public static readonly Flag AllProviderVersions = Flag.Switch("all-provider-versions", ["V"],
        "List the installed providers of Summon's with their versions.");

    public static readonly Flag Debug = Flag.Switch("debug", ["d"], "Tell on standard error what is done. Never shows a value.");

    public static readonly Flag Summon = Flag.Switch(
        "summon", "Do all as Summon does, also where that is a trap: messages on standard output, exit code 127, unknown words in tags ignored.");

    public static readonly Flag Watch = Flag.Text(
        "watch",
        "restart|SIGNAL",
        "When a secret changes or a lease ends, start the program anew, or send it this signal (HUP, USR1 …) after files have changed.");

    public static readonly Flag WatchInterval = Flag.Text("watch-interval", "duration", "How often to look for changes. Default 10s.");

    public static readonly Flag Version = Flag.Switch("version", ["v"], "Show the version.");

    /// <summary>Those of <c>kist run</c>.</summary>
    public static IReadOnlyList<Flag> Own { get; } =
        [File, Section, Define, Inline, Provider, Watch, WatchInterval, Up, Yaml, Ignore, IgnoreAll, AllProviderVersions, Debug, Summon];

    /// <summary>Those of Summon.</summary>
    public static IReadOnlyList<Flag> OfSummon { get; } =
        [File, Section, Define, Provider, Up, Yaml, Ignore, IgnoreAll, AllProviderVersions, Debug, Version];
}
