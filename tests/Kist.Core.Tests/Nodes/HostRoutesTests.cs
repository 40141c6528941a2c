using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Kist.Core.Pipeline;
using Kist.Core.Storage;
using Kist.Core.Tests.Barrier;

namespace Kist.Core.Tests.Nodes;

/// <summary><c>sys/host-info</c>, <c>sys/ha-status</c>, <c>sys/in-flight-req</c> and <c>sys/metrics</c>.</summary>
public sealed partial class HostRoutesTests : IAsyncLifetime
{
    private readonly HookedStore store = new(new MemoryStore());
    private TestNode node = null!;

    public async Task InitializeAsync()
    {
        node = await TestNode.CreateAsync(store, new NodeOptions { ApiAddress = "https://kist.example:8200" }, new NotesEngine());
        await node.WriteAsync("sys/mounts/notes", """{"type":"notes"}""").Ok();
    }

    public async Task DisposeAsync()
    {
        await node.DisposeAsync();
        await store.DisposeAsync();
    }

    [Fact]
    public async Task Host_info_tells_of_this_machine()
    {
        var info = (await node.ReadAsync("sys/host-info")).Json();
        Assert.Equal(Environment.ProcessorCount, info.GetProperty("cpu").GetProperty("count").GetInt32());
        Assert.True(info.GetProperty("memory").GetProperty("total").GetInt64() > info.GetProperty("memory").GetProperty("process_resident").GetInt64());
        Assert.Equal((Environment.MachineName, "linux"), (info.GetProperty("host").Text("hostname"), info.GetProperty("host").Text("os")));
    }

    [Fact]
    public async Task Ha_status_tells_the_node_that_answers()
    {
        var told = Assert.Single((await node.ReadAsync("sys/ha-status")).Json().GetProperty("nodes").EnumerateArray());
        Assert.Equal((Environment.MachineName, "https://kist.example:8200", "1.2.3"), (told.Text("hostname"), told.Text("api_address"), told.Text("version")));
        Assert.True(told.GetProperty("active_node").GetBoolean());
    }

    [Fact]
    public async Task What_tells_of_the_machine_needs_sudo()
    {
        await node.WriteAsync("sys/policies/acl/nosudo", """{"policy":"path \"sys/*\" { capabilities = [\"read\"] }"}""").Ok();
        var token = (await node.WriteAsync("auth/token/create", """{"policies":["nosudo"]}""").Ok()).Auth!.ClientToken;
        await node.ReadAsync("sys/host-info", token).Fails(FailureKind.Denied);
        await node.ReadAsync("sys/in-flight-req", token).Fails(FailureKind.Denied);
    }

    [Fact]
    public async Task A_request_under_way_is_shown_until_it_is_answered()
    {
        var (started, finish) = (new TaskCompletionSource(), new TaskCompletionSource());
        store.OnCommit = async (transaction, commit) =>
        {
            if (transaction.Changes.Any(change => Encoding.UTF8.GetString(change.Key.Span).EndsWith("slow", StringComparison.Ordinal)))
            {
                started.SetResult();
                await finish.Task;
            }
            return await commit();
        };
        var slow = node.WriteAsync("notes/slow", """{"text":"planted"}""");
        await started.Task;
        var shown = (await node.ReadAsync("sys/in-flight-req")).Json().EnumerateObject().ToDictionary(r => r.Value.Text("request_path"), r => r.Value);
        Assert.Equal(["notes/slow", "sys/in-flight-req"], shown.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(("POST", "127.0.0.1"), (shown["notes/slow"].Text("request_method"), shown["notes/slow"].Text("client_remote_address")));
        finish.SetResult();
        await slow.Ok();
        var left = (await node.ReadAsync("sys/in-flight-req").Ok()).Json();
        Assert.Equal("sys/in-flight-req", Assert.Single(left.EnumerateObject()).Value.Text("request_path"));
    }

    [Fact]
    public async Task Metrics_for_prometheus_have_its_form_and_count_requests()
    {
        await node.ReadAsync("notes/absent").Fails(FailureKind.NotFound);
        await node.ReadAsync("notes/absent").Fails(FailureKind.NotFound);
        var (type, text) = await MetricsAsync("prometheus");
        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", type);
        var samples = Samples(text);
        Assert.Equal(2, samples["kist_requests_total{operation=\"read\",outcome=\"notfound\"}"]);
        Assert.Equal(1, samples["kist_unsealed"]);
        Assert.True(samples["kist_process_resident_memory_bytes"] > 0);
        foreach (var operation in new[] { "read", "update" })
        {
            var buckets = samples.Where(s => s.Key.StartsWith($"kist_request_duration_seconds_bucket{{operation=\"{operation}\"", StringComparison.Ordinal)).Select(s => s.Value).ToList();
            Assert.Equal(buckets.Order(), buckets);
            Assert.Equal(buckets[^1], samples[$"kist_request_duration_seconds_count{{operation=\"{operation}\"}}"]);
        }
    }

    [Fact]
    public async Task Metrics_come_as_json_too()
    {
        var (type, text) = await MetricsAsync("");
        Assert.Equal("application/json", type);
        var metrics = JsonDocument.Parse(text).RootElement;
        Assert.Contains(metrics.GetProperty("Gauges").EnumerateArray(), g => g.Text("Name") == "kist_unsealed" && g.GetProperty("Value").GetInt32() == 1);
        Assert.Contains(metrics.GetProperty("Counters").EnumerateArray(), c => c.Text("Name") == "kist_requests_total" && c.GetProperty("Count").GetInt64() > 0);
        Assert.All(metrics.GetProperty("Samples").EnumerateArray(), s => Assert.True(s.GetProperty("Mean").GetDouble() <= s.GetProperty("Sum").GetDouble()));
    }

    [Theory]
    [InlineData("prometheus")]
    [InlineData("")]
    public async Task Metrics_hold_no_path_token_or_value(string format)
    {
        var token = (await node.WriteAsync("auth/token/create", """{"policies":["planted-policy"]}""").Ok()).Auth!.ClientToken;
        await node.WriteAsync("notes/planted-path", """{"text":"planted-value"}""").Ok();
        await node.ReadAsync("planted-nowhere/x", token).Fails(FailureKind.Denied);
        var text = (await MetricsAsync(format)).Text;
        Assert.DoesNotContain("planted", text, StringComparison.Ordinal);
        Assert.DoesNotContain("notes", text, StringComparison.Ordinal);
        Assert.DoesNotContain(token.Reveal(), text, StringComparison.Ordinal);
        Assert.DoesNotContain(node.RootToken.Reveal(), text, StringComparison.Ordinal);
    }

    private async Task<(string Type, string Text)> MetricsAsync(string format)
    {
        var request = new Request { Id = "1", Path = "sys/metrics", Operation = Operation.Read, Token = node.RootToken, Query = [new("format", format)] };
        var body = Assert.IsType<TextBody>((await node.Node.Pipeline.HandleAsync(request, default).AsTask().Ok()).Body);
        return (body.ContentType, Encoding.UTF8.GetString(body.Content.Span));
    }

    // Prometheus' text format 0.0.4: HELP and TYPE before the samples of a metric, each sample once.
    private static Dictionary<string, double> Samples(string text)
    {
        Assert.EndsWith("\n", text, StringComparison.Ordinal);
        var samples = new Dictionary<string, double>(StringComparer.Ordinal);
        var metric = "";
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (Head().Match(line) is { Success: true } head)
            {
                metric = head.Groups["name"].Value;
                continue;
            }
            var sample = Sample().Match(line);
            Assert.True(sample.Success, line);
            Assert.StartsWith(metric, sample.Groups["name"].Value, StringComparison.Ordinal);
            samples.Add(sample.Groups["name"].Value + sample.Groups["labels"].Value, double.Parse(sample.Groups["value"].Value, CultureInfo.InvariantCulture));
        }
        return samples;
    }

    [GeneratedRegex("^# (HELP (?<name>[a-z_]+) .+|TYPE (?<name>[a-z_]+) (gauge|counter|histogram))$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Head();

    [GeneratedRegex("""^(?<name>[a-z_]+)(?<labels>\{[a-z]+="[^"\\]*"(,[a-z]+="[^"\\]*")*\})? (?<value>[0-9.eE+-]+)$""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Sample();
}
