using System.Text;

namespace Kist.Core.Audit;

/// <summary>
/// Gives the records of each request to all devices. Fails closed: where devices are enabled and none accepts a record, the request must not be answered.
/// Thread-safe.
/// </summary>
public sealed class AuditBroker
{
    private static readonly Failure NotLoaded = Failure.Unavailable("audit.unavailable", "the audit devices are not loaded yet; try again");

    // Null until the devices are known: a node that has just been unsealed must not answer unaudited.
    private AuditSetup? setup;

    /// <summary>For a node's run; <paramref name="node"/> is its name in the records.</summary>
    public AuditBroker(string node, TimeProvider time)
    {
        Origin = new AuditOrigin(node);
        Time = time;
    }

    /// <summary>Raised when a device stops accepting records, and when it accepts them again. A handler must neither block nor throw.</summary>
    public event EventHandler<AuditDeviceEventArgs>? DeviceChanged;

    /// <summary>True when a device is enabled; until the devices are loaded, false.</summary>
    public bool HasDevices => Current is { Devices.Length: > 0 };

    /// <summary>Random name of this run of the node, part of each record.</summary>
    public string Boot => Origin.Boot;

    /// <summary>How each enabled device does.</summary>
    public IReadOnlyList<AuditDeviceStatus> Status =>
        [.. (Current?.Devices ?? []).Select(d => new AuditDeviceStatus(d.Path, d.Writer.LastFailure, d.Writer.Accepted, d.Writer.Failed))];

    internal AuditOrigin Origin { get; }

    internal TimeProvider Time { get; }

    internal AuditSetup? Current => Volatile.Read(ref setup);

    /// <summary>Records a request that changes something. Await it before the change.</summary>
    /// <returns>Success once a device has it; otherwise <c>audit.unavailable</c>.</returns>
    public ValueTask<Outcome<Nothing>> RecordRequestAsync(AuditEvent audited, CancellationToken cancellationToken) =>
        RecordAsync(audited, AuditRecords.Request, cancellationToken);

    /// <summary>Records the answer of a request that was recorded before. Await it before answering.</summary>
    /// <returns>Success once a device has it; otherwise <c>audit.unavailable</c>.</returns>
    public ValueTask<Outcome<Nothing>> RecordResponseAsync(AuditEvent audited, CancellationToken cancellationToken) =>
        RecordAsync(audited, AuditRecords.Response, cancellationToken);

    /// <summary>Records a request that changed nothing, such as a read or a refusal, with its answer: one wait for both. Await it before answering.</summary>
    /// <returns>Success once a device has both; otherwise <c>audit.unavailable</c>.</returns>
    public ValueTask<Outcome<Nothing>> RecordBothAsync(AuditEvent audited, CancellationToken cancellationToken) =>
        RecordAsync(audited, AuditRecords.Both, cancellationToken);

    /// <summary>What the device enabled at <paramref name="path"/> writes in place of a value (<c>sys/audit-hash</c>).</summary>
    public Outcome<string> Hash(string path, string input) => Hash(path, Encoding.UTF8.GetBytes(input));

    /// <summary>The same for the UTF-8 of a text that must not become a string.</summary>
    public Outcome<string> Hash(string path, ReadOnlySpan<byte> input)
    {
        var name = AuditPath.Normalise(path);
        var device = Current?.Devices.FirstOrDefault(d => string.Equals(d.Path, name, StringComparison.Ordinal));
        return device is null
            ? Failure.Invalid("audit.unknown_device", $"no audit device is enabled at \"{name}\"")
            : device.Hash(input);
    }

    /// <summary>Opens all files by their names again (SIGHUP, after a rotation). A device that cannot keeps writing to the old file.</summary>
    /// <returns>All failures, after all were tried.</returns>
    public async Task<Outcome<Nothing>> ReopenAsync(CancellationToken cancellationToken)
    {
        var outcomes = await Task.WhenAll((Current?.Devices ?? []).Select(d => d.Writer.ReopenAsync(cancellationToken)));
        var failures = outcomes.Where(o => !o.Succeeded).Select(o => o.Failure!).ToList();
        return failures.Count == 0 ? Outcome.Done : failures[0] with { Message = string.Join("; ", failures.Select(f => f.Message)) };
    }

    /// <summary>Replaces the devices and headers; null until they are known. The caller disposes devices that are gone.</summary>
    internal void Use(AuditSetup? next) => Volatile.Write(ref setup, next);

    /// <summary>A device of this node.</summary>
    internal AuditDevice Open(string path, AuditDeviceOptions options, AuditSalt salt) =>
        Open(path, options, salt, options.Target switch
        {
            AuditDeviceOptions.StandardOutput => new StandardOutputSink(),
            AuditDeviceOptions.Discard => new DiscardSink(),
            _ => new FileSink(options),
        });

    /// <summary>A device that writes to <paramref name="sink"/>.</summary>
    internal AuditDevice Open(string path, AuditDeviceOptions options, AuditSalt salt, IAuditSink sink)
    {
        var writer = new AuditWriter(sink, Origin, Origin.For(options.Target), Time) { Changed = failure => Report(path, failure) };
        return new AuditDevice(path, options.Target, new AuditFormat(salt, options), writer, Time);
    }

    private ValueTask<Outcome<Nothing>> RecordAsync(AuditEvent audited, AuditRecords records, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        while (true)
        {
            if (Current is not { } current)
                return new(NotLoaded);
            if (current.Devices.Length == 0)
                return new(Outcome.Done);
            var written = current.Devices.Length == 1
                ? current.Devices[0].Record(audited, records, current.Headers)
                : FirstSuccess(current.Devices.Select(d => d.Record(audited, records, current.Headers)).ToList());
            // Devices that were disabled meanwhile do not count: the next round asks those that replaced them.
            if (!ReferenceEquals(written, AuditWriter.Closed) || ReferenceEquals(Current, current))
                return new(written);
        }
    }

    /// <summary>Ends with the first success, so that a stuck device delays nobody, or when all have failed.</summary>
    private static Task<Outcome<Nothing>> FirstSuccess(List<Task<Outcome<Nothing>>> writes)
    {
        return writes.TrueForAll(w => ReferenceEquals(w, AuditWriter.Closed)) ? AuditWriter.Closed : WaitAsync();

        async Task<Outcome<Nothing>> WaitAsync()
        {
            while (true)
            {
                var ended = await Task.WhenAny(writes);
                _ = writes.Remove(ended);
                var outcome = await ended;
                if (outcome.Succeeded || writes.Count == 0)
                    return outcome;
            }
        }
    }

    private void Report(string path, string? failure) => DeviceChanged?.Invoke(this, new AuditDeviceEventArgs(path, failure));
}

/// <summary>The enabled devices and the headers they show, as of one revision of the stored table.</summary>
internal sealed record AuditSetup(AuditDevice[] Devices, AuditedHeader[] Headers);

/// <summary>A device has begun to fail, or works again.</summary>
/// <param name="path">The device.</param>
/// <param name="failure">The cause, or null when it works again.</param>
public sealed class AuditDeviceEventArgs(string path, string? failure) : EventArgs
{
    /// <summary>The device.</summary>
    public string Path { get; } = path;

    /// <summary>The cause, which names the file and the system's error, or null when it works again.</summary>
    public string? Failure { get; } = failure;
}

/// <summary>How a device does since it was opened here.</summary>
/// <param name="Path">The device.</param>
/// <param name="Failure">Why the last write failed or does not return; null while it works.</param>
/// <param name="Accepted">Records written.</param>
/// <param name="Failed">Records that were not written in time.</param>
public sealed record AuditDeviceStatus(string Path, string? Failure, long Accepted, long Failed);
