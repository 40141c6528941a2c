using System.Text.Json;
using Kist.EndToEnd.Tests.Leaks;
using Kist.EndToEnd.Tests.Needs;
using Kist.Harness;

namespace Kist.EndToEnd.Tests;

/// <summary>Two plugins, as two control-plane nodes have them, on one transit key of a real server, through all that can happen to it.</summary>
public sealed class KmsTransitTests : IAsyncLifetime
{
    private const string Policy = """
        path "transit/keys/k8s" { capabilities = ["read"] }
        path "transit/encrypt/k8s" { capabilities = ["update"] }
        path "transit/decrypt/k8s" { capabilities = ["update"] }
        """;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly Uri[] health = [KistServer.FreeAddress(), KistServer.FreeAddress()];
    private readonly KistProcess?[] plugins = new KistProcess?[2];
    private WatchedServer watched = null!;
    private InitializedServer keys = null!;

    private string Home => watched.Server.Home;

    private string FallbackFile => Path.Combine(Home, "fallback.key");

    private string TokenFile => Path.Combine(Home, "kms.token");

    public async Task InitializeAsync()
    {
        (watched, keys) = await WatchedServer.StartReadyAsync(new ServerOptions());
        (await watched.Api.WriteAsync("sys/mounts/transit", new { type = "transit" })).Good();
        (await watched.Api.WriteAsync("transit/keys/k8s", new { })).Good();
        await AllowAsync();
        var token = (await watched.Api.WriteAsync("auth/token/create", new { policies = new[] { "k8s-kms" }, period = "24h", no_parent = true })).Good().ClientToken;
        await File.WriteAllTextAsync(TokenFile, watched.Secrets.Add("token", token));
        File.SetUnixFileMode(TokenFile, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var made = await KistProcess.RunAsync(BuiltProgram.Start("kms", "key-file", "init", FallbackFile), Patience, "", default);
        Assert.Equal(0, made.ExitCode);
    }

    public async Task DisposeAsync()
    {
        foreach (var plugin in plugins)
            await (plugin?.DisposeAsync() ?? default);
        await watched.DisposeAsync();
    }

    [FactNeeding(Need.PythonGrpc)]
    public async Task Two_plugins_agree_through_rotation_an_outage_a_cold_start_and_a_refusal()
    {
        await ServeAsync(0);
        await ServeAsync(1);
        await BothAsync("serving");
        await TourAsync("agree");

        // A rotation is seen by polling, and both tell the same new key id.
        var before = (await HealthAsync(0)).KeyId;
        (await watched.Api.WriteAsync("transit/keys/k8s/rotate", new { })).Good();
        await BothAsync("serving", keyId => keyId != before);
        await TourAsync("agree");

        // A sealed server is served through, and a plugin that starts meanwhile reads and writes by the fallback key.
        (await watched.Api.WriteAsync("sys/seal", new { })).Good();
        await BothAsync("degraded");
        await TourAsync("agree");
        await plugins[1]!.KillAsync();
        await ServeAsync(1);
        await UntilAsync(async () => (await HealthAsync(1)).Condition == "fallback");
        await TourAsync("agree");
        Assert.NotEqual((await HealthAsync(0)).KeyId, (await HealthAsync(1)).KeyId);

        // Once the server is back, both agree again, and nothing that was written meanwhile is lost.
        await watched.Server.UnsealAsync(keys);
        await BothAsync("serving");
        await TourAsync("agree");

        // A refusal ends Encrypt and is told; it ends with the refusal.
        (await watched.Api.DeleteAsync("sys/policies/acl/k8s-kms")).Good();
        await BothAsync("refused");
        await TourAsync("refused");
        await AllowAsync();
        await BothAsync("serving");
        await TourAsync("agree");

        foreach (var plugin in plugins)
        {
            await plugin!.StopAsync();
            Assert.Empty(LeakSearch.InText("plugin", plugin.Output, watched.Secrets));
        }
    }

    private async Task AllowAsync() => (await watched.Api.WriteAsync("sys/policies/acl/k8s-kms", new { policy = Policy })).Good();

    private string Socket(int number) => Path.Combine(Home, $"kms{number}.sock");

    private async Task ServeAsync(int number)
    {
        if (plugins[number] is { } old)
            await old.DisposeAsync();
        plugins[number] = KistProcess.Start(BuiltProgram.Start(
            "kms",
            "serve",
            $"-socket={Socket(number)}",
            $"-transit-address={watched.Server.Address}",
            "-transit-key=k8s",
            $"-transit-token-file={TokenFile}",
            $"-fallback-key-file={FallbackFile}",
            $"-health-address={health[number].Authority}",
            "-poll-interval=200ms",
            "-refusal-grace=1s",
            "-log-level=trace"));
    }

    private async Task BothAsync(string condition, Func<string, bool>? keyId = null) => await UntilAsync(async () =>
    {
        var (one, other) = (await HealthAsync(0), await HealthAsync(1));
        return one == other && one.Condition == condition && keyId?.Invoke(one.KeyId) != false;
    });

    private async Task<(string Condition, string KeyId)> HealthAsync(int number)
    {
        Assert.False(plugins[number]!.HasExited, plugins[number]!.Output);
        using var client = new HttpClient(new SocketsHttpHandler());
        try
        {
            using var answer = await client.GetAsync(new Uri(health[number], "healthz"));
            var told = JsonElement.Parse(await answer.Content.ReadAsByteArrayAsync());
            return (told.GetProperty("condition").GetString()!, told.GetProperty("key_id_hash").GetString()!);
        }
        catch (HttpRequestException)
        {
            return ("", $"{number}");
        }
    }

    private async Task TourAsync(string part)
    {
        var start = BuiltProgram.Start(Machine.Python, [Path.Combine(BuiltProgram.Repository, "tests", "Kist.EndToEnd.Tests", "tours", "kms_tour.py"), part]);
        start.Environment["TOUR_SOCKET"] = Socket(0);
        start.Environment["TOUR_SOCKETS"] = $"{Socket(0)},{Socket(1)}";
        start.Environment["TOUR_STATE"] = Path.Combine(Home, "kms-tour.json");
        var (exitCode, output, errors) = await KistProcess.RunAsync(start, Patience, "", default);
        Assert.True(
            exitCode == 0 && output.Split('\n').Count(l => l.StartsWith("ok ", StringComparison.Ordinal)) == 1,
            $"{part}: exit code {exitCode}\n{output}{errors}\n{string.Concat(plugins.Select(p => p?.Output))}");
    }

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!await condition())
            await Task.Delay(50, patience.Token);
    }
}
