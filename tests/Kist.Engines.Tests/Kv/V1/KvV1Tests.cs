using System.Text;
using Kist.Core.Pipeline;
using Kist.Core.Storage;
using Kist.Engines.Kv;
using Kist.Engines.Kv.V1;

namespace Kist.Engines.Tests.Kv.V1;

public sealed class KvV1Tests
{
    [Fact]
    public async Task A_read_answers_what_was_written()
    {
        using var host = await KvHost.StartAsync("1");
        var written = await host.OkAsync(KvRequest.Write("app/db", """{"user":"u","n":1.50,"nested":{"x":[1]}}"""));
        Assert.Null(written.Body);
        Assert.True(written.Index > 0);
        var read = await host.OkAsync(KvRequest.Read("app/db"));
        Assert.Equal("""{"user":"u","n":1.50,"nested":{"x":[1]}}""", read.Body!.ToJsonString());
    }

    [Theory]
    [InlineData("""{"k":"v"}""", 2_764_800)]
    [InlineData("""{"k":"v","ttl":"1h"}""", 3_600)]
    [InlineData("""{"k":"v","lease":30}""", 30)]
    [InlineData("""{"k":"v","ttl":"nonsense"}""", 2_764_800)]
    public async Task A_read_advises_when_to_read_again(string body, int seconds)
    {
        using var host = await KvHost.StartAsync("1");
        await host.OkAsync(KvRequest.Write("a", body));
        Assert.Equal(new LeaseInfo("", TimeSpan.FromSeconds(seconds), false), (await host.OkAsync(KvRequest.Read("a"))).Lease);
    }

    [Fact]
    public async Task The_last_write_wins_and_a_delete_removes()
    {
        using var host = await KvHost.StartAsync("1");
        await host.OkAsync(KvRequest.Write("a", """{"k":1}"""));
        await host.OkAsync(KvRequest.Write("a", """{"j":2}"""));
        Assert.Equal("""{"j":2}""", (await host.OkAsync(KvRequest.Read("a"))).Body!.ToJsonString());
        await host.OkAsync(KvRequest.Delete("a"));
        Assert.Equal("not_found", (await host.SendAsync(KvRequest.Read("a"))).Result);
        await host.OkAsync(KvRequest.Delete("a"));
        Assert.Empty(await host.StoredPathsAsync());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("{}")]
    [InlineData(" { \n} ")]
    public async Task A_write_without_fields_is_refused(string? body)
    {
        using var host = await KvHost.StartAsync("1");
        var answer = await host.SendAsync(new KvRequest(Operation.Update, "a", body));
        Assert.Equal(("kv.no_data", "missing data fields"), (answer.Result, answer.Failure!.Message));
    }

    [Fact]
    public async Task A_secret_may_fill_an_entry_and_no_more()
    {
        using var host = await KvHost.StartAsync("1");
        var room = KvFailures.EntryBytes - StoredSecret.HeaderBytes - """{"k":""}""".Length;
        await host.OkAsync(KvRequest.Write("a", $$"""{"k":"{{new string('x', room)}}"}"""));
        Assert.Equal("kv.too_large", (await host.SendAsync(KvRequest.Write("a", $$"""{"k":"{{new string('x', room + 1)}}"}"""))).Result);
        Assert.Equal(room, Encoding.UTF8.GetByteCount((await host.OkAsync(KvRequest.Read("a"))).At("k")!.GetValue<string>()));
    }

    [Theory]
    [InlineData("a//b")]
    [InlineData("a\u0001")]
    public async Task A_bad_path_is_refused(string path)
    {
        using var host = await KvHost.StartAsync("1");
        Assert.Equal("kv.invalid_path", (await host.SendAsync(KvRequest.Write(path, """{"k":"v"}"""))).Result);
        Assert.Equal("kv.invalid_path", (await host.SendAsync(KvRequest.Read(path))).Result);
        Assert.Equal("kv.invalid_path", (await host.SendAsync(KvRequest.Delete(path))).Result);
    }

    [Fact]
    public async Task An_unconfirmed_write_is_reported()
    {
        using var host = await KvHost.StartAsync("1");
        await host.OkAsync(KvRequest.Write("first", """{"k":"v"}"""));
        host.Store.OnCommit = static (_, _) => new(CommitOutcome.Unknown);
        Assert.Equal("store.unknown_outcome", (await host.SendAsync(KvRequest.Write("a", """{"k":"v"}"""))).Result);
    }
}
