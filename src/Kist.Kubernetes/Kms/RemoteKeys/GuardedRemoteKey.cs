using Kist.Core;
using Kist.Crypto;

namespace Kist.Kubernetes.Kms.RemoteKeys;

/// <summary>A remote key whose answers have their time, whose broken connections are outages, and whose calls are counted.</summary>
internal sealed class GuardedRemoteKey(IRemoteKey inner, TimeSpan timeout, TimeProvider time, KmsMetrics metrics) : IRemoteKey
{
    /// <inheritdoc/>
    public string Name => inner.Name;

    /// <inheritdoc/>
    public ValueTask<Outcome<string>> VersionAsync(CancellationToken cancellationToken) =>
        CallAsync(RemoteOperation.Version, inner.VersionAsync, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<Outcome<WrappedKey>> WrapAsync(SecretBytes key, CancellationToken cancellationToken) =>
        CallAsync(RemoteOperation.Wrap, token => inner.WrapAsync(key, token), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<Outcome<SecretBytes>> UnwrapAsync(WrappedKey wrapped, CancellationToken cancellationToken) =>
        CallAsync(RemoteOperation.Unwrap, token => inner.UnwrapAsync(wrapped, token), cancellationToken);

    /// <inheritdoc/>
    public Outcome<Nothing> Reload() => inner.Reload();

    /// <inheritdoc/>
    public void Dispose() => inner.Dispose();

    private async ValueTask<Outcome<T>> CallAsync<T>(
        RemoteOperation operation, Func<CancellationToken, ValueTask<Outcome<T>>> call, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        var outcome = await BoundedAsync(call, cancellationToken);
        metrics.CountRemote(operation, outcome.Failure, time.GetElapsedTime(began));
        return outcome;
    }

    private async ValueTask<Outcome<T>> BoundedAsync<T>(Func<CancellationToken, ValueTask<Outcome<T>>> call, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return await call(either.Token);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return RemoteFailures.Out($"{inner.Name} gave no answer within {timeout.TotalSeconds:0.###} seconds");
        }
        catch (OperationCanceledException e) when (e.InnerException is TimeoutException && !cancellationToken.IsCancellationRequested)
        {
            // The time for a connection is over before the call's: nobody at the address says anything at all.
            return RemoteFailures.Out($"{inner.Name} cannot be reached: no connection within its time");
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return RemoteFailures.Out($"{inner.Name} cannot be reached: {(e.InnerException ?? e).Message}");
        }
    }
}
