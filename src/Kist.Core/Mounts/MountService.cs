using System.Security.Cryptography;
using Kist.Core.Barrier;
using Kist.Core.Namespaces;
using Kist.Core.Storage;

namespace Kist.Core.Mounts;

/// <summary>
/// The mount table in the store and this node's snapshot of it. Every change is one transaction that also touches the stamp; a request compares the stamp's
/// revision with its snapshot's, so a node follows the others' changes without being told.
/// </summary>
public sealed class MountService
{
    private const string Folder = "mount/";
    private const string Stamp = "mounts";
    private readonly BarrierStore barrier;
    private readonly MountTypes types;
    private readonly StorageView system;
    private readonly StorageView records;
    private volatile MountTable? snapshot;

    /// <summary>Over an initialised barrier.</summary>
    public MountService(BarrierStore barrier, MountTypes types)
    {
        this.barrier = barrier;
        this.types = types;
        system = barrier.System(NamespaceId.Root);
        records = system.Folder(Folder);
    }

    /// <summary>The engines and methods that can be mounted.</summary>
    public MountTypes Types => types;

    /// <summary>The current table: this node's snapshot when its stamp is still the store's, otherwise read again.</summary>
    public async ValueTask<MountTable> CurrentAsync(CancellationToken cancellationToken)
    {
        var stamp = await system.ReadRecordAsync(Stamp, MountJson.Default.MountStamp, cancellationToken);
        var revision = stamp?.Revision ?? 0;
        var current = snapshot;
        return current is not null && current.Revision == revision ? current : await LoadAsync(cancellationToken);
    }

    /// <summary>Forgets the snapshot: at seal, everything read from the barrier goes.</summary>
    public void Clear() => snapshot = null;

    /// <summary>Adds those of the mounts that every namespace has which are not there yet.</summary>
    public async Task EnsureBuiltInAsync(IEnumerable<(string Path, MountType Type, string Description)> builtIn, CancellationToken cancellationToken)
    {
        foreach (var (path, type, description) in builtIn)
        {
            if ((await CurrentAsync(cancellationToken)).TryGet(path, out _))
                continue;
            var record = NewRecord(RandomId(), path, type, new MountRequest { Description = description }) with { BuiltIn = true };
            // Another node may add it in between, which is as good.
            _ = await ChangeAsync(
                table => table.TryGet(path, out _) ? Failure.Conflict("mount.exists", path) : new Outcome<MountRecord>(record), cancellationToken);
        }
    }

    /// <summary>Mounts an engine or method.</summary>
    public async ValueTask<Outcome<Mount>> MountAsync(MountKind kind, string path, MountRequest request, CancellationToken cancellationToken)
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
        return await ChangeAsync(
            table => table.Colliding(normalised.Value) is { } other
                ? Failure.Invalid("mount.path_in_use", $"path is already in use at {other.Path}")
                : new Outcome<MountRecord>(record),
            cancellationToken);
    }

    /// <summary>Changes description, options or settings of a mount.</summary>
    public ValueTask<Outcome<Mount>> TuneAsync(string path, Func<Mount, Outcome<MountTuning>> tune, CancellationToken cancellationToken) =>
        ChangeAsync(
            table =>
            {
                if (!table.TryGet(path, out var mount) || mount.Removing)
                    return NoMount(path);
                var tuned = tune(mount);
                if (!tuned.Succeeded)
                    return tuned.Failure;
                if ((mount.Type.CheckOptions(tuned.Value.Options) ?? CheckTtls(tuned.Value.Config)) is { } bad)
                    return bad;
                return RecordOf(mount) with { Description = tuned.Value.Description, Options = tuned.Value.Options, Config = tuned.Value.Config };
            },
            cancellationToken);

    /// <summary>Moves a mount. Its data stays where it is: keys hold the mount's id, not its path.</summary>
    public ValueTask<Outcome<Mount>> MoveAsync(string from, string to, CancellationToken cancellationToken) =>
        ChangeAsync(
            table =>
            {
                if (!table.TryGet(from, out var mount) || mount.Removing)
                    return NoMount(from);
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
                    : RecordOf(mount) with { Path = target.Value };
            },
            cancellationToken);

    /// <summary>
    /// Unmounts: first marks the mount, from when on it answers nothing, then deletes its data in steps, then its record. What a crash leaves is resumed by
    /// <see cref="ResumeRemovalsAsync"/>.
    /// </summary>
    public async ValueTask<Outcome<Nothing>> UnmountAsync(string path, CancellationToken cancellationToken)
    {
        var marked = await ChangeAsync(
            table =>
            {
                if (!table.TryGet(path, out var mount))
                    return NoMount(path);
                return mount.BuiltIn
                    ? Failure.Invalid("mount.built_in", $"cannot unmount \"{path}\": it is built in")
                    : RecordOf(mount) with { Removing = true };
            },
            cancellationToken);
        if (!marked.Succeeded)
            return marked.Failure;
        await RemoveAsync(marked.Value, cancellationToken);
        return Outcome.Done;
    }

    /// <summary>Ends unmounts that a crash interrupted. Safe on several nodes at once.</summary>
    public async Task ResumeRemovalsAsync(CancellationToken cancellationToken)
    {
        foreach (var mount in (await CurrentAsync(cancellationToken)).All.Where(m => m.Removing))
            await RemoveAsync(mount, cancellationToken);
    }

    private static Failure NoMount(string path) => Failure.Invalid("mount.not_found", $"no mount at \"{path}\"");

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
        Id = id.ToString("x16", null),
        Path = path,
        Kind = type.Kind,
        Type = type.Name,
        Accessor = $"{(type.Kind == MountKind.Auth ? "auth_" : "")}{type.Name}_{RandomNumberGenerator.GetHexString(8, lowercase: true)}",
        Uuid = Guid.NewGuid().ToString(),
        Description = request.Description,
        Options = request.Options,
        Config = request.Config,
    };

    private static MountRecord RecordOf(Mount mount) => new()
    {
        Id = mount.Id.ToString("x16", null),
        Path = mount.Path,
        Kind = mount.Kind,
        Type = mount.TypeName,
        Accessor = mount.Accessor,
        Uuid = mount.Uuid,
        Description = mount.Description,
        Options = mount.Options,
        Config = mount.Config,
        Removing = mount.Removing,
        BuiltIn = mount.BuiltIn,
    };

    private async Task RemoveAsync(Mount mount, CancellationToken cancellationToken)
    {
        var data = barrier.ForMount(mount);
        while (await data.ScanAsync("", StoreLimits.Changes - 1, cancellationToken) is { Count: > 0 } paths)
        {
            var step = data.Begin();
            foreach (var path in paths)
                step.Delete(data, path);
            await step.CommitAsync(cancellationToken);
        }
        await ChangeAsync(
            table => table.All.FirstOrDefault(m => m.Id == mount.Id) is { } still ? RecordOf(still) : new Outcome<MountRecord>(NoMount(mount.Path)),
            cancellationToken,
            delete: true);
    }

    private async ValueTask<Outcome<Mount>> ChangeAsync(
        Func<MountTable, Outcome<MountRecord>> decide, CancellationToken cancellationToken, bool delete = false)
    {
        for (var attempt = 0; attempt < 16; attempt++)
        {
            var table = await CurrentAsync(cancellationToken);
            var decided = decide(table);
            if (!decided.Succeeded)
                return decided.Failure;
            var record = decided.Value;
            var change = system.Begin()
                .Require(system, Stamp, table.Revision)
                .Put(system, Stamp, new MountStamp(1, table.Revision), MountJson.Default.MountStamp);
            if (delete)
                change.Delete(records, record.Id);
            else
                change.Put(records, record.Id, record, MountJson.Default.MountRecord);
            var outcome = await change.CommitAsync(cancellationToken);
            if (outcome.Kind == CommitKind.Committed)
                return ToMount(record);
            if (outcome.Kind == CommitKind.Unknown)
                return Failure.Unavailable("store.unknown_outcome", "the store did not confirm the change; read the mounts before you try again");
        }
        return Failure.Unavailable("store.contention", "the mount table is changing too fast; try again");
    }

    private async ValueTask<MountTable> LoadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var before = await system.ReadRecordAsync(Stamp, MountJson.Default.MountStamp, cancellationToken);
            var mounts = new List<Mount>();
            foreach (var id in await records.ScanAsync("", 0, cancellationToken))
            {
                if (await records.ReadRecordAsync(id, MountJson.Default.MountRecord, cancellationToken) is { } stored)
                    mounts.Add(ToMount(stored.Record));
            }
            var after = await system.ReadRecordAsync(Stamp, MountJson.Default.MountStamp, cancellationToken);
            if (before?.Revision == after?.Revision)
                return snapshot = new MountTable(mounts, before?.Revision ?? 0);
        }
    }

    private Mount ToMount(MountRecord record) =>
        record.ToMount(types.TryGet(record.Kind, record.Type, out var type) ? type : MountTypes.Unknown(record.Kind, record.Type));
}
