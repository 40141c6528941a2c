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
/// comes twice.
/// </summary>
public sealed class EtcdWatcher
{
    // A member that takes watches and drops them at once must not be asked without a pause.
    private static readonly TimeSpan PauseBeforeReopening = TimeSpan.FromMilliseconds(100);

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
    /// <see cref="EtcdError.Compacted"/>: events that were not delivered are gone; read anew, then watch from there. Or no member takes the watch.
    /// </exception>
    public async IAsyncEnumerable<EtcdWatchBatch> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var next = watch.StartRevision;
        while (!cancellationToken.IsCancellationRequested)
        {
            using var stream = await members.AskAsync(
                (channel, call) => EtcdWatchStream.OpenAsync(channel, call, watch with { StartRevision = next }, options, cancellationToken),
                EtcdCallKind.Watch,
                cancellationToken);
            if (next == 0)
                next = stream.Revision + 1;
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
            await Task.Delay(PauseBeforeReopening, options.Time, cancellationToken);
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

    // Null when the stream has ended and another one may go on.
    private static async ValueTask<EtcdWatchBatch?> NextAsync(EtcdWatchStream stream)
    {
        try
        {
            return await stream.ReadAsync();
        }
        catch (GrpcException e) when (EtcdFaults.MayAskAnother(e, EtcdCallKind.Read))
        {
            return null;
        }
        catch (GrpcException e)
        {
            throw EtcdFaults.Explain(e, EtcdCallKind.Read);
        }
    }
}
