using Kist.Commands.Cli;

namespace Kist.Commands.Etcd;

/// <summary>The group <c>etcd</c>: what the API server stored, in a live etcd or a snapshot file. Nothing here writes to etcd.</summary>
internal static class EtcdCommands
{
    public static CommandGroup Group => new("etcd", static () => [Report, Verify, Get, Search])
    {
        About = "Looks at what Kubernetes stored in etcd: is it encrypted, by which key, and does it decrypt.",
    };

    private static Command Report => new("etcd report", "Tells of every object how it is stored.", ReportAsync)
    {
        Description = "encrypted: as the configuration writes it now. stale: encrypted, but by another provider or key than would be used now. "
            + "plaintext: not encrypted, whether or not the configuration reads it. undecryptable: not to be read with the configuration. Without -config, the values' labels alone are read. "
            + "A KMS's values are judged by their labels; etcd verify decrypts them. "
            + "Exit code 0: all is stored as the configuration says (without one: encrypted); 3: something is not; 2: the report could not be made, "
            + "or -resources names what has no object, is not built in and is not defined either.",
        Flags = [.. EtcdFlags.Common, EtcdFlags.Resources, ReportCommand.FindingsOnly],
        CallsServer = false,
        Example = new(
            "See whether a backup holds plaintext",
            "etcd report -snapshot=/backup/etcd.db -config=/etc/kubernetes/encryption.yaml"),
    };

    private static Command Verify => new("etcd verify", "Decrypts every object and names those that do not decrypt or were moved.", VerifyAsync)
    {
        Description = "Values of a KMS are decrypted by its plugin, over the socket that the configuration names. An object that was moved says of itself "
            + "that it is another one than its key in etcd names: aescbc and secretbox do not notice when a value is copied. "
            + "Exit code 0: all are good; 3: some are not; 2: some could not be looked at, or -resources names what has no object, is not built in and is "
            + "not defined either.",
        Flags = [.. EtcdFlags.Common, EtcdFlags.Resources],
        CallsServer = false,
        Example = new(
            "Prove that a backup can be restored with a configuration",
            "etcd verify -snapshot=/backup/etcd.db -config=/etc/kubernetes/encryption.yaml"),
    };

    private static Command Get => new("etcd get", "Shows one object, its values masked.", GetAsync)
    {
        Arguments = "OBJECT",
        Description = "OBJECT is RESOURCE/NAMESPACE/NAME, RESOURCE/NAME for what has no namespace, or a whole key in etcd, which begins with a slash.",
        Flags = [.. EtcdFlags.Common, GetCommand.Unmask],
        CallsServer = false,
        Example = new("See which keys a Secret has", "etcd get secrets/default/db -snapshot=/backup/etcd.db -config=/etc/kubernetes/encryption.yaml"),
    };

    private static Command Search => new("etcd search", "Finds out where a known value lies in plaintext.", SearchAsync)
    {
        Arguments = "[SOURCE]",
        Description = "The value comes from standard input (-), from a file (@file) or, without an argument, from a prompt; never as an argument itself, "
            + "which other users of the machine can see. It is found as it is, in base64, in JSON and in base64 of JSON, also as a part of something longer; "
            + "not in what is compressed, as Helm's releases are. All keys are searched, also those outside -prefix, unless -resources is given. In a "
            + "snapshot, old revisions and pages that are no longer in use are searched as well. With -config, the value is also looked for in what is "
            + "encrypted. Exit code 0: nowhere in plaintext; 3: found; 2: the search failed or ended early, or -resources names what has no object, is not "
            + "built in and is not defined either.",
        Flags = [.. EtcdFlags.Common, EtcdFlags.SearchedResources],
        CallsServer = false,
        Example = new("Look for a password that leaked", "etcd search @password.txt -snapshot=/backup/etcd.db"),
    };

    private static Task<int> ReportAsync(Invocation call, CancellationToken cancellation) => EtcdSession.RunAsync(call, ReportCommand.RunAsync, cancellation);

    private static Task<int> VerifyAsync(Invocation call, CancellationToken cancellation) => EtcdSession.RunAsync(call, VerifyCommand.RunAsync, cancellation);

    private static Task<int> GetAsync(Invocation call, CancellationToken cancellation) => EtcdSession.RunAsync(call, GetCommand.RunAsync, cancellation);

    private static Task<int> SearchAsync(Invocation call, CancellationToken cancellation) => EtcdSession.RunAsync(call, SearchCommand.RunAsync, cancellation);
}
