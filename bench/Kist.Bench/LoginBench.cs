using System.Buffers.Text;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Kist.Harness;

namespace Kist.Bench;

/// <summary>
/// Logins of workloads, which write one token each: by AppRole, and by Kubernetes' service-account tokens that are verified by the cluster's keys
/// without asking the cluster. And a storm: many workloads that nobody has seen before log in at once.
/// </summary>
internal sealed class LoginBench : IAsyncDisposable
{
    private const int Clients = 32;
    private const int Storm = 5000;
    private const string Issuer = "https://kubernetes.default.svc";

    private readonly KistServer server;
    private readonly ECDsa clusterKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly List<Figure> figures = [];

    private LoginBench(KistServer server) => this.server = server;

    public static async Task<Results> RunAsync()
    {
        await using var bench = new LoginBench(
            await KistServer.StartAsync(new ServerOptions { StaticSeal = true, LogLevel = "info", Program = BuiltProgram.Published }));
        await bench.SetUpAsync();
        await bench.LoginsAsync();
        await bench.StormAsync();
        return new Results(Measurements.FileSystem(bench.server.DataDirectory), bench.figures);
    }

    public async ValueTask DisposeAsync()
    {
        await server.DisposeAsync();
        clusterKey.Dispose();
    }

    private async Task SetUpAsync()
    {
        await server.InitializeAsync();
        await WriteAsync("sys/audit/file", new { type = "file", options = new { file_path = Path.Combine(server.AuditDirectory, "audit.log") } });
        await WriteAsync("sys/auth/approle", new { type = "approle" });
        await WriteAsync("sys/auth/kubernetes", new { type = "kubernetes" });
        await WriteAsync("auth/kubernetes/config", new
        {
            kubernetes_host = "https://127.0.0.1:1",
            pem_keys = new[] { clusterKey.ExportSubjectPublicKeyInfoPem() },
            issuer = Issuer,
            disable_local_ca_jwt = true,
            token_verification = "local",
        });
        foreach (var type in (string[])["service", "batch"])
        {
            await WriteAsync($"auth/approle/role/{type}", new { token_policies = "default", token_ttl = "1h", token_type = type });
            await WriteAsync($"auth/kubernetes/role/{type}", new
            {
                bound_service_account_names = "*",
                bound_service_account_namespaces = "bench",
                token_policies = "default",
                token_ttl = "1h",
                token_type = type,
            });
        }
    }

    private async Task LoginsAsync()
    {
        var body = Path.Combine(server.Home, "body.json");
        var pod = await PodBodiesAsync("service", 100);
        var login = await server.Api.SendAsync(HttpMethod.Post, "auth/kubernetes/login", Json(File.ReadLines(pod).First()));
        await File.WriteAllTextAsync(body, login.Good().Text);
        var address = KistServer.FreeAddress();
        await using var bare = await BareServer.StartAsync(address, body);
        var roles = new[] { await AppRoleBodyAsync("service"), await AppRoleBodyAsync("batch") };
        var podBatch = await PodBodiesAsync("batch", 100);
        var loads = await Turns.MeasureAsync(
            "logins",
            turn => Load("auth/kubernetes/login", pod, address, turn),
            turn => Load("auth/approle/login", roles[0], server.Address, turn),
            turn => Load("auth/kubernetes/login", pod, server.Address, turn),
            turn => Load("auth/approle/login", roles[1], server.Address, turn),
            turn => Load("auth/kubernetes/login", podBatch, server.Address, turn));
        figures.Add(Figure.Of($"bare Kestrel, same bytes, {Clients} clients", loads[0]));
        string[] names = ["AppRole login", "Kubernetes login, local keys", "AppRole login, batch token", "Kubernetes login, local keys, batch token"];
        for (var i = 0; i < names.Length; i++)
            figures.Add(Figure.Of(names[i], loads[i + 1], loads[i + 1].PerSecond / loads[0].PerSecond, "bare"));
    }

    private async Task StormAsync()
    {
        Turns.Tell($"{Storm} first logins at once");
        var bodies = Enumerable.Range(0, Storm).Select(i => PodBody("service", $"storm-{i}")).ToList();
        using var api = new ApiClient(server.Address, null);
        using var gate = new SemaphoreSlim(0, Storm);
        var began = 0L;
        var logins = bodies.Select(async body =>
        {
            await gate.WaitAsync();
            var answer = await api.SendAsync(HttpMethod.Post, "auth/kubernetes/login", Json(body));
            return answer.Status == HttpStatusCode.OK ? null : $"{(int)answer.Status} {answer.Text}";
        }).ToList();
        began = System.Diagnostics.Stopwatch.GetTimestamp();
        gate.Release(Storm);
        var errors = (await Task.WhenAll(logins)).Where(error => error is not null).ToList();
        var seconds = System.Diagnostics.Stopwatch.GetElapsedTime(began).TotalSeconds;
        if (errors.Count > 0)
            throw new InvalidOperationException($"{errors.Count} of {Storm} first logins failed, the first with {errors[0]}");
        var took = $"{seconds.ToString("0.00", CultureInfo.InvariantCulture)} s";
        figures.Add(new Figure($"{Storm:#,0} first logins at once", took, "", "", "no error", true));
    }

    private static Task<Load> Load(string path, string bodies, Uri address, TimeSpan turn) =>
        new Wrk(("BENCH_PATH", path), ("BENCH_BODIES", bodies)).RunAsync("login.lua", address, Clients, turn);

    private async Task<string> AppRoleBodyAsync(string role)
    {
        var id = (await server.Api.ReadAsync($"auth/approle/role/{role}/role-id")).Good().Data.GetProperty("role_id").GetString();
        var secret = (await server.Api.WriteAsync($"auth/approle/role/{role}/secret-id", new { })).Good().Data.GetProperty("secret_id").GetString();
        var file = Path.Combine(server.Home, $"approle-{role}");
        await File.WriteAllTextAsync(file, JsonSerializer.Serialize(new { role_id = id, secret_id = secret }) + "\n");
        return file;
    }

    private async Task<string> PodBodiesAsync(string role, int count)
    {
        var file = Path.Combine(server.Home, $"pods-{role}");
        await File.WriteAllLinesAsync(file, Enumerable.Range(0, count).Select(i => PodBody(role, $"pod-{i}")));
        return file;
    }

    private string PodBody(string role, string account) => JsonSerializer.Serialize(new { role, jwt = Token(account) });

    // As the TokenRequest API makes them.
    private string Token(string account)
    {
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        var claims = new Dictionary<string, object>
        {
            ["aud"] = new[] { Issuer },
            ["exp"] = now + 7200,
            ["iat"] = now,
            ["nbf"] = now,
            ["iss"] = Issuer,
            ["sub"] = $"system:serviceaccount:bench:{account}",
            ["kubernetes.io"] = new
            {
                @namespace = "bench",
                pod = new { name = account, uid = Guid.NewGuid().ToString() },
                serviceaccount = new { name = account, uid = Guid.NewGuid().ToString() },
            },
        };
        var text = $"{Part(new { alg = "ES256", typ = "JWT" })}.{Part(claims)}";
        const DSASignatureFormat Format = DSASignatureFormat.IeeeP1363FixedFieldConcatenation;
        var signature = clusterKey.SignData(Encoding.ASCII.GetBytes(text), HashAlgorithmName.SHA256, Format);
        return $"{text}.{Base64Url.EncodeToString(signature)}";
    }

    private static string Part(object value) => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(value));

    private static StringContent Json(string body) => new(body, Encoding.UTF8, "application/json");

    private async Task WriteAsync(string path, object body) => (await server.Api.WriteAsync(path, body)).Good();
}
