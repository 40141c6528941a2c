using System.Security.Cryptography;
using System.Text;
using Kist.Core;
using Kist.Crypto;
using Kist.Kubernetes.AtRest;
using Kist.Kubernetes.Encryption.Backup;

namespace Kist.Kubernetes.Encryption.Rotation;

/// <summary>
/// Replaces the key of a running cluster, step by step; no read fails meanwhile, because no server writes with a key before all can read with it, and
/// no key goes while something in etcd is encrypted by it. Each step is one change that can be taken again: whoever was interrupted, or another
/// person, runs it anew and it goes on from what it sees.
/// </summary>
public sealed class KeyRotation
{
    private readonly IReadOnlyList<IConfigurationFile> files;
    private readonly LoadGate gate;
    private readonly IStoredObjects objects;
    private readonly IObjectRewriter? rewriter;
    private readonly RotationGoal goal;
    private readonly RotationOptions options;

    /// <param name="goal">What it shall lead to.</param>
    /// <param name="files">The file of each node that can be written here; the first one leads.</param>
    /// <param name="servers">The API servers.</param>
    /// <param name="objects">What lies in etcd.</param>
    /// <param name="rewriter">Rewrites objects; null when somebody else must.</param>
    /// <param name="options">How it goes.</param>
    public KeyRotation(
        RotationGoal goal,
        IReadOnlyList<IConfigurationFile> files,
        IApiServers servers,
        IStoredObjects objects,
        IObjectRewriter? rewriter,
        RotationOptions options)
    {
        (this.goal, this.files, this.objects, this.rewriter, this.options) = (goal, files, objects, rewriter, options);
        gate = new LoadGate(servers, objects, isOnlyFile: files.Count == 1, options);
    }

    private IConfigurationFile Leader => files[0];

    /// <summary>Takes the next step, or says what it waits for.</summary>
    public async Task<Outcome<RotationStep>> StepAsync(CancellationToken cancellationToken)
    {
        var state = FileState.Read(Leader, goal);
        if (!state.Succeeded)
            return state.Failure;
        using var file = state.Value;
        return await FollowAsync(file, cancellationToken) is { } following ? following : await StepAsync(file, cancellationToken);
    }

    private Task<Outcome<RotationStep>> StepAsync(FileState file, CancellationToken cancellationToken) => file.Stage switch
    {
        RuleStage.Absent => AddAsync(file, cancellationToken),
        RuleStage.Reads => WhenLoadedAsync(file, RotationStage.LoadAdded, PromoteAsync, cancellationToken),
        RuleStage.Writes => WhenLoadedAsync(file, RotationStage.LoadPromoted, RewriteAsync, cancellationToken),
        _ => WhenLoadedAsync(file, RotationStage.LoadRemoved, FinishAsync, cancellationToken),
    };

    // A file that a crash or a person left behind gets what the first one has.
    private async Task<Outcome<RotationStep>?> FollowAsync(FileState leader, CancellationToken cancellationToken)
    {
        foreach (var other in files.Skip(1))
        {
            var content = other.Read();
            try
            {
                if (!content.AsSpan().SequenceEqual(leader.Content))
                    return await FollowAsync(leader, other, content, cancellationToken);
            }
            finally
            {
                CryptographicOperations.ZeroMemory(content);
            }
        }
        return null;
    }

    private async Task<Outcome<RotationStep>> FollowAsync(
        FileState leader, IConfigurationFile other, byte[] content, CancellationToken cancellationToken)
    {
        var compared = FollowingFile.Compare(leader, content);
        if (!compared.Succeeded)
        {
            return Failure.Conflict(
                compared.Failure.Code,
                $"{other.Path} and {Leader.Path} differ, and not by a step of this rotation: {compared.Failure.Message}; bring them together by hand "
                    + "first");
        }
        // An API server that works by a file from before could still write with what goes, after etcd was counted.
        if (compared.Value.LosesKeys && await AwaitAsync(other, content, leader, cancellationToken) is { } waiting)
            return waiting;
        var inUse = await compared.Value.InUseAsync(objects, cancellationToken);
        if (!inUse.Succeeded)
            return inUse.Failure;
        if (inUse.Value.Count > 0)
        {
            return Failure.Conflict(
                "rotation.in_use",
                $"{other.Path} has keys that {Leader.Path} lacks and that are in use ({Described(inUse.Value)}): put them into {Leader.Path} first, "
                    + "behind the key that writes, from a kept copy or from there");
        }
        if (options.DryRun)
            return new RotationStep(StageOf(leader.Stage), $"{other.Path} would get the content of {Leader.Path}.", MustWait: true);
        var copy = other.Replace(content, leader.Content);
        return new RotationStep(
            StageOf(leader.Stage), $"{other.Path} got the content of {Leader.Path}; the old one is kept as {copy}.", MustWait: false);
    }

    private static RotationStage StageOf(RuleStage stage) => stage switch
    {
        RuleStage.Absent => RotationStage.Add,
        RuleStage.Reads => RotationStage.LoadAdded,
        RuleStage.Writes => RotationStage.LoadPromoted,
        _ => RotationStage.LoadRemoved,
    };

    private async Task<Outcome<RotationStep>> AddAsync(FileState file, CancellationToken cancellationToken)
    {
        var counted = await objects.CountAsync(file.Configuration, file.Resources, cancellationToken);
        if (!counted.Succeeded)
            return counted.Failure;

        // Only where the file lacks it: an entry that has it is half of an earlier addition.
        var used = counted.Value.FirstOrDefault(c =>
            file.Rules.Any(r => c.Slot == r.Target && r.Stage == RuleStage.Absent && file.Governs(r, c.Resource)));
        if (used is not null)
        {
            return Failure.Conflict(
                "rotation.name_used",
                $"{used.Objects} objects in etcd are encrypted by a {used.Slot} that is not in the file, such as {used.Example}: choose another "
                    + "name, and bring that key back to read them");
        }
        return Write(
            file,
            RotationEdit.Add(file.Configuration, file.Rules, goal.Endpoint),
            RotationStage.Add,
            $"the new {file.Rules[0].Target} reads, after the key that writes now");
    }

    private Task<Outcome<RotationStep>> PromoteAsync(FileState file, CancellationToken cancellationToken) => Task.FromResult(Write(
        file,
        RotationEdit.Promote(file.Configuration, file.Rules),
        RotationStage.Promote,
        $"the new {file.Rules[0].Target} writes; the old keys read"));

    private async Task<Outcome<RotationStep>> RewriteAsync(FileState file, CancellationToken cancellationToken)
    {
        var counted = await objects.CountAsync(file.Configuration, file.Resources, cancellationToken);
        if (!counted.Succeeded)
            return counted.Failure;
        var old = counted.Value.Where(file.IsToRewrite).ToList();
        if (old.Count == 0)
            return Remove(file, counted.Value);

        // Not what the file names: the API server may have stopped serving some of that, and etcd may hold none of it.
        IReadOnlyList<GroupResource> resources = [.. old.Select(c => c.Resource).Distinct()];
        var words = $"{old.Sum(c => c.Objects)} objects are not yet under the new key ({Described(old)})";
        if (options.DryRun || rewriter is null)
        {
            var names = string.Join(',', resources);
            return new RotationStep(RotationStage.Rewrite, $"{words}: rewrite them, by kist encryption rewrite for {names}.", MustWait: true);
        }
        var rewritten = await rewriter.RewriteAsync(resources, cancellationToken);
        return rewritten.Succeeded ? await RewrittenAsync(file, cancellationToken) : rewritten.Failure;
    }

    // What is left after that is nothing that a rewrite mends: to try again at once would go on for ever.
    private async Task<Outcome<RotationStep>> RewrittenAsync(FileState file, CancellationToken cancellationToken)
    {
        var counted = await objects.CountAsync(file.Configuration, file.Resources, cancellationToken);
        if (!counted.Succeeded)
            return counted.Failure;
        var left = counted.Value.Where(file.IsToRewrite).ToList();
        return left.Count == 0
            ? new RotationStep(RotationStage.Rewrite, "All objects were rewritten.", MustWait: false)
            : new RotationStep(
                RotationStage.Rewrite,
                $"The objects were rewritten, but {left.Sum(c => c.Objects)} are still not under the new key ({Described(left)}): see why by kist "
                    + "etcd verify, mend or delete them, and run this again.",
                MustWait: true);
    }

    private Outcome<RotationStep> Remove(FileState file, IReadOnlyList<StoredCount> counted)
    {
        // Said again at the place where it matters: nothing that goes encrypts anything.
        var inUse = counted.Where(file.IsUnderOldKey).ToList();
        if (inUse.Count > 0)
            return Failure.Conflict("rotation.in_use", $"the old keys are in use: {Described(inUse)}");
        return Write(
            file,
            RotationEdit.Remove(file.Configuration, file.Rules),
            RotationStage.Remove,
            "the old keys are out of the file. A control-plane node that is off now must get the file before its API server starts: with "
                + "an older one, it could write with a key that no other has any more. Keep the copy, sealed (kist encryption backup), for as long as you "
                + "keep snapshots of etcd from before");
    }

    private async Task<Outcome<RotationStep>> FinishAsync(FileState file, CancellationToken cancellationToken)
    {
        var counted = await objects.CountAsync(file.Configuration, file.Resources, cancellationToken);
        if (!counted.Succeeded)
            return counted.Failure;
        var lost = counted.Value.Where(c => c.Kind is not ProviderKind.Identity && file.IsOfOtherKey(c)).ToList();
        return lost.Count == 0
            ? new RotationStep(RotationStage.Done, $"{file.Rules[0].Target} writes, and no object is under another key.", MustWait: true)
            : Failure.Conflict(
                "rotation.key_missing",
                $"objects are encrypted by keys that the file lacks ({Described(lost)}): bring them back from a kept copy or a backup, behind the "
                    + "key that writes");
    }

    private async Task<Outcome<RotationStep>> WhenLoadedAsync(
        FileState file,
        RotationStage waiting,
        Func<FileState, CancellationToken, Task<Outcome<RotationStep>>> then,
        CancellationToken cancellationToken)
    {
        var seen = await gate.OpenAsync([file.Fingerprint], Leader.Changed, cancellationToken);
        if (!seen.Succeeded)
            return seen.Failure;
        if (seen.Value is not { Length: > 0 } open)
            return await then(file, cancellationToken);
        var text = new StringBuilder($"Every API server must have loaded the file whose SHA-256 is {file.Fingerprint}. {open}");
        text.Append("Copy it to the other control-plane nodes; a server without automatic reload must be started anew. ");
        text.Append($"When all have, run this again; with -loaded={file.Fingerprint[..12]} you vouch for those that do not tell.");
        return new RotationStep(waiting, text.ToString(), MustWait: true);
    }

    private async Task<Outcome<RotationStep>?> AwaitAsync(
        IConfigurationFile other, byte[] content, FileState leader, CancellationToken cancellationToken)
    {
        var fingerprint = SealedBackup.FingerprintOf(content);
        var seen = await gate.OpenAsync([fingerprint, leader.Fingerprint], Leader.Changed, cancellationToken);
        if (!seen.Succeeded)
            return seen.Failure;
        if (seen.Value is not { Length: > 0 } open)
            return null;
        return new RotationStep(
            RotationStage.LoadPromoted,
            $"{other.Path} has keys that the rotation took out of {Leader.Path}. Before they go from there, too, every API server must have loaded one of "
                + $"the two, whose SHA-256 are {fingerprint} and {leader.Fingerprint}. {open}When all have, run this again; with "
                + $"-loaded={fingerprint[..12]} you vouch for those that do not tell.",
            MustWait: true);
    }

    private Outcome<RotationStep> Write(FileState file, EncryptionConfiguration configuration, RotationStage stage, string what)
    {
        using var content = new SecretBuffer();
        ConfigurationForm.Write(configuration, file.Content, content);
        var check = ConfigurationFile.Load(Encoding.UTF8.GetString(content.Written), new LintFacts { KmsV1Enabled = true });
        if (!check.Succeeded)
            return Failure.Invalid("rotation.refused", $"the API server would refuse the new file: {check.Failure.Message}");
        if (options.DryRun)
            return new RotationStep(stage, $"{Leader.Path} would be changed: {what}.", MustWait: true);
        var copy = Leader.Replace(file.Content, content.Written);
        return new RotationStep(stage, $"{Leader.Path} was changed: {what}. The old file is kept as {copy}.", MustWait: false);
    }

    private static string Described(IEnumerable<StoredCount> counts) =>
        string.Join(", ", counts.Select(c => $"{c.Objects} {c.Resource} under {c.Slot?.ToString() ?? "an unknown key"}, such as {c.Example}"));
}
