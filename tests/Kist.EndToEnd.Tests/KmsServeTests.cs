using System.Net;
using System.Net.Sockets;
using Kist.EndToEnd.Tests.Needs;
using Kist.Harness;

namespace Kist.EndToEnd.Tests;

/// <summary>
/// <c>kist kms serve</c> as it runs beside an API server, asked by a client that we did not write. The script in tours/ holds the steps and their
/// assertions.
/// </summary>
public sealed class KmsServeTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly string home = Directory.CreateTempSubdirectory("kist-kms-").FullName;
    private readonly List<KistProcess> started = [];
    private readonly Uri health = KistServer.FreeAddress();

    private string Socket => Path.Combine(home, "kms.sock");

    private string KeyFile => Path.Combine(home, "kms.key");

    public async Task InitializeAsync() => await KistAsync("kms", "key-file", "init", KeyFile);

    public async Task DisposeAsync()
    {
        foreach (var process in started)
            await process.DisposeAsync();
        Directory.Delete(home, recursive: true);
    }

    [FactNeeding(Need.PythonGrpc)]
    public async Task Grpcio_tours_the_plugin_and_finds_all_again_after_it_was_killed()
    {
        var first = await ServeAsync();
        await TourAsync("first");
        await first.KillAsync();
        Assert.True(File.Exists(Socket), "a killed plugin leaves its socket");
        var second = await ServeAsync();
        await TourAsync("again");
        await second.StopAsync();
        Assert.Equal(0, second.ExitCode);
        Assert.False(File.Exists(Socket), "a plugin that was asked to stop removes its socket");
        Assert.DoesNotContain("fail:", first.Output + second.Output);
    }

    [FactNeeding(Need.PythonGrpc)]
    public async Task Killed_and_restarted_under_load_it_gives_no_wrong_answer()
    {
        var plugin = await ServeAsync();
        var tour = TourAsync("load");
        for (var round = 0; round < 4; round++)
        {
            await Task.Delay(TimeSpan.FromSeconds(1));
            await plugin.KillAsync();
            plugin = await ServeAsync();
        }
        await tour;
    }

    [Fact]
    public async Task Socket_is_its_owners_alone_and_a_second_plugin_is_refused()
    {
        await ServeAsync();
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Socket));
        var ended = await TryAsync("kms", "serve", $"-socket={Socket}", $"-key-file={KeyFile}");
        Assert.Equal(1, ended.ExitCode);
        Assert.Contains("another process", ended.Errors);
        Assert.Equal(HttpStatusCode.OK, await HealthAsync("readyz"));
    }

    [Fact]
    public async Task A_socket_that_somebody_else_serves_is_not_taken_away()
    {
        using var other = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        other.Bind(new UnixDomainSocketEndPoint(Socket));
        other.Listen();
        var ended = await TryAsync("kms", "serve", $"-socket={Socket}", $"-key-file={KeyFile}");
        Assert.Contains("another process serves", ended.Errors);
        Assert.True(File.Exists(Socket));
    }

    [Fact]
    public async Task What_is_no_socket_is_not_removed()
    {
        await File.WriteAllTextAsync(Socket, "precious");
        var ended = await TryAsync("kms", "serve", $"-socket={Socket}", $"-key-file={KeyFile}");
        Assert.Equal(1, ended.ExitCode);
        Assert.Equal("precious", await File.ReadAllTextAsync(Socket));
    }

    [Theory]
    [InlineData("unix:///@kms", "abstract socket")]
    [InlineData("@kms", "abstract socket")]
    [InlineData("kms.sock", "absolute path")]
    [InlineData("/no/such/folder/kms.sock", "folder")]
    public async Task Sockets_that_cannot_be_served_well_are_refused_with_the_reason(string socket, string reason)
    {
        var ended = await TryAsync("kms", "serve", $"-socket={socket}", $"-key-file={KeyFile}");
        Assert.Equal(1, ended.ExitCode);
        Assert.Contains(reason, ended.Errors);
    }

    [Fact]
    public async Task Key_file_that_others_may_read_is_refused()
    {
        File.SetUnixFileMode(KeyFile, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
        Assert.Contains("chmod 600", (await TryAsync("kms", "serve", $"-socket={Socket}", $"-key-file={KeyFile}")).Errors);
    }

    [Fact]
    public async Task Rotation_of_the_key_file_is_seen_and_health_tells_the_new_key_id()
    {
        await ServeAsync("-poll-interval=100ms");
        var before = await GetAsync("healthz");
        await KistAsync("kms", "key-file", "add", KeyFile);
        await KistAsync("kms", "key-file", "use", KeyFile, "2");
        await UntilAsync(async () => await GetAsync("healthz") != before);
        Assert.Contains("\"condition\":\"serving\"", await GetAsync("healthz"));
    }

    [Fact]
    public async Task Remote_key_that_does_not_answer_is_told_and_waited_for()
    {
        var nowhere = KistServer.FreeAddress();
        var start = BuiltProgram.Start(
            "kms", "serve", $"-socket={Socket}", $"-transit-address={nowhere}", "-transit-key=k8s", $"-health-address={health.Authority}", "-poll-interval=200ms");
        start.Environment["VAULT_TOKEN"] = "hvs.marked-token";
        var plugin = Start(start);
        await UntilAsync(async () => await HealthAsync("livez") == HttpStatusCode.OK);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await HealthAsync("readyz"));
        await UntilAsync(async () => (await GetAsync("healthz")).Contains("cannot be reached", StringComparison.Ordinal));
        Assert.Contains("kist_kms_condition{condition=\"starting\"} 1", await GetAsync("metrics"));
        await plugin.StopAsync();
        Assert.DoesNotContain("marked-token", plugin.Output);
        // On the machine itself nobody listens.
        Assert.DoesNotContain("without TLS", plugin.Output);
    }

    [Fact]
    public async Task Remote_key_in_the_cluster_is_warned_about_unless_there_is_a_fallback_key()
    {
        var start = BuiltProgram.Start(
            "kms", "serve", $"-socket={Socket}", "-transit-address=http://kist.vault.svc:8200", "-transit-key=k8s", $"-health-address={health.Authority}");
        start.Environment["KIST_TOKEN"] = "t";
        var plugin = Start(start);
        await UntilAsync(async () => await HealthAsync("livez") == HttpStatusCode.OK);
        await plugin.StopAsync();
        Assert.Contains("wait for each other", plugin.Output);
        Assert.Contains("without TLS", plugin.Output);
        start.ArgumentList.Add($"-fallback-key-file={KeyFile}");
        var second = Start(start);
        await UntilAsync(async () => await HealthAsync("readyz") == HttpStatusCode.OK);
        Assert.Contains("\"condition\":\"fallback\"", await GetAsync("healthz"));
        await second.StopAsync();
        Assert.DoesNotContain("wait for each other", second.Output);
    }

    [Fact]
    public async Task Hostile_frames_end_their_connection_and_nothing_else()
    {
        var plugin = await ServeAsync();
        byte[] preface = [.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, 0, 0, 0, 4, 0, 0, 0, 0, 0];
        var random = new byte[4000];
        for (var round = 0; round < 200; round++)
        {
            System.Security.Cryptography.RandomNumberGenerator.Fill(random);
            byte[] hostile = (round % 5) switch
            {
                // No preface, random frames, a block that never ends, resets without end, a frame that is cut off.
                0 => random,
                1 => [.. preface, .. random],
                2 => [.. preface, .. Frame(1, 0, 1, random), .. Enumerable.Repeat(Frame(9, 0, 1, random), 30).SelectMany(static f => f)],
                3 => [.. preface, .. Enumerable.Range(0, 500).SelectMany(static i => (byte[])[.. Frame(1, 5, 2 * i + 1, [0x83, 0x86, 0x84]), .. Frame(3, 0, 2 * i + 1, [0, 0, 0, 8])])],
                _ => [.. preface, .. Frame(0, 0, 1, random)[..100]],
            };
            await SendAsync(hostile);
        }
        Assert.Equal(4, await FirstFrameTypeAsync(preface));
        Assert.Equal(HttpStatusCode.OK, await HealthAsync("readyz"));
        Assert.False(plugin.HasExited);
    }

    [Fact]
    public async Task Audit_file_is_reopened_by_SIGHUP()
    {
        var audit = Path.Combine(home, "audit.log");
        var plugin = await ServeAsync($"-audit-file={audit}");
        File.Move(audit, audit + ".1");
        plugin.Signal(Signals.Hup);
        await UntilAsync(() => Task.FromResult(File.Exists(audit)));
    }

    [Fact]
    public async Task A_key_file_is_read_anew_at_SIGHUP_long_before_it_would_be_asked_for()
    {
        var plugin = await ServeAsync("-poll-interval=4m");
        var before = await GetAsync("healthz");
        await KistAsync("kms", "key-file", "add", KeyFile);
        await KistAsync("kms", "key-file", "use", KeyFile, "2");
        Assert.Equal(before, await GetAsync("healthz"));
        plugin.Signal(Signals.Hup);
        await UntilAsync(async () => await GetAsync("healthz") != before);
        Assert.Contains("\"condition\":\"serving\"", await GetAsync("healthz"));
    }

    [Fact]
    public async Task A_key_of_Azure_is_warned_about_because_anybody_can_wrap_under_it()
    {
        var plugin = Start(BuiltProgram.Start(
            "kms", "serve", $"-socket={Socket}", "-azure-key=https://kist.vault.azure.net/keys/k8s", $"-health-address={health.Authority}"));
        await UntilAsync(async () => await HealthAsync("livez") == HttpStatusCode.OK);
        await plugin.StopAsync();
        Assert.Contains("an Azure key wraps with a public key", plugin.Output);
    }

    [FactNeeding(Need.SystemdAnalyze)]
    public async Task The_unit_is_one_that_systemd_understands_whole()
    {
        var unit = await File.ReadAllTextAsync(Path.Combine(BuiltProgram.Repository, "deploy", "kms", "kist-kms.service"));
        Assert.Contains("ExecStart=/usr/local/bin/kist ", unit);
        var file = Path.Combine(home, "kist-kms.service");
        await File.WriteAllTextAsync(file, unit.Replace("ExecStart=/usr/local/bin/kist ", "ExecStart=/bin/true ", StringComparison.Ordinal));
        var verified = await KistProcess.RunAsync(BuiltProgram.Start("systemd-analyze", ["verify", "--man=no", file]), Patience, "", default);
        // What it does not know it names and ignores.
        Assert.Equal((0, "", ""), (verified.ExitCode, verified.Output, verified.Errors));
    }

    [Fact]
    public async Task A_plugin_without_exactly_one_key_is_refused()
    {
        Assert.Contains("exactly one", (await TryAsync("kms", "serve", $"-socket={Socket}")).Errors);
        Assert.Contains("exactly one", (await TryAsync("kms", "serve", $"-socket={Socket}", $"-key-file={KeyFile}", "-transit-key=a")).Errors);
    }

    private Task<KistProcess> ServeAsync(params string[] more) => ServeWithAsync(
        ["kms", "serve", $"-socket={Socket}", $"-key-file={KeyFile}", "-api=v2,v1beta1", $"-health-address={health.Authority}", .. more]);

    private async Task<KistProcess> ServeWithAsync(string[] arguments)
    {
        var plugin = Start(BuiltProgram.Start(arguments));
        await UntilAsync(async () =>
        {
            Assert.False(plugin.HasExited, plugin.Output);
            return await HealthAsync("readyz") == HttpStatusCode.OK;
        });
        return plugin;
    }

    private KistProcess Start(System.Diagnostics.ProcessStartInfo start)
    {
        var process = KistProcess.Start(start);
        started.Add(process);
        return process;
    }

    private async Task TourAsync(string part)
    {
        var script = Path.Combine(BuiltProgram.Repository, "tests", "Kist.EndToEnd.Tests", "tours", "kms_tour.py");
        var start = BuiltProgram.Start(Machine.Python, [script, part]);
        start.Environment["TOUR_SOCKET"] = Socket;
        start.Environment["TOUR_STATE"] = Path.Combine(home, "tour.json");
        start.Environment["TOUR_SECONDS"] = "8";
        var (exitCode, output, errors) = await KistProcess.RunAsync(start, Patience, "", default);
        var planned = (await File.ReadAllLinesAsync(script)).Count(line => line == $"@step(\"{part}\")");
        var done = output.Split('\n').Count(line => line.StartsWith("ok ", StringComparison.Ordinal));
        Assert.True(exitCode == 0 && done == planned, $"{part}: {done} of {planned} steps, exit code {exitCode}\n{output}{errors}\n{string.Concat(started.Select(s => s.Output))}");
    }

    private static byte[] Frame(byte type, byte flags, int stream, byte[] payload) =>
    [
        (byte)(payload.Length >> 16), (byte)(payload.Length >> 8), (byte)payload.Length, type, flags,
        (byte)(stream >> 24), (byte)(stream >> 16), (byte)(stream >> 8), (byte)stream, .. payload,
    ];

    private async Task<Socket> ConnectAsync()
    {
        var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await client.ConnectAsync(new UnixDomainSocketEndPoint(Socket));
        return client;
    }

    private async Task SendAsync(byte[] bytes)
    {
        using var client = await ConnectAsync();
        try
        {
            await client.SendAsync(bytes);
        }
        catch (SocketException)
        {
            // The plugin has closed it.
        }
    }

    private async Task<int> FirstFrameTypeAsync(byte[] bytes)
    {
        using var client = await ConnectAsync();
        await client.SendAsync(bytes);
        await using var stream = new NetworkStream(client);
        var head = new byte[9];
        await stream.ReadExactlyAsync(head);
        return head[3];
    }

    private static async Task KistAsync(params string[] arguments)
    {
        var ended = await TryAsync(arguments);
        Assert.True(ended.ExitCode == 0, ended.Output + ended.Errors);
    }

    private static Task<Ended> TryAsync(params string[] arguments) => KistProcess.RunAsync(BuiltProgram.Start(arguments), Patience, "", CancellationToken.None);

    private async Task<HttpStatusCode?> HealthAsync(string path)
    {
        using var client = new HttpClient(new SocketsHttpHandler());
        try
        {
            using var answer = await client.GetAsync(new Uri(health, path));
            return answer.StatusCode;
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    private async Task<string> GetAsync(string path)
    {
        using var client = new HttpClient(new SocketsHttpHandler());
        using var answer = await client.GetAsync(new Uri(health, path));
        return await answer.Content.ReadAsStringAsync();
    }

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!await condition())
            await Task.Delay(50, patience.Token);
    }
}
