using System.Runtime.CompilerServices;
using Kist.Wire.Grpc;

namespace Kist.Wire.Etcd;

/// <summary>What to watch.</summary>
/// <param name="Keys">Which keys.</param>
/// <param name="StartRevision">The first revision of interest, past or future; 0 for what happens from now on.</param>
public sealed record EtcdWatch(EtcdKeys Keys, long StartRevision)
{
    /// <summary>Events carry what the key held before, as far as that is not compacted.</summary>
    public bool Previous { get; init; }
}

/// <summary>What a batch of a watch is.</summary>
public enum EtcdWatchKind
{
    /// <summary>The watch stands, for the first time or again at another member; it says nothing about what has been delivered.</summary>
    Opened,

    /// <summary>Events of one or several whole revisions.</summary>
    Events,

    /// <summary>Nothing is left to deliver up to the batch's revision.</summary>
    Progress,
}

/// <summary>What a watch delivers at once.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Revision">The last event's revision; without events, the store's.</param>
/// <param name="Events">In order of their revisions.</param>
public sealed record EtcdWatchBatch(EtcdWatchKind Kind, long Revision, IReadOnlyList<EtcdEvent> Events);

/// <summary>A key was written or deleted.</summary>
/// <param name="Deleted">True when deleted: the entry then has the key and the revision alone.</param>
/// <param name="Entry">What the key holds now.</param>
/// <param name="Previous">What it held before, when asked for and known.</param>
public sealed record EtcdEvent(bool Deleted, EtcdKeyValue Entry, EtcdKeyValue? Previous);

/// <summary>
/// A watch of keys. When its member fails, it goes on at another one behind the last event that it delivered, so that nothing is missed and nothing
/// comes twice. A cluster that can take no watch, as during an election, is asked again for half a minute.
/// </summary>
public sealed class EtcdWatcher
{
    // A member that takes watches and drops them at once must not be asked without a pause.
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PatienceWithReopening = TimeSpan.FromSeconds(30);

    private readonly EtcdMembers members;
    private readonly EtcdOptions options;
    private readonly EtcdWatch watch;
    private volatile EtcdWatchStream? current;

    internal EtcdWatcher(EtcdMembers members, EtcdOptions options, EtcdWatch watch)
    {
        this.members = members;
        this.options = options;
        this.watch = watch;
    }

    /// <summary>The batches as they come, until the enumeration is ended; one at a time.</summary>
    /// <exception cref="EtcdException">
    /// <see cref="EtcdError.Compacted"/>: events that were not delivered are gone; read anew, then watch from there. Or no member takes the watch: at
    /// first, or for half a minute.
    /// </exception>
    public async IAsyncEnumerable<EtcdWatchBatch> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // A member may tell its revision after it has begun a watch "from now on": what came between would be missed when the watch is reopened.
        var next = watch.StartRevision > 0 ? watch.StartRevision : await CurrentAsync(cancellationToken) + 1;
        var opened = false;
        while (!cancellationToken.IsCancellationRequested)
        {
            using var stream = opened ? await ReopenAsync(next, cancellationToken) : await OpenAsync(next, cancellationToken);
            opened = true;
            current = stream;
            yield return new EtcdWatchBatch(EtcdWatchKind.Opened, stream.Revision, []);
            while (await NextAsync(stream) is { } batch)
            {
                // Progress does not move the start of a reopened watch: see RequestProgressAsync.
                if (batch.Kind == EtcdWatchKind.Events)
                    next = batch.Revision + 1;
                yield return batch;
            }
            current = null;
        }
        cancellationToken.ThrowIfCancellationRequested();
    }

    /// <summary>
    /// Asks for a <see cref="EtcdWatchKind.Progress"/> batch. False when the watch does not stand at the moment. etcd before 3.4.25 and 3.5.8 may
    /// answer such a request before it has delivered all events (etcd issue 15220): whoever takes progress for freshness must know the version.
    /// </summary>
    public async ValueTask<bool> RequestProgressAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (current is not { } stream)
                return false;
            await stream.RequestProgressAsync(cancellationToken);
            return true;
        }
        catch (Exception e) when (e is GrpcException or ObjectDisposedException)
        {
            // The reader sees the end of the stream and opens another.
            return false;
        }
    }

    private async Task<long> CurrentAsync(CancellationToken cancellationToken)
    {
        // Of the first key, which whoever may watch the keys may read.
        var request = EtcdCodec.Encode(new EtcdRange(EtcdKeys.One(watch.Keys.From)) { CountOnly = true });
        return EtcdCodec.Decode(await members.CallAsync(EtcdMethods.Range, request, EtcdCallKind.Read, cancellationToken)).Revision;
    }

    private Task<EtcdWatchStream> OpenAsync(long next, CancellationToken cancellationToken) => members.AskAsync(
        (channel, call) => EtcdWatchStream.OpenAsync(channel, call, watch with { StartRevision = next }, options, cancellationToken),
        EtcdCallKind.Watch,
        cancellationToken);

    private async Task<EtcdWatchStream> ReopenAsync(long next, CancellationToken cancellationToken)
    {
        var began = options.Time.GetTimestamp();
        var pause = ShortestPause;
        while (true)
        {
            await Task.Delay(pause, options.Time, cancellationToken);
            try
            {
                return await OpenAsync(next, cancellationToken);
            }
            catch (EtcdException e) when (
                e.Error is EtcdError.Unavailable or EtcdError.TimedOut && options.Time.GetElapsedTime(began) < PatienceWithReopening)
            {
                // The members elect a leader, or restart.
                pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
            }
        }
    }

    // Null when the stream has ended and another one may go on.
    private static async ValueTask<EtcdWatchBatch?> NextAsync(EtcdWatchStream stream)
    {
        try
        {
            return await stream.ReadAsync();
        }
        // A member that stops, or loses its leader, may say that it cancelled the watch.
        catch (GrpcException e) when (
            EtcdFaults.MayAskAnother(e, EtcdCallKind.Watch) || e is { Origin: GrpcOrigin.Server, Status: GrpcStatusCode.Cancelled })
        {
            return null;
        }
        catch (GrpcException e)
        {
            throw EtcdFaults.Explain(e, EtcdCallKind.Watch);
        }
    }
}
