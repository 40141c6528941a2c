using Kist.Commands.Arguments;
using Kist.Commands.Cli;
using Kist.Kubernetes.AtRest;

namespace Kist.Commands.Etcd;

/// <summary>The flags of every <c>kist etcd</c> command.</summary>
internal static class EtcdFlags
{
    public static readonly Flag Endpoints = Flag.List("endpoints", "url", "etcd's members, with commas between: https://127.0.0.1:2379. The next one is asked when one does not answer.");

    public static readonly Flag Authorities = Flag.Text("cacert", "file", "PEM file of the authorities that vouch for etcd, in place of the system's.");

    public static readonly Flag Certificate = Flag.Text("cert", "file", "PEM file of the client certificate that etcd asks for.");

    public static readonly Flag Key = Flag.Text("key", "file", "PEM file of the key to -cert.");

    public static readonly Flag Snapshot = Flag.Text(
        "snapshot", "file", "In place of a live etcd: a file of etcdctl snapshot save, or a copy of a member's database.");

    public static readonly Flag Config = Flag.Text(
        "config", "file", "The API server's EncryptionConfiguration, by which values are judged and decrypted. Its keys are never shown.");

    public static readonly Flag Prefix = Flag.Text("prefix", "path", $"The API server's --etcd-prefix. Default {StorageKey.DefaultPrefix}.");

    public static readonly Flag Resources = Flag.List(
        "resources",
        "name",
        "Resources to look at, as in an EncryptionConfiguration: secrets, deployments, widgets.example.org, *.*. "
        + "Default: those that -config names, and secrets; without it, secrets and configmaps.");

    // The same name, with another default.
    public static readonly Flag SearchedResources = Flag.List(
        "resources",
        "name",
        "Resources to search alone, as in an EncryptionConfiguration: secrets, deployments, widgets.example.org; *.* for all keys under -prefix. "
        + "Default: everything, also keys that are no object's.");

    // Not the flag of commands that call a server: these results have two forms, which grow line by line.
    public static readonly Flag Format = Flag.Choice("format", ["table", "json"], "How to print the result. Default table; also KIST_FORMAT=json.");

    /// <summary>Where the objects lie and how they are shown.</summary>
    public static readonly IReadOnlyList<Flag> Common = [Endpoints, Authorities, Certificate, Key, Snapshot, Config, Prefix, Format];

    /// <summary>The resources that were named; empty when none was, or the command has no such flag.</summary>
    public static IReadOnlyList<string> NamedResources(Invocation call) =>
        call.Command.Flags.FirstOrDefault(f => f == Resources || f == SearchedResources) is { } flag ? call.List(flag) : [];

    /// <summary>True when the result is to be JSON.</summary>
    public static bool WantsJson(Invocation call) => (call.Text(Format) ?? call.Host.Variable("KIST_FORMAT")) is "json";
}
