using System.Security.Cryptography;
using Kist.Core.Barrier;
using Kist.Core.Namespaces;
using Kist.Core.Storage;

namespace Kist.Core.Audit;

/// <summary>
/// Changes the audit devices and headers in the store, and keeps this node's broker at what stands there. Every change is one transaction that also touches a
/// stamp; a request compares the stamp with what is loaded, so a node obeys the others' changes without being told. Thread-safe.
/// </summary>
public sealed class AuditService : IAsyncDisposable
{
    private const int MostAttempts = 16;

    // Of the description and the options together, in characters.
    private const int MostText = 16 * 1024;

    private readonly AuditBroker broker;
    private readonly AuditStorage storage;
    private readonly SemaphoreSlim changing = new(1);
    private readonly Lock publishing = new();
    private LoadedDevices? loaded;
    private int seals;

    /// <summary>Over an initialised barrier; <paramref name="broker"/> gets the devices.</summary>
    public AuditService(BarrierStore barrier, AuditBroker broker)
    {
        this.broker = broker;
        storage = new AuditStorage(barrier.System(NamespaceId.Root).Folder("audit/"));
    }

    /// <summary>
    /// Loads the devices when the store's are not this node's. Costs one remembered read when they are, so every request may call it. An unsealed node accepts
    /// no record before the first call.
    /// </summary>
    public async ValueTask FollowAsync(CancellationToken cancellationToken)
    {
        var revision = await storage.RevisionAsync(cancellationToken);
        if (Volatile.Read(ref loaded)?.Revision != revision)
            await AloneAsync(() => LoadAsync(null, cancellationToken), cancellationToken);
    }

    /// <summary>Writes what <see cref="FollowAsync"/> reads at each request, where it is missing: only what is there is answered from the cache.</summary>
    public async ValueTask SetUpAsync(CancellationToken cancellationToken)
    {
        // A conflict means that another node was first.
        if (await storage.RevisionAsync(cancellationToken) == 0)
            _ = await storage.Begin(0).CommitAsync(cancellationToken);
    }

    /// <summary>
    /// Wipes all salts and closes the devices once their last records are written: at seal, everything read from the barrier goes. Until the next load no record
    /// is accepted.
    /// </summary>
    public void Clear() => _ = CloseAsync();

    /// <summary>As <see cref="Clear"/>, and waits: at shutdown.</summary>
    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        changing.Dispose();
    }

    /// <summary>The enabled devices, by path.</summary>
    public async ValueTask<IReadOnlyList<AuditDeviceInfo>> ListAsync(CancellationToken cancellationToken) =>
        [.. (await AloneAsync(() => LoadAsync(null, cancellationToken), cancellationToken)).Devices.Select(d => d.Info)];

    /// <summary>The audited headers, by name.</summary>
    public async ValueTask<IReadOnlyList<AuditedHeader>> ListHeadersAsync(CancellationToken cancellationToken) =>
        (await AloneAsync(() => LoadAsync(null, cancellationToken), cancellationToken)).Headers;

    /// <summary>Enables a device after it has proved by a test record that it works here.</summary>
    public async ValueTask<Outcome<Nothing>> EnableAsync(AuditDeviceInfo device, CancellationToken cancellationToken)
    {
        var info = device with { Path = AuditPath.Normalise(device.Path) };
        if (AuditPath.Check(info.Path) is { } badPath)
            return badPath;
        if (info.Description.Length + info.Options.Sum(o => o.Key.Length + o.Value.Length) > MostText)
            return new Failure(FailureKind.TooLarge, "audit.too_large", $"an audit device's description and options have at most {MostText} characters");
        var options = AuditDeviceOptions.Parse(info.Type, info.Options);
        if (!options.Succeeded)
            return options.Failure;
        return await AloneAsync(() => EnableAsync(info, options.Value, cancellationToken), cancellationToken);
    }

    /// <summary>Disables a device, once its last records are written. An unknown one is no error.</summary>
    public async ValueTask<Outcome<Nothing>> DisableAsync(string path, CancellationToken cancellationToken)
    {
        var name = AuditPath.Normalise(path);
        return AuditPath.Check(name) ?? await ChangeAsync(static _ => null, change => storage.DeleteDevice(change, name), cancellationToken);
    }

    /// <summary>Shows a request header in the records, or changes how.</summary>
    public async ValueTask<Outcome<Nothing>> PutHeaderAsync(string name, bool hmac, CancellationToken cancellationToken)
    {
        var lower = AuditedHeader.Normalise(name);
        if (!lower.Succeeded)
            return lower.Failure;
        var header = new AuditedHeader(lower.Value, hmac);
        if (header is { IsCredential: true, Hmac: false })
            return Failure.Invalid("audit.credential_header", $"header \"{header.Name}\" carries tokens: it can only be audited with hmac=true");
        return await ChangeAsync(
            current => current.Headers.Length < AuditStorage.MostEntries ? null : TooMany("headers"),
            change => storage.Put(change, header),
            cancellationToken);
    }

    /// <summary>Shows a request header no more. An unknown one is no error.</summary>
    public async ValueTask<Outcome<Nothing>> DeleteHeaderAsync(string name, CancellationToken cancellationToken)
    {
        var lower = AuditedHeader.Normalise(name);
        return lower.Failure ?? await ChangeAsync(static _ => null, change => storage.DeleteHeader(change, lower.Value), cancellationToken);
    }

    private static Failure TooMany(string what) => Failure.Invalid("audit.too_many", $"at most {AuditStorage.MostEntries} audit {what} are possible");

    private static Failure? Refusal(LoadedDevices current, AuditDeviceInfo info, AuditDeviceOptions options)
    {
        if (current.Devices.Count >= AuditStorage.MostEntries)
            return TooMany("devices");
        if (current.Devices.Any(d => d.Info.Path == info.Path))
            return Failure.Invalid("audit.path_in_use", $"an audit device is already enabled at \"{info.Path}\"");
        // Two writers would cut each other's lines, and count in one sequence at once.
        if (options.Target == AuditDeviceOptions.Discard || current.Devices.FirstOrDefault(d => d.Device.Target == options.Target) is not { } other)
            return null;
        return options.IsFile
            ? Failure.Invalid("audit.file_in_use", $"the audit device at \"{other.Info.Path}\" writes to this file already")
            : Failure.Invalid("audit.output_in_use", $"the audit device at \"{other.Info.Path}\" writes to the standard output already");
    }

    private async Task<Outcome<Nothing>> EnableAsync(AuditDeviceInfo info, AuditDeviceOptions options, CancellationToken cancellationToken)
    {
        if (Refusal(await LoadAsync(null, cancellationToken), info, options) is { } refusal)
            return refusal;
        var salt = RandomNumberGenerator.GetBytes(AuditSalt.KeyBytes);
        var device = broker.Open(info.Path, options, new AuditSalt(salt));
        try
        {
            var works = await device.TestAsync();
            if (!works.Succeeded)
                return works;
            return await CommitAsync(
                current => Refusal(current, info, options),
                change => storage.Put(change, StoredAuditDevice.Of(info, salt)),
                revision => new LoadedDevice(revision, info, device),
                cancellationToken);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(salt);
            if (Volatile.Read(ref loaded) is not { } current || current.Devices.All(d => d.Device != device))
                await device.DisposeAsync();
        }
    }

    private async ValueTask<Outcome<Nothing>> ChangeAsync(
        Func<LoadedDevices, Failure?> refuse, Action<Transaction> change, CancellationToken cancellationToken) =>
        await AloneAsync(() => CommitAsync(refuse, change, null, cancellationToken), cancellationToken);

    private async Task<Outcome<Nothing>> CommitAsync(
        Func<LoadedDevices, Failure?> refuse, Action<Transaction> change, Func<long, LoadedDevice>? enabled, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < MostAttempts; attempt++)
        {
            var current = await LoadAsync(null, cancellationToken);
            if (refuse(current) is { } refusal)
                return refusal;
            var transaction = storage.Begin(current.Revision);
            change(transaction);
            var outcome = await transaction.CommitAsync(cancellationToken);
            if (outcome.Kind == CommitKind.Unknown)
                return Failure.Unavailable("store.unknown_outcome", "the store did not confirm the change; list the audit devices before you try again");
            if (outcome.Kind == CommitKind.Conflict)
                continue;
            await LoadAsync(enabled?.Invoke(outcome.Revision), cancellationToken);
            return Outcome.Done;
        }
        return Failure.Unavailable("store.contention", "the audit devices are changing too fast; try again");
    }

    /// <summary>Brings the broker to what the store has. <paramref name="enabled"/> is open already.</summary>
    private async Task<LoadedDevices> LoadAsync(LoadedDevice? enabled, CancellationToken cancellationToken)
    {
        var span = Volatile.Read(ref seals);
        var before = Volatile.Read(ref loaded);
        if (before is not null && before.Revision == await storage.RevisionAsync(cancellationToken))
            return before;
        var table = await storage.ReadAsync(cancellationToken);
        var open = (before?.Devices ?? []).Concat(enabled is null ? [] : [enabled]).ToDictionary(d => d.Revision);
        var devices = table.Devices.Select(d => open.GetValueOrDefault(d.Revision) ?? Open(d.Revision, d.Device)).ToList();
        foreach (var (_, device) in table.Devices)
            CryptographicOperations.ZeroMemory(device.Salt);
        var next = new LoadedDevices(table.Revision, devices, table.Headers);
        var published = Publish(span, next);
        foreach (var unused in open.Values.Concat(devices).Except(published ? devices : []))
            await unused.Device.DisposeAsync();
        return published ? next : throw new BarrierSealedException();
    }

    private Task CloseAsync()
    {
        LoadedDevices? gone;
        lock (publishing)
        {
            seals++;
            gone = loaded;
            loaded = null;
            broker.Use(null);
        }
        return Task.WhenAll((gone?.Devices ?? []).Select(d => d.Device.DisposeAsync().AsTask()));
    }

    /// <summary>False when the barrier was sealed since <paramref name="span"/> began.</summary>
    private bool Publish(int span, LoadedDevices next)
    {
        lock (publishing)
        {
            if (span != seals)
                return false;
            Volatile.Write(ref loaded, next);
            broker.Use(new AuditSetup([.. next.Devices.Select(d => d.Device)], next.Headers));
            return true;
        }
    }

    private LoadedDevice Open(long revision, StoredAuditDevice stored)
    {
        var options = AuditDeviceOptions.Parse(stored.Type, stored.Options);
        // Left out, it would let requests pass unrecorded.
        if (!options.Succeeded)
            throw new InvalidOperationException($"audit device \"{stored.Path}\" in the store: {options.Failure.Message}");
        return new LoadedDevice(revision, stored.ToInfo(), broker.Open(stored.Path, options.Value, new AuditSalt(stored.Salt)));
    }

    private async Task<T> AloneAsync<T>(Func<Task<T>> action, CancellationToken cancellationToken)
    {
        await changing.WaitAsync(cancellationToken);
        try
        {
            return await action();
        }
        finally
        {
            _ = changing.Release();
        }
    }

    /// <summary>What this node has open.</summary>
    private sealed record LoadedDevices(long Revision, IReadOnlyList<LoadedDevice> Devices, AuditedHeader[] Headers);

    /// <summary>An open device and the revision that enabled it.</summary>
    private sealed record LoadedDevice(long Revision, AuditDeviceInfo Info, AuditDevice Device);
}
