using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Kist.Wire.Kubernetes.Transport;

namespace Kist.Wire.Kubernetes;

/// <summary>Reads changes over one connection after the other.</summary>
internal static class KubeWatcher
{
    // The server ends the connection; this is for one that does not, or whose end never comes.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(30);

    public static async IAsyncEnumerable<KubeWatchEvent> ReadAsync(
        KubeTransport transport, KubeOptions options, KubeWatchQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var version = query.ResourceVersion;
        var failures = 0;
        while (!cancellationToken.IsCancellationRequested)
        {
            var reading = new Connection(transport, options, query with { ResourceVersion = version });
            await using (reading)
            {
                while (await reading.NextAsync(cancellationToken) is { } change)
                {
                    failures = 0;
                    version = change.Object.Metadata.ResourceVersion;
                    yield return change;
                }
            }
            // One that ended without a word is no failure, unless it keeps doing so.
            if (reading.Broken || !reading.SentAny)
                await Task.Delay(KubeRetries.Delay(options, ++failures), options.Time, cancellationToken);
        }
        cancellationToken.ThrowIfCancellationRequested();
    }

    private sealed class Connection(KubeTransport transport, KubeOptions options, KubeWatchQuery query) : IAsyncDisposable
    {
        private CancellationTokenSource? timer;
        private KubeLines? lines;

        public bool Broken { get; private set; }

        public bool SentAny { get; private set; }

        /// <summary>The next change; null when the connection ended.</summary>
        public async Task<KubeWatchEvent?> NextAsync(CancellationToken cancellationToken)
        {
            try
            {
                lines ??= await OpenAsync(cancellationToken);
                if (await lines.ReadAsync(timer!.Token) is not { } line)
                    return null;
                SentAny = true;
                return Parse(line);
            }
            catch (Exception e) when (e is IOException or HttpRequestException or OperationCanceledException)
            {
                cancellationToken.ThrowIfCancellationRequested();
                Broken = true;
                return null;
            }
        }

        public async ValueTask DisposeAsync()
        {
            if (lines is not null)
                await lines.DisposeAsync();
            timer?.Dispose();
        }

        private async Task<KubeLines> OpenAsync(CancellationToken cancellationToken)
        {
            timer = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            timer.CancelAfter(query.ConnectionLifetime + Grace);
            var path = new KubePath(query.Resource.CollectionPath(query.Namespace))
                .With("watch", "true")
                .With("allowWatchBookmarks", "true")
                .With("resourceVersion", query.ResourceVersion)
                .With("timeoutSeconds", ((int)Math.Ceiling(query.ConnectionLifetime.TotalSeconds)).ToString(CultureInfo.InvariantCulture))
                .With("labelSelector", query.LabelSelector)
                .With("fieldSelector", query.FieldSelector);
            var response = await transport.OpenAsync(new KubeRequest(HttpMethod.Get, path.ToString()), timer.Token);
            return await KubeLines.OpenAsync(response, options.MaxReceiveBytes, timer.Token);
        }

        private static KubeWatchEvent Parse(Memory<byte> line)
        {
            var (type, content) = Split(line);
            return type switch
            {
                "ADDED" => new KubeWatchEvent(KubeChange.Added, KubeObject.Parse(content)),
                "MODIFIED" => new KubeWatchEvent(KubeChange.Modified, KubeObject.Parse(content)),
                "DELETED" => new KubeWatchEvent(KubeChange.Deleted, KubeObject.Parse(content)),
                "BOOKMARK" => new KubeWatchEvent(KubeChange.Bookmark, KubeObject.Parse(content)),
                "ERROR" => throw Failure(KubeStatus.Parse(content)),
                _ => throw new KubeException(KubeError.Malformed, "the API server sent a change of an unknown type"),
            };
        }

        private static (string Type, Memory<byte> Content) Split(Memory<byte> line)
        {
            try
            {
                return Read(line);
            }
            catch (Exception e) when (e is JsonException or InvalidOperationException)
            {
                throw new KubeException(KubeError.Malformed, "the API server sent a change that is not JSON");
            }
        }

        private static (string Type, Memory<byte> Content) Read(Memory<byte> line)
        {
            var reader = new Utf8JsonReader(line.Span);
            var type = "";
            Memory<byte> content = default;
            var fields = JsonFields.Enter(ref reader);
            while (fields.Next(ref reader, out var name))
            {
                if (name == "type")
                {
                    type = JsonFields.Text(ref reader);
                    continue;
                }
                reader.Read();
                var start = (int)reader.TokenStartIndex;
                reader.Skip();
                if (name == "object")
                    content = line[start..(int)reader.BytesConsumed];
            }
            return (type, content);
        }

        private static KubeException Failure(KubeStatus? status) => KubeException.FromAnswer(status?.Code ?? 0, status, "watch");
    }
}
