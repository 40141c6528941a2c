using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace Kist.Core.Storage;

/// <summary>
/// Leadership for stores that live in one process: waiting is done here, the fence is an entry of the store. Whoever wins writes the entry anew, so that the
/// fence of every former holder fails, also of one from before a restart.
/// </summary>
public sealed class LocalElections(IStore store) : IDisposable
{
    private readonly ConcurrentDictionary<string, SemaphoreSlim> seats = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource closed = new();

    /// <summary>The entry that fences the leadership <paramref name="name"/>. No other key of a store begins with 0xFF.</summary>
    /// <exception cref="ArgumentException">The name has other characters than ASCII letters, digits and dashes, or none.</exception>
    public static StoreKey KeyOf(string name) =>
        name.Length > 0 && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '-')
            ? new StoreKey([0xFF, .. "leader/"u8, .. Encoding.ASCII.GetBytes(name)])
            : throw new ArgumentException("the name of a leadership has ASCII letters, digits and dashes only", nameof(name));

    /// <summary>See <see cref="IStore.CampaignAsync"/>.</summary>
    public async ValueTask<Leadership> CampaignAsync(string name, CancellationToken cancellationToken)
    {
        var key = KeyOf(name);
        var seat = seats.GetOrAdd(name, static _ => new SemaphoreSlim(1, 1));
        await seat.WaitAsync(cancellationToken);
        try
        {
            var outcome = await store.CommitAsync(new([], [new(key, RandomNumberGenerator.GetBytes(16))]), cancellationToken);
            if (!outcome.Succeeded)
                throw new StoreUnavailableException($"the leadership {name} was not recorded");
            return new LocalLeadership(store, seat, new(key, outcome.Revision), CancellationTokenSource.CreateLinkedTokenSource(closed.Token));
        }
        catch
        {
            _ = seat.Release();
            throw;
        }
    }

    /// <summary>Tells all holders that their leadership is lost: the store is closing.</summary>
    public void Dispose()
    {
        closed.Cancel();
        closed.Dispose();
    }

    private sealed class LocalLeadership(IStore store, SemaphoreSlim seat, Precondition fence, CancellationTokenSource lost) : Leadership
    {
        private int given;

        public override Precondition Fence => fence;

        public override CancellationToken Lost { get; } = lost.Token;

        public override async ValueTask DisposeAsync()
        {
            if (Interlocked.Exchange(ref given, 1) == 1)
                return;
            await lost.CancelAsync();
            try
            {
                _ = await store.CommitAsync(new([fence], [new(fence.Key, null)]), CancellationToken.None);
            }
            catch (StoreUnavailableException)
            {
                // The next holder writes the entry anew.
            }
            finally
            {
                lost.Dispose();
                _ = seat.Release();
            }
        }
    }
}
