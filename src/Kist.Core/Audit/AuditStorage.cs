using System.Text.Json;
using System.Text.Json.Serialization;
using Kist.Core.Barrier;

namespace Kist.Core.Audit;

/// <summary>How devices and headers stand in the store: an entry each, and a stamp that every change touches.</summary>
internal sealed class AuditStorage(StorageView view)
{
    /// <summary>Most devices, and most headers.</summary>
    public const int MostEntries = 100;

    private const string Stamp = "stamp";
    private const string Devices = "device/";
    private const string Headers = "header/";

    /// <summary>Revision of the last change; 0 when there was none. Costs one remembered read.</summary>
    public async ValueTask<long> RevisionAsync(CancellationToken cancellationToken) =>
        (await view.ReadRecordAsync(Stamp, AuditJson.Default.AuditStamp, cancellationToken))?.Revision ?? 0;

    /// <summary>Everything, as of one revision. The caller wipes the salts.</summary>
    public async Task<StoredAuditTable> ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var revision = await RevisionAsync(cancellationToken);
            var devices = await view.RangeAsync(Devices, "", MostEntries, cancellationToken);
            var headers = await view.RangeAsync(Headers, "", MostEntries, cancellationToken);
            if (await RevisionAsync(cancellationToken) != revision)
                continue;
            return new StoredAuditTable(
                revision,
                [.. devices.Select(d => (d.Value.Revision, JsonSerializer.Deserialize(d.Value.Value.Span, AuditJson.Default.StoredAuditDevice)!))],
                [.. headers.Select(h => JsonSerializer.Deserialize(h.Value.Value.Span, AuditJson.Default.StoredAuditHeader)!.Header)]);
        }
    }

    /// <summary>A change that holds only while <paramref name="revision"/> is the last.</summary>
    public Transaction Begin(long revision) => view.Begin()
        .Require(view, Stamp, revision)
        .Put(view, Stamp, new AuditStamp(1, revision), AuditJson.Default.AuditStamp);

    /// <summary>Adds a device.</summary>
    public void Put(Transaction change, StoredAuditDevice device) => change.Put(view, DeviceKey(device.Path), device, AuditJson.Default.StoredAuditDevice);

    /// <summary>Adds or changes a header.</summary>
    public void Put(Transaction change, AuditedHeader header) =>
        change.Put(view, Headers + header.Name, new StoredAuditHeader(1, header.Name, header.Hmac), AuditJson.Default.StoredAuditHeader);

    /// <summary>Removes a device.</summary>
    public void DeleteDevice(Transaction change, string path) => change.Delete(view, DeviceKey(path));

    /// <summary>Removes a header.</summary>
    public void DeleteHeader(Transaction change, string name) => change.Delete(view, Headers + name);

    private static string DeviceKey(string path) => Devices + path.TrimEnd('/');
}

/// <summary>Devices, each with the revision that enabled it, and headers, in order of their names.</summary>
internal sealed record StoredAuditTable(long Revision, IReadOnlyList<(long Revision, StoredAuditDevice Device)> Devices, AuditedHeader[] Headers);

/// <summary>A device as stored. Its salt is secret, so it is never remembered parsed.</summary>
internal sealed record StoredAuditDevice
{
    /// <summary>Version of this record's layout; 1.</summary>
    public int Schema { get; init; } = 1;

    public required string Path { get; init; }

    public required string Type { get; init; }

    public string Description { get; init; } = "";

    public IReadOnlyDictionary<string, string> Options { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    public bool Local { get; init; }

    public required byte[] Salt { get; init; }

    public static StoredAuditDevice Of(AuditDeviceInfo info, byte[] salt) => new()
    {
        Path = info.Path,
        Type = info.Type,
        Description = info.Description,
        Options = info.Options,
        Local = info.Local,
        Salt = salt,
    };

    public AuditDeviceInfo ToInfo() => new(Path, Type) { Description = Description, Options = Options, Local = Local };
}

/// <summary>A header as stored.</summary>
internal sealed record StoredAuditHeader(int Schema, string Name, bool Hmac)
{
    [JsonIgnore]
    public AuditedHeader Header => new(Name, Hmac);
}

/// <summary>Its revision tells nodes that what they loaded is old, and serialises changes.</summary>
internal sealed record AuditStamp(int Schema, long Changes);

[JsonSerializable(typeof(StoredAuditDevice))]
[JsonSerializable(typeof(StoredAuditHeader))]
[JsonSerializable(typeof(AuditStamp))]
internal sealed partial class AuditJson : JsonSerializerContext;
