using Kist.Commands.Arguments;
using Kist.Commands.Cli;
using Kist.Commands.Etcd;
using Kist.Core;
using Kist.Kubernetes;
using Kist.Kubernetes.AtRest;
using Kist.Kubernetes.Encryption.Rewrite;
using Kist.Kubernetes.Etcd;
using Kist.Wire.Etcd;
using Kist.Wire.Grpc;
using Kist.Wire.Kubernetes;

namespace Kist.Commands.Encryption;

/// <summary><c>encryption rewrite</c>: has the API server store objects anew.</summary>
internal static class RewriteCommand
{
    private const string RoleName = "kist-encryption-rewrite";

    private static readonly Flag Resources = Flag.List(
        "resources", "names", "Which resources: secrets, widgets.example.org, *.*. Default: those that -config names, else secrets.");
    private static readonly Flag StartAfter = Flag.Text(
        "start-after", "place", "Begin behind this place, which an interrupted rewrite printed: secrets/default/name.");
    private static readonly Flag Parallel = Flag.Number("parallel", "number", "How many objects at once. Default 4.");
    private static readonly Flag Rate = Flag.Number(
        "rate", "number", "Most objects a second, two requests each. Default 50; 0 for as many as the API server takes.");
    private static readonly Flag DryRun = Flag.Switch("dry-run", "Count what would be rewritten, and write nothing.");
    private static readonly Flag Role = Flag.Switch(
        "print-role", "Print the ClusterRole with the least rights that this needs, and do nothing else.");

    public static Command Rewrite => new("encryption rewrite", "Has the API server store objects anew, under its current key.", RunAsync)
    {
        Description = "Reads each object and sends it back as it came; the API server writes what is stale, and nothing else. An object that somebody "
            + "changes meanwhile is read again, one that is deleted is passed over. With -endpoints and -config, only what lies otherwise in etcd than the "
            + "configuration would write it now is touched, and a rewrite that was interrupted goes on by itself; without, all objects are, and "
            + "-start-after goes on. Restart or reload every API server before: each writes with the configuration that it has loaded. "
            + "Exit code 0: all is done; 3: some objects could not be rewritten; 2: it could not go on.",
        Flags =
        [
            .. KubernetesFlags.All, Resources, StartAfter, Parallel, Rate, DryRun, Role,
            EtcdFlags.Config, EtcdFlags.Endpoints, EtcdFlags.Authorities, EtcdFlags.Certificate, EtcdFlags.Key, EtcdFlags.Prefix,
        ],
        Shows = Shows.Format,
        CallsServer = false,
        Example = new("See which rights it needs", "encryption rewrite -print-role -resources=secrets,configmaps"),
    };

    private static async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        if (call.List(EtcdFlags.Endpoints).Count > 0 && !call.Has(EtcdFlags.Config))
            throw ExitException.Usage($"{EtcdFlags.Endpoints} needs {EtcdFlags.Config}: what is stale, the configuration tells");
        var (startAfter, options) = (Place(call), Options(call));
        using var configuration = call.Text(EtcdFlags.Config) is { } path ? await LoadedConfiguration.LoadAsync(call, path, cancellation) : null;
        var names = Names(call, configuration);
        if (call.Switch(Role))
        {
            call.Output.Write(RewriteRole.Render(RoleName, names));
            return ExitCode.Done;
        }
        using var client = KubernetesFlags.Connect(call);
        try
        {
            using var etcd = Etcd(call);
            // That nothing is stale there must say something of the cluster.
            if (etcd is not null)
                await EtcdSession.RequireClusterAsync(etcd, EtcdSession.PrefixOf(call), cancellation);
            var resources = await ResourcesAsync(call, client, etcd, names, cancellation);
            IRewriteSource source = etcd is null
                ? new ApiSource(client, resources, startAfter)
                : new EtcdSource(etcd, EtcdSession.PrefixOf(call), configuration!.Chains, resources, startAfter);
            return await RunAsync(call, new Rewriter(client, options), source, cancellation);
        }
        catch (Exception e) when (e is EtcdException or TlsFileException)
        {
            throw ExitException.Failed(e.Message);
        }
    }

    private static async Task<int> RunAsync(Invocation call, Rewriter rewriter, IRewriteSource source, CancellationToken cancellation)
    {
        var result = await RunAsync(call.Host, rewriter, source, cancellation);
        call.Output.Document(RewriteView.Json(result, call.Switch(DryRun)), () => RewriteView.Table(result, call.Switch(DryRun)));
        if ((result.IsInterrupted || result.Ended is not null) && result.Last is { } last && source is ApiSource)
            call.Host.Tell($"To go on: the same command with {StartAfter}={last}");
        if (result.Ended is { } ended)
            throw ExitException.Failed(ended.Message);
        if (result.IsInterrupted)
            return ExitCode.Interrupted;
        return result.IsComplete ? ExitCode.Done : ExitCode.Findings;
    }

    private static async Task<RewriteResult> RunAsync(CliHost host, Rewriter rewriter, IRewriteSource source, CancellationToken cancellation)
    {
        using var bar = new ProgressBar(host);
        var mutex = new Lock();
        return await rewriter.RunAsync(source, Report, cancellation);

        // Objects are done on several threads.
        void Report(RewriteProgress progress)
        {
            lock (mutex)
                bar.Report(new ScanProgress(progress.Done, Math.Max(0, (progress.Expected ?? 0) - progress.Done)));
        }
    }

    private static IReadOnlyList<GroupResource> Names(Invocation call, LoadedConfiguration? configuration)
    {
        if (call.List(Resources) is not { Count: > 0 } given)
        {
            var named = configuration?.Configuration.Rules.SelectMany(r => r.Resources);
            return named?.Select(r => r.Parsed).Distinct().ToList() ?? [GroupResource.Parse("secrets")];
        }
        var selection = ResourceSelection.Parse(EtcdSession.PrefixOf(call), given);
        return selection.Succeeded ? selection.Value.Resources : throw ExitException.Usage(selection.Failure.Message);
    }

    // The configuration may name what the API server does not serve any more; where etcd has none of it, nothing is to be done.
    private static async Task<IReadOnlyList<KubeResource>> ResourcesAsync(
        Invocation call, KubeClient client, LiveSource? etcd, IReadOnlyList<GroupResource> names, CancellationToken cancellation)
    {
        var found = Demand(await RewriteResources.LookAsync(client, names, cancellation));
        foreach (var missing in found.Missing)
        {
            if (etcd is null || call.List(Resources).Count > 0 || await HasAsync(etcd, EtcdSession.PrefixOf(call), missing.Name, cancellation))
                throw ExitException.Failed(missing.Reason.Message);
            call.Host.Tell($"Note: {missing.Name}: {missing.Reason.Message}. etcd has none, so nothing of it is to be rewritten.");
        }
        return found.Resources;
    }

    // Of a resource that this program does not know, it is not known either whether its keys name the group.
    private static async Task<bool> HasAsync(LiveSource etcd, string prefix, GroupResource name, CancellationToken cancellation) =>
        await etcd.HasKeysAsync(StorageKey.PrefixOf(prefix, name), cancellation)
        || (StorageKey.NewerPlaceOf(prefix, name) is { } newer && await etcd.HasKeysAsync(newer, cancellation));

    private static LiveSource? Etcd(Invocation call) =>
        call.List(EtcdFlags.Endpoints) is { Count: > 0 } endpoints ? new LiveSource(EtcdSession.Options(call, endpoints)()) : null;

    private static RewriteKey? Place(Invocation call)
    {
        if (call.Text(StartAfter) is not { } text)
            return null;
        var place = RewriteKey.Parse(text);
        return place.Succeeded ? place.Value : throw ExitException.Usage(place.Failure.Message);
    }

    private static RewriteOptions Options(Invocation call)
    {
        var parallel = call.Number(Parallel) ?? 4;
        var rate = call.Number(Rate) ?? 50;
        if (parallel is < 1 or > 64)
            throw ExitException.Usage($"{Parallel} must be 1 to 64");
        if (rate < 0)
            throw ExitException.Usage($"{Rate} must be 0 or more");
        return new RewriteOptions
        {
            Parallelism = (int)parallel,
            PerSecond = rate == 0 ? null : rate,
            DryRun = call.Switch(DryRun),
            Time = call.Host.Time,
        };
    }

    private static T Demand<T>(Outcome<T> outcome) => outcome.Succeeded ? outcome.Value : throw ExitException.Failed(outcome.Failure.Message);
}
