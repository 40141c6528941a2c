namespace Kist.Core.Audit;

/// <summary>
/// Writes a device's lines in bursts: whatever arrives while one write runs goes out with the next, and nothing waits for company. The writes run on the thread
/// pool, one at a time, started by the first record of a burst. A write that takes longer than <see cref="Patience"/> releases everybody who waits, and records
/// are refused until it returns. Thread-safe.
/// </summary>
internal sealed class AuditWriter : IThreadPoolWorkItem, IAsyncDisposable
{
    /// <summary>How long a write may take.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>The answer of a writer that was disposed; its caller has an old list of devices.</summary>
    public static readonly Task<Outcome<Nothing>> Closed = Task.FromResult<Outcome<Nothing>>(Unavailable("the audit device was disabled; try again"));

    // For callers of any kind: the cause, which names files of the server, goes to the log.
    private static readonly Failure NotWritten = Unavailable("no audit device accepts the record; see the server's log");
    private static readonly Task<Outcome<Nothing>> Refused = Task.FromResult<Outcome<Nothing>>(NotWritten);

    private const int MostPending = 64 * 1024 * 1024;

    private static readonly TimeSpan CheckInterval = TimeSpan.FromMilliseconds(250);

    private readonly Lock gate = new();
    private readonly IAuditSink sink;
    private readonly AuditOrigin origin;
    private readonly AuditSequence sequence;
    private readonly TimeProvider time;
    private readonly ITimer watchdog;
    private readonly TaskCompletionSource drained = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private AuditBurst pending = new();
    private AuditBurst? spare = new();
    private AuditBurst? active;
    private long activeSince;
    private TaskCompletionSource<string?>? reopening;
    private bool running;
    private bool stuck;
    private bool closed;
    private long accepted;
    private long failed;

    /// <summary>Takes ownership of the sink.</summary>
    public AuditWriter(IAuditSink sink, AuditOrigin origin, AuditSequence sequence, TimeProvider time)
    {
        this.sink = sink;
        this.origin = origin;
        this.sequence = sequence;
        this.time = time;
        watchdog = time.CreateTimer(static writer => ((AuditWriter)writer!).ReleaseStuck(), this, CheckInterval, CheckInterval);
    }

    /// <summary>Called with the cause when the first record fails after a success, and with null when one succeeds after that. Must not block or throw.</summary>
    public Action<string?>? Changed { get; init; }

    /// <summary>Records written.</summary>
    public long Accepted => Volatile.Read(ref accepted);

    /// <summary>Records that were not written in time.</summary>
    public long Failed => Volatile.Read(ref failed);

    /// <summary>Why the last write failed or does not return; null while the device works.</summary>
    public string? LastFailure { get; private set; }

    /// <summary>Adds records; the task ends when they are written or the device has failed.</summary>
    public Task<Outcome<Nothing>> Append(RecordBuffer records)
    {
        Task<Outcome<Nothing>> written;
        lock (gate)
        {
            if (closed)
                return Closed;
            if (stuck || pending.Length + records.Length > MostPending)
            {
                failed += records.Records;
                return Refused;
            }
            pending.Add(records, origin, sequence);
            written = pending.Completion.Task;
            if (running)
                return written;
            running = true;
        }
        Start();
        return written;
    }

    /// <summary>Opens the target anew, before anything else is written.</summary>
    public async Task<Outcome<Nothing>> ReopenAsync(CancellationToken cancellationToken)
    {
        TaskCompletionSource<string?> asked;
        bool start;
        lock (gate)
        {
            if (closed)
                return Outcome.Done;
            asked = reopening ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
            start = !running;
            running = true;
        }
        if (start)
            Start();
        try
        {
            return await asked.Task.WaitAsync(Patience, time, cancellationToken) is { } failure ? Unavailable(failure) : Outcome.Done;
        }
        catch (TimeoutException)
        {
            return Unavailable("the audit device does not answer; it is opened anew when it does");
        }
    }

    /// <summary>Refuses further records, writes what was added and closes the sink; a stuck write is left to do so when it returns.</summary>
    public async ValueTask DisposeAsync()
    {
        bool start;
        lock (gate)
        {
            closed = true;
            start = !running;
            running = true;
        }
        if (start)
            Start();
        try
        {
            await drained.Task.WaitAsync(Patience, time);
        }
        catch (TimeoutException)
        {
            // Nobody waits for a stuck device.
        }
    }

    /// <summary>Does what is asked by now, then gives the thread back.</summary>
    void IThreadPoolWorkItem.Execute()
    {
        var burst = Take(out var asked);
        _ = asked?.TrySetResult(Attempt(static writer => writer.sink.Reopen()));
        Finish(burst, burst.Records == 0 ? null : Attempt(static writer => writer.sink.Write(writer.active!.Lines)));
        if (!Rest())
            Start();
    }

    /// <summary>
    /// Behind the work that the pool already has: alone that is at once, and under load what is queued adds its records first. Measured with 1, 32 and 128
    /// connections against this thread's own queue, a thread of the writer's own and writing within the request: never slower, and by far the fewest writes.
    /// </summary>
    private void Start() => ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);

    /// <summary>All that waits; from now on the watchdog counts.</summary>
    private AuditBurst Take(out TaskCompletionSource<string?>? asked)
    {
        lock (gate)
        {
            asked = reopening;
            reopening = null;
            active = pending;
            activeSince = time.GetTimestamp();
            pending = spare ?? new AuditBurst();
            spare = null;
            return active;
        }
    }

    /// <summary>The failure, or null. Nothing the sink throws may end the writer: it would take all later records with it.</summary>
    private string? Attempt(Action<AuditWriter> action)
    {
        try
        {
            action(this);
            return null;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return e.Message;
        }
    }

    private void Finish(AuditBurst burst, string? failure)
    {
        bool changed;
        lock (gate)
        {
            changed = burst.Records > 0 && Note(failure);
            // What was given up is counted already.
            if (failure is null)
                accepted += burst.Records;
            else if (!stuck)
                failed += burst.Records;
            stuck = false;
            active = null;
        }
        if (changed)
            Changed?.Invoke(failure);
        _ = burst.Completion.TrySetResult(failure is null ? Outcome.Done : NotWritten);
        burst.Reset();
        spare = burst;
    }

    /// <summary>True when there is nothing left to do.</summary>
    private bool Rest()
    {
        lock (gate)
        {
            if (pending.Records > 0 || reopening is not null)
                return false;
            // Once closed, nobody may start the writer again.
            running = closed;
            if (!closed)
                return true;
        }
        sink.Dispose();
        watchdog.Dispose();
        _ = drained.TrySetResult();
        return true;
    }

    private void ReleaseStuck()
    {
        const string Failure = "a write does not return";
        TaskCompletionSource<Outcome<Nothing>> late;
        TaskCompletionSource<Outcome<Nothing>> waiting;
        bool changed;
        lock (gate)
        {
            if (active is null || stuck || time.GetElapsedTime(activeSince) < Patience)
                return;
            stuck = true;
            changed = Note(Failure);
            failed += active.Records + pending.Records;
            late = active.Completion;
            waiting = pending.Completion;
            pending = new AuditBurst();
        }
        if (changed)
            Changed?.Invoke(Failure);
        _ = late.TrySetResult(NotWritten);
        _ = waiting.TrySetResult(NotWritten);
    }

    /// <summary>Keeps the failure; true when the device has begun to fail or to work.</summary>
    private bool Note(string? failure)
    {
        var changed = LastFailure is null != failure is null;
        LastFailure = failure;
        return changed;
    }

    private static Failure Unavailable(string message) => Failure.Unavailable("audit.unavailable", message);
}
