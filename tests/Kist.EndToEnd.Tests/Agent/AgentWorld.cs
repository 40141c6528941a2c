using Kist.Crypto.Tests.Jose;
using Kist.EndToEnd.Tests.Leaks;
using Kist.Harness;

namespace Kist.EndToEnd.Tests.Agent;

/// <summary>A server that unseals itself, somebody who can log in to it in several ways, and agents that do.</summary>
public sealed class AgentWorld : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TestSigner signer = TestSigner.Ec();
    private WatchedServer watched = null!;

    /// <summary>The server.</summary>
    public KistServer Server => watched.Server;

    /// <summary>The server's client, with root's token.</summary>
    public ApiClient Api => watched.Api;

    /// <summary>Where agents work.</summary>
    public string Home { get; private set; } = "";

    public async Task InitializeAsync()
    {
        (watched, _) = await WatchedServer.StartReadyAsync(new ServerOptions { Tls = true, StaticSeal = true });
        Home = Directory.CreateDirectory(Path.Combine(Server.Home, "agents")).FullName;
        (await Api.WriteAsync("sys/mounts/secret", new { type = "kv", options = new { version = "2" } })).Good();
        (await Api.WriteAsync("sys/policies/acl/app", new { policy = "path \"secret/*\" { capabilities = [\"read\"] }" })).Good();
        foreach (var method in (string[])["approle", "userpass", "jwt"])
            (await Api.WriteAsync($"sys/auth/{method}", new { type = method })).Good();
        (await Api.WriteAsync("auth/jwt/config", new { jwt_validation_pubkeys = new[] { signer.Pem }, bound_issuer = "https://ci.test" })).Good();
        (await Api.WriteAsync("auth/jwt/role/web", new
        {
            role_type = "jwt",
            user_claim = "sub",
            bound_audiences = new[] { "kist" },
            token_policies = new[] { "app" },
            token_ttl = "3s",
            token_max_ttl = "5s",
        })).Good();
    }

    public async Task DisposeAsync()
    {
        signer.Dispose();
        await watched.DisposeAsync();
    }

    /// <summary>A role of the approle method, and files with its two ids.</summary>
    public async Task<(string RoleId, string SecretId)> RoleAsync(string name, string ttl, string maxTtl)
    {
        (await Api.WriteAsync($"auth/approle/role/{name}", new { token_policies = new[] { "app" }, token_ttl = ttl, token_max_ttl = maxTtl })).Good();
        var role = (await Api.ReadAsync($"auth/approle/role/{name}/role-id")).Good().Data.GetProperty("role_id").GetString()!;
        var secret = (await Api.WriteAsync($"auth/approle/role/{name}/secret-id", new { })).Good().Data.GetProperty("secret_id").GetString()!;
        return (File(role), File(watched.Secrets.Add("secret id", secret)));
    }

    /// <summary>A token that the jwt role takes, of a subject of its own.</summary>
    public string Jwt(string subject)
    {
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        return watched.Secrets.Add("jwt", signer.Sign(System.Text.Json.JsonSerializer.Serialize(
            new { iss = "https://ci.test", sub = subject, aud = "kist", iat = now - 60, exp = now + 600 })));
    }

    /// <summary>A value that must not be found anywhere.</summary>
    public string NewSecret(string label) => watched.Secrets.New(label);

    /// <summary>Somebody else's value, which must not be found anywhere either.</summary>
    public string Plant(string label, string value) => watched.Secrets.Add(label, value);

    /// <summary>A file of a name of its own.</summary>
    public string File(string content, string ending = "")
    {
        var path = Free() + ending;
        System.IO.File.WriteAllText(path, content);
        return path;
    }

    /// <summary>A path that is free.</summary>
    public string Free() => Path.Combine(Home, Path.GetRandomFileName());

    /// <summary>Starts an agent with what a test configures beside the server.</summary>
    public KistProcess Begin(string configuration, params string[] flags) => BeginWith("", configuration, flags);

    /// <summary>Starts an agent that reaches the server with further settings.</summary>
    public KistProcess BeginWith(string serverSettings, string configuration, params string[] flags)
    {
        var file = File(
            $"vault {{\n address = \"{Server.Address.AbsoluteUri.TrimEnd('/')}\"\n ca_cert = \"{Server.AuthorityFile}\"\n {serverSettings}\n}}\n{configuration}", ".hcl");
        var start = BuiltProgram.Start(BuiltProgram.Path, ["agent", $"-config={file}", "-log-level=debug", .. flags]);
        foreach (var name in start.Environment.Keys.Where(static k => k.StartsWith("KIST_", StringComparison.Ordinal) || k.StartsWith("VAULT_", StringComparison.Ordinal)).ToList())
            start.Environment.Remove(name);
        start.WorkingDirectory = Home;
        return KistProcess.Start(start);
    }

    /// <summary>Asks an agent to stop and answers its exit code.</summary>
    public static async Task<int> EndAsync(KistProcess agent)
    {
        agent.Signal(Signals.Term);
        Assert.True(await agent.EndsWithinAsync(Patience, CancellationToken.None), agent.Output);
        return agent.ExitCode;
    }

    /// <summary>Waits until a file holds something other than <paramref name="known"/>, which it gives; the agent must live meanwhile.</summary>
    public async Task<string> TokenAsync(KistProcess agent, string path, string known = "")
    {
        var token = "";
        await UntilAsync(agent, () => System.IO.File.Exists(path) && (token = System.IO.File.ReadAllText(path)).Length > 0 && token != known);
        return watched.Secrets.Add("agent's token", token);
    }

    /// <summary>Waits until something is so; the agent must live meanwhile.</summary>
    public static async Task UntilAsync(KistProcess agent, Func<bool> isSo)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!isSo())
        {
            Assert.False(agent.HasExited || TimeProvider.System.GetElapsedTime(began) > Patience, agent.Output);
            await Task.Delay(20);
        }
    }

    /// <summary>Whether the server knows a token, and how it was got.</summary>
    public async Task<string?> DisplayNameAsync(string token)
    {
        var answer = await Api.ReadAsync("auth/token/lookup-self", token);
        return answer.Succeeded ? answer.Data.GetProperty("display_name").GetString() : null;
    }
}
