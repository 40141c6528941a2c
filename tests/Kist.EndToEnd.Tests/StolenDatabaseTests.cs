using System.Text;
using Kist.EndToEnd.Tests.Leaks;
using Kist.Harness;

namespace Kist.EndToEnd.Tests;

/// <summary>Whoever steals the database, its write-ahead log, the logs and the audit file learns no secret, token or key.</summary>
public sealed class StolenDatabaseTests
{
    [Fact]
    public async Task Long_session_with_shares_leaves_no_secret_behind()
    {
        var (watched, keys) = await WatchedServer.StartReadyAsync(new ServerOptions { Tls = true });
        await using var _ = watched;
        await SessionAsync(watched);
        (await watched.Api.WriteAsync("sys/seal", new { })).Good();
        await watched.Server.UnsealAsync(keys);
        await SessionAsync(watched);
        AssertNoLeak(watched);
        // The log is folded into the database at the end, so that both layouts are searched.
        await watched.Server.Process.StopAsync();
        AssertNoLeak(watched);
    }

    [Fact]
    public async Task Long_session_with_a_static_seal_leaves_no_secret_behind()
    {
        var (watched, _) = await WatchedServer.StartReadyAsync(new ServerOptions { StaticSeal = true });
        await using var disposal = watched;
        await SessionAsync(watched);
        await watched.Server.RestartAsync();
        await watched.Server.AnswersAsync("sys/health");
        await SessionAsync(watched);
        AssertNoLeak(watched);
    }

    [Fact]
    public async Task Search_finds_what_is_in_clear()
    {
        var (watched, _) = await WatchedServer.StartReadyAsync(new ServerOptions { StaticSeal = true });
        var control = new PlantedSecrets();
        try
        {
            // Key names are in clear by design, and a raw audit device writes values as they are: the search must find both.
            var name = control.New("name");
            var raw = Path.Combine(watched.Server.AuditDirectory, "raw.log");
            (await watched.Api.WriteAsync("sys/audit/raw", new { type = "file", options = new { file_path = raw, log_raw = "true" } })).Good();
            (await watched.Api.WriteAsync("sys/mounts/kv", new { type = "kv" })).Good();
            (await watched.Api.WriteAsync($"kv/{name}", new { value = control.New("value") })).Good();
        }
        finally
        {
            await watched.Server.Process.StopAsync();
        }
        Assert.Contains(LeakSearch.InDirectory(watched.Server.DataDirectory, control), leak => leak.Contains("name as text"));
        Assert.Contains(LeakSearch.InDirectory(watched.Server.AuditDirectory, control), leak => leak.Contains("value as text"));
        await watched.Server.DisposeAsync();
    }

    private static void AssertNoLeak(WatchedServer watched)
    {
        Assert.True(watched.Secrets.Count > 30, "the session used too few secrets");
        Assert.Contains(File.ReadLines(watched.AuditFile), line => line.Contains("hmac-sha256:"));
        Assert.Empty(watched.Leaks());
    }

    private static async Task SessionAsync(WatchedServer watched)
    {
        var api = watched.Api;
        var mount = "kv-" + watched.Secrets.Count;
        (await api.WriteAsync($"sys/mounts/{mount}", new { type = "kv", options = new { version = "2" } })).Good();
        (await api.WriteAsync($"sys/mounts/{mount}-plain", new { type = "kv", options = new { version = "1" } })).Good();
        (await api.WriteAsync("sys/policies/acl/session", new { policy = "path \"cubbyhole/*\" { capabilities = [\"create\", \"read\"] }" })).Good();
        for (var i = 0; i < 5; i++)
        {
            await SecretsAsync(watched, mount, i);
            await TokensAsync(watched, mount, i);
            (await api.WriteAsync("sys/rotate", new { })).Good();
        }
        await RefusedAsync(watched, mount);
    }

    private static async Task SecretsAsync(WatchedServer watched, string mount, int i)
    {
        var api = watched.Api;
        var value = watched.Secrets.New("kv2");
        (await api.WriteAsync($"{mount}/data/s{i}", new { data = new { value, nested = new { list = new[] { watched.Secrets.New("nested") } } } })).Good();
        (await api.WriteAsync($"{mount}/data/s{i}", new { data = new { value = watched.Secrets.New("kv2") } })).Good();
        (await api.DeleteAsync($"{mount}/data/s{i}")).Good();
        (await api.WriteAsync($"{mount}/destroy/s{i}", new { versions = new[] { 1 } })).Good();
        (await api.WriteAsync($"{mount}-plain/s{i}", new { value = watched.Secrets.New("kv1"), large = watched.Secrets.New("large") + new string('x', 100_000) })).Good();
        Assert.Contains("planted-kv1", (await api.ReadAsync($"{mount}-plain/s{i}")).Good().Text);
    }

    private static async Task TokensAsync(WatchedServer watched, string mount, int i)
    {
        var api = watched.Api;
        var token = await CreateAsync(watched, "service");
        (await api.WriteAsync("cubbyhole/x", new { value = watched.Secrets.New("cubbyhole") }, token)).Good();
        (await api.WriteAsync("auth/token/renew", new { token })).Good();
        (await api.WriteAsync("auth/token/lookup", new { token })).Good();
        await CreateAsync(watched, "batch");
        var wrapped = (await api.SendAsync(HttpMethod.Get, $"{mount}-plain/s{i}", null, wrapTtl: "5m")).Good().Json.GetProperty("wrap_info").GetProperty("token").GetString()!;
        watched.Secrets.Add("wrapping token", wrapped);
        if (i % 2 == 0)
            (await api.WriteAsync("sys/wrapping/unwrap", new { token = wrapped })).Good();
        (await api.WriteAsync("auth/token/revoke", new { token })).Good();
    }

    private static async Task<string> CreateAsync(WatchedServer watched, string type)
    {
        var answer = await watched.Api.WriteAsync("auth/token/create", new { type, policies = new[] { "session" }, ttl = "1h" });
        return watched.Secrets.Add($"{type} token", answer.Good().ClientToken);
    }

    // Requests that fail must not put their secrets into error logs either.
    private static async Task RefusedAsync(WatchedServer watched, string mount)
    {
        var api = watched.Api;
        var unknown = watched.Secrets.New("unknown-token");
        Assert.False((await api.ReadAsync($"{mount}/data/s0", unknown)).Succeeded);
        Assert.False((await api.WriteAsync("auth/token/lookup", new { token = watched.Secrets.New("looked-up") })).Succeeded);
        Assert.False((await api.WriteAsync("sys/wrapping/unwrap", new { token = watched.Secrets.New("unwrapped") })).Succeeded);
        Assert.False((await api.WriteAsync($"{mount}/data/s0", new { data = watched.Secrets.New("wrong-type") })).Succeeded);
        Assert.False((await api.WriteAsync($"{mount}/data/s0", new { options = new { cas = 99 }, data = new { x = watched.Secrets.New("stale") } })).Succeeded);
        using var broken = new StringContent($"{{\"data\": {{\"x\": \"{watched.Secrets.New("broken")}\"", Encoding.UTF8);
        Assert.False((await api.SendAsync(HttpMethod.Post, $"{mount}/data/s0", broken)).Succeeded);
        Assert.False((await api.WriteAsync($"no-such-mount/{mount}", new { x = watched.Secrets.New("nowhere") })).Succeeded);
    }
}
