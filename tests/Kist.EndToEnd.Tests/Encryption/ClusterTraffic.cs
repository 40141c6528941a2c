using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Kist.Harness.Kubernetes;

namespace Kist.EndToEnd.Tests.Encryption;

/// <summary>
/// Somebody who makes Secrets and reads them back, without a pause, by whichever API server is ready. What a server that is being restarted does
/// not answer is asked of another one, as a load balancer would; every other answer that is not the right one is a fault.
/// </summary>
internal sealed class ClusterTraffic : IAsyncDisposable
{
    private readonly KubeCluster cluster;
    private readonly string ns;
    private readonly CancellationTokenSource stop = new();
    private readonly ConcurrentDictionary<string, string> written = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> faults = [];
    private readonly Task[] work;
    private int reads;

    public ClusterTraffic(KubeCluster cluster, string ns, IEnumerable<KeyValuePair<string, string>> present)
    {
        this.cluster = cluster;
        this.ns = ns;
        foreach (var (name, value) in present)
            written[name] = value;
        work = [.. new Func<Task>[] { WriteAsync, ReadAsync, ListAsync }.Select(each => Task.Run(each, CancellationToken.None))];
    }

    /// <summary>What was written and confirmed.</summary>
    public IReadOnlyDictionary<string, string> Written => written;

    /// <summary>What went wrong.</summary>
    public IReadOnlyCollection<string> Faults => faults;

    /// <summary>How many answers were right.</summary>
    public int Reads => reads;

    /// <summary>Ends it.</summary>
    public async Task StopAsync()
    {
        await stop.CancelAsync();
        await Task.WhenAll(work);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        stop.Dispose();
    }

    private async Task WriteAsync()
    {
        var made = 0;
        while (!stop.IsCancellationRequested)
        {
            var name = $"written-{(made++).ToString(CultureInfo.InvariantCulture)}";
            var body = new { apiVersion = "v1", kind = "Secret", metadata = new { name }, stringData = new { value = $"value of {name}" } };
            var answer = await AskAsync(http => http.PostAsync($"api/v1/namespaces/{ns}/secrets", body));
            // There already: it was made by the try before, whose answer was lost.
            if (answer.Status is HttpStatusCode.Created or HttpStatusCode.Conflict)
                written[name] = $"value of {name}";
            else
                faults.Enqueue($"{answer.Call}: {(int)answer.Status} {answer.Text}");
            await Task.Delay(20, CancellationToken.None);
        }
    }

    private async Task ReadAsync()
    {
        while (!stop.IsCancellationRequested)
        {
            var (name, value) = written.ElementAt(RandomNumberGenerator.GetInt32(written.Count));
            var answer = await AskAsync(http => http.GetAsync($"api/v1/namespaces/{ns}/secrets/{name}"));
            var right = answer.Status == HttpStatusCode.OK
                && Encoding.UTF8.GetString(answer.Json.GetProperty("data").GetProperty("value").GetBytesFromBase64()) == value;
            Judge(right, answer);
            await Task.Delay(5, CancellationToken.None);
        }
    }

    // One object that cannot be decrypted fails the list of all. Straight from etcd, not from the server's memory.
    private async Task ListAsync()
    {
        while (!stop.IsCancellationRequested)
        {
            var least = written.Count;
            var answer = await AskAsync(http => http.GetAsync($"api/v1/namespaces/{ns}/secrets"));
            Judge(answer.Status == HttpStatusCode.OK && answer.Json.GetProperty("items").GetArrayLength() >= least, answer);
            await Task.Delay(100, CancellationToken.None);
        }
    }

    private void Judge(bool right, KubeAnswer answer)
    {
        if (right)
            Interlocked.Increment(ref reads);
        else
            faults.Enqueue($"{answer.Call}: {(int)answer.Status} {answer.Text}");
    }

    private async Task<KubeAnswer> AskAsync(Func<KubeHttp, Task<KubeAnswer>> ask)
    {
        var turn = RandomNumberGenerator.GetInt32(100);
        while (true)
        {
            var server = cluster.ApiServers[turn++ % cluster.ApiServers.Count];
            var generation = server.Generation;
            if (!server.IsReady)
            {
                await Task.Delay(10, CancellationToken.None);
                continue;
            }
            try
            {
                return await ask(server.Http);
            }
            catch (Exception e) when (e is HttpRequestException or IOException or TaskCanceledException)
            {
                if (server.IsReady && server.Generation == generation)
                    faults.Enqueue($"{server.Address} is ready and does not answer: {e.Message}");
            }
        }
    }
}
