using Kist.Commands.Cli;
using Kist.Commands.Encryption.Files;
using Kist.Kubernetes.Encryption.Rewrite;
using Kist.Kubernetes.Encryption.Rotation;
using Kist.Kubernetes.Etcd;
using Kist.Wire;

namespace Kist.Commands.Encryption;

/// <summary><c>encryption rotate</c>: another key, without a read that fails.</summary>
internal static class RotateCommand
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    public static Command Rotate => new("encryption rotate", "Replaces the key of a running cluster, step by step.", RunAsync)
    {
        Arguments = "FILE",
        Description = "Adds the new key as a reader; once every API server has loaded that, makes it the writer; once they have loaded that, has "
            + "all objects rewritten; once etcd holds none under an old key, takes the old keys out. How far it is, it sees in the file, the API "
            + "servers' metrics and etcd's bytes: run it again, and it goes on, whoever interrupted it. It ends with 3 as long as something is "
            + "left to do and says what, and with 0 when the new key alone is left. Each change of the file is one step, and the old file is kept "
            + "beside it. With several control-plane nodes, copy the file to the others when it says so. With -kubeconfig or -context, it rewrites the "
            + "objects itself; else kist encryption rewrite does.",
        Flags = RotateFlags.All,
        CallsServer = false,
        Example = null,
    };

    private static async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var goal = Goal(call);
        var wait = Duration(call);
        var file = new GuardedFile(call.Arguments[0]);
        var manifest = new RotateManifest(call, file);
        var (options, prefix) = manifest.Etcd();
        var confirmed = Confirmed(call);
        var files = Files(call, file);
        using var servers = ServerMetricsReader.Create(call);
        using var etcd = new LiveSource(options);
        using var cluster = call.Has(KubernetesFlags.Kubeconfig) || call.Has(KubernetesFlags.Context) ? KubernetesFlags.Connect(call) : null;
        var rewriter = cluster is null ? null : new ClusterRewriter(cluster, new RewriteOptions { Time = call.Host.Time }, null);
        manifest.RequireOneEtcd();
        manifest.Advise();
        var rotation = new KeyRotation(goal, files, servers, new EtcdStoredObjects(etcd, prefix), rewriter, new RotationOptions
        {
            DryRun = call.Switch(RotateFlags.DryRun),
            ServersAreAll = call.Switch(RotateFlags.ServersAreAll),
            Confirmed = confirmed,
        });
        return await RunAsync(call, rotation, manifest, wait, cancellation);
    }

    private static async Task<int> RunAsync(
        Invocation call, KeyRotation rotation, RotateManifest manifest, TimeSpan wait, CancellationToken cancellation)
    {
        var (said, since) = ("", call.Host.Time.GetTimestamp());
        while (true)
        {
            var step = (await rotation.StepAsync(cancellation)).Demand();
            if (step.Text != said)
                call.Output.Write($"{Name(step.Stage)}: {step.Text}\n");
            if (step.Text != said && !step.MustWait)
                since = call.Host.Time.GetTimestamp();
            said = step.Text;
            if (step.Stage == RotationStage.Done)
                return ExitCode.Done;
            var isLoading = step.Stage is RotationStage.LoadAdded or RotationStage.LoadPromoted or RotationStage.LoadRemoved;
            if (isLoading)
                manifest.Restart();
            if (!step.MustWait)
                continue;
            if (!isLoading || call.Switch(RotateFlags.DryRun) || call.Host.Time.GetElapsedTime(since) >= wait)
                return ExitCode.Findings;
            await Task.Delay(Pause, call.Host.Time, cancellation);
        }
    }

    private static RotationGoal Goal(Invocation call)
    {
        if (call.Text(RotateFlags.To) is not { Length: > 0 } name)
        {
            var day = call.Host.Time.GetUtcNow();
            throw ExitException.Usage(
                $"name the new key: {RotateFlags.To}=key-{day:yyyy-MM-dd}; to go on with a rotation, give the name that it began with");
        }
        if (call.Has(RotateFlags.KmsEndpoint) && call.Text(RotateFlags.Provider) is not "kms")
            throw ExitException.Usage($"{RotateFlags.KmsEndpoint} goes with {RotateFlags.Provider}=kms");
        return new RotationGoal(name)
        {
            Kind = RotateFlags.Kind(call.Text(RotateFlags.Provider)),
            Endpoint = call.Text(RotateFlags.KmsEndpoint),
            Resources = call.List(RotateFlags.Resources),
        };
    }

    // Each once: a node that is named twice is one node.
    private static List<IConfigurationFile> Files(Invocation call, GuardedFile file)
    {
        var files = call.List(RotateFlags.Also).Select(path => new GuardedFile(path)).Prepend(file);
        return [.. files.DistinctBy(f => f.Path, StringComparer.Ordinal).Select(f => new ConfigurationOnDisk(f, call.Host.Time))];
    }

    // As sha256sum or a metric shows it.
    private static string Confirmed(Invocation call)
    {
        var text = (call.Text(RotateFlags.Loaded) ?? "").Replace("sha256:", "", StringComparison.Ordinal).ToLowerInvariant();
        var isDigest = text.Length is >= RotationOptions.LeastConfirmed and <= 64 && text.All(char.IsAsciiHexDigitLower);
        return isDigest || !call.Has(RotateFlags.Loaded)
            ? text
            : throw ExitException.Usage($"{RotateFlags.Loaded} takes the file's SHA-256 in hexadecimal, or its first twelve digits");
    }

    private static TimeSpan Duration(Invocation call)
    {
        if (call.Text(RotateFlags.Wait) is not { } text)
            return TimeSpan.Zero;
        return GoDuration.TryParse(text, out var duration) && duration >= TimeSpan.Zero
            ? duration
            : throw ExitException.Usage($"{RotateFlags.Wait} takes a duration: 90s, 5m");
    }

    private static string Name(RotationStage stage) => stage switch
    {
        RotationStage.Add => "Add the new key",
        RotationStage.LoadAdded => "Wait until all can read with it",
        RotationStage.Promote => "Make it write",
        RotationStage.LoadPromoted => "Wait until all write with it",
        RotationStage.Rewrite => "Rewrite what is there",
        RotationStage.Remove => "Remove the old keys",
        RotationStage.LoadRemoved => "Wait until all have forgotten them",
        _ => "Done",
    };
}
