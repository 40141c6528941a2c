namespace Kist.Client.Run.Providers;

/// <summary>
/// Values from one of Summon's providers: all by one stream if the provider can do that, else by one call an id. A stream that breaks off is no loss:
/// everything is then asked for by calls.
/// </summary>
/// <param name="path">The executable.</param>
/// <param name="patience">How long a stream of answers, and a call, may take.</param>
/// <param name="time">The clock.</param>
public sealed class ProviderSource(string path, TimeSpan patience, TimeProvider time) : ISecretSource
{
    private const int MostAtOnce = 64;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<SecretAnswer>> FetchAsync(IReadOnlyList<string> ids, CancellationToken cancellation)
    {
        if (ids.Count == 0)
            return [];
        if (ids.Any(static id => id.Contains('\0', StringComparison.Ordinal)))
            throw RunException.Usage("an id holds a NUL character, which no provider can be told");
        if (await ProviderStream.TryFetchAsync(path, ids, patience, time, cancellation) is { } streamed)
            return [.. streamed.Select(SecretAnswer.Of)];
        using var places = new SemaphoreSlim(MostAtOnce);
        return await Task.WhenAll(ids.Select(async id =>
        {
            await places.WaitAsync(cancellation);
            try
            {
                return await ProviderCall.FetchAsync(path, id, patience, time, cancellation);
            }
            finally
            {
                places.Release();
            }
        }));
    }
}
