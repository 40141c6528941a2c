using System.Net;
using System.Security.Cryptography;

namespace Kist.Client.Run.Watching;

/// <summary>
/// Looks from time to time: at the metadata of a versioned secret, or, where the policy does not let it or there is none, at the secret itself. What
/// cannot be looked at just now has not changed.
/// </summary>
public sealed class PollingWatch(Func<KistClient> client, TimeSpan interval, TimeProvider time) : IChangeWatch
{
    /// <inheritdoc/>
    public async Task<string> WaitAsync(IReadOnlyList<ReadVersion> read, CancellationToken cancellation)
    {
        while (true)
        {
            // Spread, so that the programs of one deployment do not ask all at once.
            await Task.Delay(interval * (1 + RandomNumberGenerator.GetInt32(0, 100) / 1000.0), time, cancellation);
            foreach (var one in read.Where(static r => !r.IsLeased))
            {
                if (await HasChangedAsync(one, cancellation))
                    return one.Id.Path;
            }
        }
    }

    private async Task<bool> HasChangedAsync(ReadVersion read, CancellationToken cancellation)
    {
        try
        {
            if (read.Version is { } version && MetadataPath(read.Id.Path) is { } path)
            {
                var metadata = await client().SendAsync(ApiRequest.Read(path), cancellation);
                if (metadata.Succeeded)
                    return metadata.Data?.Number("current_version") is { } current && current != version && read.Id.Query.Count == 0;
            }
            var again = await client().SendAsync(ApiRequest.Read(read.Id.Path, read.Id.Query), cancellation);
            // A proxy's page, such as one that announces maintenance, is no answer.
            return again.Succeeded
                ? again.Json is not null && ReadVersions.Fingerprint(again) != read.Fingerprint
                : again.Status == HttpStatusCode.NotFound && !again.IsNothing;
        }
        catch (Exception e) when (e is ConnectionException or ApiException)
        {
            return false;
        }
    }

    private static string? MetadataPath(string path)
    {
        const string Data = "/data/";
        var at = path.IndexOf(Data, StringComparison.Ordinal);
        return at < 0 ? null : $"{path[..at]}/metadata/{path[(at + Data.Length)..]}";
    }
}
