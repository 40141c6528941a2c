using Kist.Wire.Etcd.Messages;
using Kist.Wire.Grpc;

namespace Kist.Wire.Etcd;

/// <summary>A watch at one member.</summary>
internal sealed class EtcdWatchStream : IDisposable
{
    // What etcd has to tell of long ago, in however many parts, may be more than memory holds.
    private const int EnoughBytes = 4 * 1024 * 1024;

    private const string StatusMark = "rpc error: code = ";
    private const string DetailMark = " desc = ";

    private readonly GrpcDuplexCall<WatchRequest, WatchResponse> call;
    private readonly SemaphoreSlim writing = new(1);
    private readonly List<EtcdEvent> gathered = [];

    private EtcdWatchStream(GrpcDuplexCall<WatchRequest, WatchResponse> call) => this.call = call;

    /// <summary>The store's revision when the watch began.</summary>
    public long Revision { get; private set; }

    /// <summary>Asks for a watch and waits until it stands.</summary>
    public static async Task<EtcdWatchStream> OpenAsync(
        GrpcChannel channel, GrpcCallOptions call, EtcdWatch watch, EtcdOptions options, CancellationToken cancellationToken)
    {
        var stream = new EtcdWatchStream(channel.Open(EtcdMethods.Watch, call, cancellationToken));
        try
        {
            await stream.BeginAsync(watch, cancellationToken).WaitAsync(options.RequestTimeout, options.Time, cancellationToken);
            return stream;
        }
        catch (TimeoutException e)
        {
            stream.Dispose();
            throw new GrpcException(GrpcStatusCode.DeadlineExceeded, "the member did not begin the watch in time", GrpcOrigin.Local, e);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>The next whole revisions, or null when the member ended the stream.</summary>
    /// <exception cref="EtcdException">The member ended the watch for good.</exception>
    public async ValueTask<EtcdWatchBatch?> ReadAsync()
    {
        while (await call.ReadAsync() is { } response)
        {
            ThrowIfEnded(response);
            if (response.Created)
                continue;
            gathered.AddRange(response.Events.Select(Decode));
            // A large batch comes in several parts, each of which may end within a revision.
            var whole = response.Fragment ? WholeRevisions() : gathered.Count;
            if (whole > 0)
                return Take(whole);
            if (!response.Fragment)
                return new EtcdWatchBatch(EtcdWatchKind.Progress, response.Header?.Revision ?? 0, []);
        }
        return null;
    }

    public async ValueTask RequestProgressAsync(CancellationToken cancellationToken)
    {
        await writing.WaitAsync(cancellationToken);
        try
        {
            await call.WriteAsync(new WatchRequest { ProgressRequest = new WatchProgressRequest() }, cancellationToken);
        }
        finally
        {
            writing.Release();
        }
    }

    public void Dispose()
    {
        call.Dispose();
        writing.Dispose();
    }

    /// <summary>How many events there are up to the last revision, of which more may follow; 0 while they are not many bytes.</summary>
    private int WholeRevisions() => gathered.Sum(Size) < EnoughBytes
        ? 0
        : gathered.FindLastIndex(e => e.Entry.ModRevision != gathered[^1].Entry.ModRevision) + 1;

    private EtcdWatchBatch Take(int count)
    {
        var events = gathered.GetRange(0, count);
        gathered.RemoveRange(0, count);
        return new EtcdWatchBatch(EtcdWatchKind.Events, events[^1].Entry.ModRevision, events);
    }

    private static long Size(EtcdEvent e) => (long)e.Entry.Key.Length + e.Entry.Value.Length + (e.Previous?.Value.Length ?? 0);

    private async Task BeginAsync(EtcdWatch watch, CancellationToken cancellationToken)
    {
        var create = new WatchCreateRequest
        {
            Key = EtcdCodec.Lend(watch.Keys.From),
            RangeEnd = EtcdCodec.Lend(watch.Keys.End),
            StartRevision = watch.StartRevision,
            ProgressNotify = true,
            PrevKv = watch.Previous,
            Fragment = true,
        };
        var created = await call.AskAsync(new WatchRequest { CreateRequest = create }, cancellationToken)
            ?? throw new GrpcException(GrpcStatusCode.Unavailable, "the member ended the watch at once", GrpcOrigin.Broken);
        ThrowIfEnded(created);
        Revision = created.Header?.Revision ?? 0;
    }

    private static void ThrowIfEnded(WatchResponse response)
    {
        if (!response.Canceled)
            return;
        if (response.CompactRevision > 0)
        {
            throw new EtcdException(EtcdError.Compacted, $"etcd has compacted the events before revision {response.CompactRevision}")
            {
                CompactRevision = response.CompactRevision,
            };
        }
        throw Ended(response.CancelReason);
    }

    // The reason is the text of an error, mostly one with a status.
    private static GrpcException Ended(string reason)
    {
        var detail = reason.IndexOf(DetailMark, StringComparison.Ordinal);
        if (detail > 0 && reason.StartsWith(StatusMark, StringComparison.Ordinal) && Status(reason[StatusMark.Length..detail]) is { } status)
            return new GrpcException(status, reason[(detail + DetailMark.Length)..]);
        return new GrpcException(GrpcStatusCode.FailedPrecondition, reason.Length > 0 ? reason : "the member ended the watch");
    }

    private static GrpcStatusCode? Status(string name) => name switch
    {
        // As Go writes it.
        "Canceled" => GrpcStatusCode.Cancelled,
        _ => Enum.TryParse<GrpcStatusCode>(name, out var status) && status != GrpcStatusCode.Ok && Enum.IsDefined(status) ? status : null,
    };

    private static EtcdEvent Decode(Event e) => new(
        e.Type == Event.Types.EventType.Delete,
        e.Kv is { } kv ? EtcdCodec.Decode(kv) : new EtcdKeyValue(default, default, 0, 0, 0, 0),
        e.PrevKv is { } previous ? EtcdCodec.Decode(previous) : null);
}
