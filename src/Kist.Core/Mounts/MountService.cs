using System.Security.Cryptography;
using Kist.Core.Barrier;
using Kist.Core.Storage;

namespace Kist.Core.Mounts;

/// <summary>
/// Mounts, tunes, moves and unmounts. What takes more than one transaction (unmounting, converting data) first marks the mount, from when on it
/// answers nothing, then works in steps, then ends the mark; what a crash leaves is resumed by <see cref="FinishAsync"/>.
/// </summary>
/// <remarks>
/// A request that was let in before the mark may commit long after it: its node can stall for any time between two steps of its own. So the mark
/// begins a new epoch of the mount, and every commit to a mount's data requires the epoch that its request was let in under
/// (<see cref="Mount.Guard"/>). What a last look finds empty therefore stays empty. Looking again later would only shorten the time in which a write
/// that was acknowledged can vanish.
/// </remarks>
public sealed class MountService
{
    private readonly BarrierStore barrier;
    private readonly MountTypes types;
    private readonly TimeProvider time;
    private readonly StoredMounts mounts;

    /// <summary>Over an initialised barrier.</summary>
    public MountService(BarrierStore barrier, MountTypes types, TimeProvider time)
    {
        this.barrier = barrier;
        this.types = types;
        this.time = time;
        mounts = new StoredMounts(barrier, types);
    }

    /// <summary>Hears what the operator should look at.</summary>
    public Action<string>? Problem { get; init; }

    /// <summary>
    /// Ends what a mount has issued (leases, tokens) while its data, which this may need, is still there. A failure keeps the mount as it is: marked, answering
    /// nothing, tried again.
    /// </summary>
    public Func<Mount, CancellationToken, ValueTask<Outcome<Nothing>>>? EndIssuedAsync { get; init; }

    /// <summary>The engines and methods that can be mounted.</summary>
    public MountTypes Types => types;

    /// <summary>The current table, at most as old as this node's view of the store.</summary>
    public ValueTask<MountTable> CurrentAsync(CancellationToken cancellationToken) => mounts.CurrentAsync(cancellationToken);

    /// <summary>Forgets what it has read: at seal, everything read from the barrier goes.</summary>
    public void Clear() => mounts.Clear();

    /// <summary>Adds the mounts that every namespace has.</summary>
    public async Task SetUpAsync(IEnumerable<(string Path, MountType Type, string Description)> builtIn, CancellationToken cancellationToken)
    {
        foreach (var (path, type, description) in builtIn)
        {
            if ((await CurrentAsync(cancellationToken)).TryGet(path, out _))
                continue;
            var record = NewRecord(RandomId(), path, type, new MountRequest { Description = description }) with { BuiltIn = true };
            // Another node may add it in between, which is as good.
            _ = await mounts.ChangeAsync(
                table => table.TryGet(path, out _) ? Failure.Conflict("mount.exists", path) : new Outcome<MountRecord>(record), cancellationToken);
        }
    }

    /// <summary>Adds what mounts of older programs lack.</summary>
    public Task AddEpochsAsync(CancellationToken cancellationToken) => mounts.AddEpochsAsync(cancellationToken);

    /// <summary>Mounts an engine or method.</summary>
    public async ValueTask<Outcome<MountChange>> MountAsync(MountKind kind, string path, MountRequest request, CancellationToken cancellationToken)
    {
        var normalised = MountPath.Normalise(path, kind);
        if (!normalised.Succeeded)
            return normalised.Failure;
        request = types.ResolveAlias(kind, request);
        if (!types.TryGet(kind, request.Type, out var type))
        {
            var known = string.Join(", ", types.All.Where(t => t.Kind == kind && !t.IsBuiltIn).Select(t => t.Name));
            return Failure.Invalid("mount.unknown_type", $"unknown type \"{request.Type}\"; this server has: {known}");
        }
        if (type.IsBuiltIn)
            return Failure.Invalid("mount.unknown_type", $"\"{request.Type}\" is built in and cannot be mounted again");
        if (type.CheckOptions(request.Options) is { } badOptions)
            return badOptions;
        if (CheckTtls(request.Config) is { } badTtls)
            return badTtls;
        var record = NewRecord(RandomId(), normalised.Value, type, request);
        return await mounts.ChangeAsync(
            table => table.Colliding(normalised.Value) is { } other
                ? Failure.Invalid("mount.path_in_use", $"path is already in use at {other.Path}")
                : new Outcome<MountRecord>(record),
            cancellationToken);
    }

    /// <summary>Changes description, options or settings of a mount. Options that need other data are in force when the data is converted.</summary>
    public async ValueTask<Outcome<MountChange>> TuneAsync(string path, Func<Mount, Outcome<MountTuning>> tune, CancellationToken cancellationToken)
    {
        var tuned = await mounts.ChangeAsync(table => Tune(table, path, tune), cancellationToken);
        return tuned.Succeeded && tuned.Value.Mount.State == MountState.Upgrading ? await UpgradeAsync(tuned.Value.Mount, cancellationToken) : tuned;
    }

    /// <summary>Moves a mount. Its data stays where it is: keys hold the mount's id, not its path.</summary>
    public ValueTask<Outcome<MountChange>> MoveAsync(string from, string to, CancellationToken cancellationToken) =>
        mounts.ChangeAsync(
            table =>
            {
                if (!table.TryGet(from, out var mount) || mount.State == MountState.Removing)
                    return MountFailures.NotFound(from);
                if (mount.BuiltIn)
                    return Failure.Invalid("mount.built_in", $"cannot move \"{from}\": it is built in");
                var kind = to.StartsWith("auth/", StringComparison.Ordinal) ? MountKind.Auth : MountKind.Secrets;
                if (kind != mount.Kind)
                    return Failure.Invalid("mount.wrong_kind", $"cannot move \"{from}\" to \"{to}\": one lies under auth/ and the other does not");
                var target = MountPath.Normalise(kind == MountKind.Auth ? to["auth/".Length..] : to, kind);
                if (!target.Succeeded)
                    return target.Failure;
                return table.Colliding(target.Value) is { } other
                    ? Failure.Invalid("mount.path_in_use", $"path is already in use at {other.Path}")
                    : MountRecord.Of(mount) with { Path = target.Value };
            },
            cancellationToken);

    /// <summary>Unmounts: marks the mount, ends what it has issued, deletes its data in steps, then its record.</summary>
    public async ValueTask<Outcome<MountChange>> UnmountAsync(MountKind kind, string path, CancellationToken cancellationToken)
    {
        var marked = await mounts.ChangeAsync(
            table =>
            {
                if (!table.TryGet(path, out var mount) || mount.Kind != kind)
                    return MountFailures.NotFound(path);
                return mount.BuiltIn
                    ? Failure.Invalid("mount.built_in", $"cannot unmount \"{path}\": it is built in")
                    : MountRecord.Of(mount) with { State = MountState.Removing };
            },
            cancellationToken);
        return marked.Succeeded ? await RemoveAsync(marked.Value, cancellationToken) : marked;
    }

    /// <summary>The mounts whose unmount or conversion has begun and not ended.</summary>
    public async ValueTask<IReadOnlyList<Mount>> UnfinishedAsync(CancellationToken cancellationToken) =>
        [.. (await CurrentAsync(cancellationToken)).All.Where(mount => mount.State != MountState.Ready)];

    /// <summary>Ends the unmount or conversion of one of <see cref="UnfinishedAsync"/>. Safe on several nodes at once.</summary>
    public async Task<Outcome<Nothing>> FinishAsync(Mount mount, CancellationToken cancellationToken)
    {
        var finished = mount.State == MountState.Upgrading
            ? await UpgradeAsync(mount, cancellationToken)
            : await RemoveAsync(new MountChange(mount, 0), cancellationToken);
        return finished.Succeeded ? Outcome.Done : finished.Failure;
    }

    private static Outcome<MountRecord> Tune(MountTable table, string path, Func<Mount, Outcome<MountTuning>> tune)
    {
        if (!table.TryGet(path, out var mount) || mount.State == MountState.Removing)
            return MountFailures.NotFound(path);
        var tuned = tune(mount);
        if (!tuned.Succeeded)
            return tuned.Failure;
        var (description, options, config) = tuned.Value;
        if ((mount.Type.CheckOptions(options) ?? CheckTtls(config)) is { } bad)
            return bad;
        var state = mount.State;
        if (!AreSame(mount.Options, options))
        {
            if (state == MountState.Upgrading)
                return MountFailures.Upgrading;
            var converts = mount.Type.NeedsConversion(mount.Options, options);
            if (!converts.Succeeded)
                return converts.Failure;
            state = converts.Value ? MountState.Upgrading : state;
        }
        return MountRecord.Of(mount) with { Description = description, Options = options, Config = config, State = state };
    }

    private static bool AreSame(IReadOnlyDictionary<string, string> one, IReadOnlyDictionary<string, string> other) =>
        one.Count == other.Count
        && one.All(option => other.TryGetValue(option.Key, out var value) && string.Equals(value, option.Value, StringComparison.Ordinal));

    private static Failure? CheckTtls(MountConfig config)
    {
        if (config.DefaultLeaseTtl < TimeSpan.Zero || config.MaxLeaseTtl < TimeSpan.Zero)
            return Failure.Invalid("mount.invalid_ttl", "default_lease_ttl and max_lease_ttl must not be negative");
        return config.MaxLeaseTtl > TimeSpan.Zero && config.DefaultLeaseTtl > config.MaxLeaseTtl
            ? Failure.Invalid("mount.invalid_ttl", "default_lease_ttl is greater than max_lease_ttl")
            : null;
    }

    // 0 is the namespace's own data.
    private static ulong RandomId() => BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8)) | 1;

    private static MountRecord NewRecord(ulong id, string path, MountType type, MountRequest request) => new()
    {
        Id = MountRecord.IdOf(id),
        Path = path,
        Kind = type.Kind,
        Type = type.Name,
        Accessor = $"{(type.Kind == MountKind.Auth ? "auth_" : "")}{type.Name}_{RandomNumberGenerator.GetHexString(8, lowercase: true)}",
        Uuid = Guid.NewGuid().ToString(),
        Description = request.Description,
        Options = request.Options,
        Config = request.Config,
    };

    private async ValueTask<Outcome<MountChange>> UpgradeAsync(Mount mount, CancellationToken cancellationToken)
    {
        // So old may the tables be by which other nodes let requests in. Their writes need no wait, the guard refuses them; but a read by the old
        // routes would not find what is converted already.
        await Task.Delay(CachedStore.Bound, time, cancellationToken);
        try
        {
            foreach (var damaged in await mount.Type.ConvertAsync(barrier.ForMount(mount), mount.Options, cancellationToken))
                Problem?.Invoke($"convert {mount.Path}: it could not be read and stays unconverted: {damaged}");
        }
        catch (MountChangedException)
        {
            // Another node has ended it, or it is being unmounted.
        }
        var ended = await mounts.ChangeAsync(
            table => table.ById(mount.Id) is { State: MountState.Upgrading } still && still.Guard == mount.Guard
                ? MountRecord.Of(still) with { State = MountState.Ready }
                : new Outcome<MountRecord>(MountFailures.Changed),
            cancellationToken);
        if (ended.Failure != MountFailures.Changed)
            return ended;
        var current = await CurrentAsync(cancellationToken);
        return current.ById(mount.Id) is { State: MountState.Ready } ready
            ? new MountChange(ready, current.Revision)
            : MountFailures.NotFound(mount.Path);
    }

    private async ValueTask<Outcome<MountChange>> RemoveAsync(MountChange marked, CancellationToken cancellationToken)
    {
        var mount = marked.Mount;
        if (EndIssuedAsync is not null && await EndIssuedAsync(mount, cancellationToken) is { Failure: { } failure })
            return failure;
        var data = barrier.ForMount(mount);
        try
        {
            while (await data.ScanAsync("", StoreLimits.Changes - 1, cancellationToken) is { Count: > 0 } paths)
            {
                var step = data.Begin();
                foreach (var path in paths)
                    step.Delete(data, path);
                // Whatever became of it, the next look shows what is left.
                _ = await step.CommitAsync(cancellationToken);
            }
        }
        catch (MountChangedException)
        {
            return marked; // Another node has ended it.
        }
        var removed = await mounts.ChangeAsync(
            table => table.ById(mount.Id) is { State: MountState.Removing } still
                ? MountRecord.Of(still)
                : new Outcome<MountRecord>(MountFailures.NotFound(mount.Path)),
            cancellationToken,
            delete: true);
        return removed.Failure is { Code: MountFailures.NotFoundCode } ? marked : removed;
    }
}
