using Kist.Wire.Etcd.Messages;
using Kist.Wire.Grpc;

namespace Kist.Wire.Etcd;

/// <summary>A watch at one member.</summary>
internal sealed class EtcdWatchStream : IDisposable
{
    private readonly GrpcDuplexCall<WatchRequest, WatchResponse> call;
    private readonly SemaphoreSlim writing = new(1);

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

    /// <summary>The next whole batch, or null when the member ended the stream.</summary>
    /// <exception cref="EtcdException">The member ended the watch for good.</exception>
    public async ValueTask<EtcdWatchBatch?> ReadAsync()
    {
        List<EtcdEvent> events = [];
        while (await call.ReadAsync() is { } response)
        {
            ThrowIfEnded(response);
            if (response.Created)
                continue;
            events.AddRange(response.Events.Select(Decode));
            // A large batch comes in several parts.
            if (response.Fragment)
                continue;
            return events.Count > 0
                ? new EtcdWatchBatch(EtcdWatchKind.Events, events[^1].Entry.ModRevision, events)
                : new EtcdWatchBatch(EtcdWatchKind.Progress, response.Header?.Revision ?? 0, []);
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
        var reason = response.CancelReason;
        throw new GrpcException(Status(reason), reason.Length > 0 ? reason : "the member ended the watch");
    }

    // The reason is the text of an error, of which the status is a part.
    private static GrpcStatusCode Status(string reason)
    {
        GrpcStatusCode[] named = [GrpcStatusCode.PermissionDenied, GrpcStatusCode.Unauthenticated, GrpcStatusCode.Unavailable];
        return Array.Find(named, status => reason.Contains(status.ToString(), StringComparison.Ordinal)) is var status and not GrpcStatusCode.Ok
            ? status
            : GrpcStatusCode.FailedPrecondition;
    }

    private static EtcdEvent Decode(Event e) => new(
        e.Type == Event.Types.EventType.Delete,
        e.Kv is { } kv ? EtcdCodec.Decode(kv) : new EtcdKeyValue(default, default, 0, 0, 0, 0),
        e.PrevKv is { } previous ? EtcdCodec.Decode(previous) : null);
}
