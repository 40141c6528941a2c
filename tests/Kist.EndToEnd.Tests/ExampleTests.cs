using System.Text.Json;
using Kist.EndToEnd.Tests.Leaks;
using Kist.Harness;

namespace Kist.EndToEnd.Tests;

/// <summary>The example of each command, in its help and in the reference, works with what this version has.</summary>
public sealed class ExampleTests : IAsyncLifetime
{
    private const string Prompt = "    $ kist ";

    // They run until they are stopped, ask at a terminal, or need a server that is not initialised, a cluster or its etcd: other tests have them.
    private static readonly string[] Elsewhere = ["dev ", "server ", "agent ", "kms serve ", "etcd ", "k8s ", "login", "operator init ", "operator unseal"];

    private static readonly string[] Made =
    [
        "sys/mounts/apps", "sys/mounts/applications", "sys/mounts/kv1", "secret/metadata/app/db", "sys/auth/userpass", "sys/auth/people",
        "sys/audit/file", "sys/rekey/init", "sys/generate-root/attempt",
    ];

    private WatchedServer watched = null!;
    private InitializedServer keys = null!;
    private Cli shell = null!;

    private ApiClient Api => watched.Api;

    public async Task InitializeAsync()
    {
        (watched, keys) = await WatchedServer.StartReadyAsync(new ServerOptions());
        shell = new Cli("/bin/bash", Path.Combine(watched.Server.Home, "user"), watched.Server.Address, null);
        File.CreateSymbolicLink(Path.Combine(shell.Home, "kist"), BuiltProgram.Path);
        shell.Environment["PATH"] = $"{shell.Home}:{Environment.GetEnvironmentVariable("PATH")}";
    }

    public Task DisposeAsync() => watched.DisposeAsync().AsTask();

    [Fact]
    public async Task Every_example_works_as_typed()
    {
        var examples = (await File.ReadAllLinesAsync(Path.Combine(BuiltProgram.Repository, "docs", "reference", "cli.md")))
            .Where(l => l.StartsWith(Prompt, StringComparison.Ordinal)).Select(l => l[Prompt.Length..])
            .Where(l => !Elsewhere.Any(e => l.StartsWith(e, StringComparison.Ordinal))).ToList();
        Assert.True(examples.Count > 50, "the examples are not found");
        var faults = new List<string>();
        foreach (var example in examples)
        {
            await PrepareAsync(example);
            var ended = await shell.TryAsync("", "-c", $"set -euo pipefail\nkist {await FilledInAsync(example)}");
            if (ended.ExitCode != 0)
                faults.Add($"{example} ended with {ended.ExitCode}: {ended.Output}{ended.Errors}");
        }
        Assert.True(faults.Count == 0, string.Join("\n", faults));
    }

    // What an example may work on is there, and what it makes is not.
    private async Task PrepareAsync(string example)
    {
        if ((await Api.ReadAsync("sys/seal-status")).Good().Json.GetProperty("sealed").GetBoolean())
            await watched.Server.UnsealAsync(keys);
        foreach (var made in Made)
            _ = await Api.DeleteAsync(made);
        await MountAsync("secret", "2");
        await MountAsync("kv1", "1");
        if (!example.StartsWith("secrets enable", StringComparison.Ordinal))
            await MountAsync("apps", "2");
        if (!example.StartsWith("auth enable", StringComparison.Ordinal))
            (await Api.WriteAsync("sys/auth/userpass", new { type = "userpass" })).Good();
        if (!example.StartsWith("audit enable", StringComparison.Ordinal))
            (await Api.WriteAsync("sys/audit/file", new { type = "file", options = new { file_path = watched.AuditFile } })).Good();
        for (var version = 1; version <= 4; version++)
            (await Api.WriteAsync("secret/data/app/db", new { data = new { user = "app", password = watched.Secrets.New("example") } })).Good();
        (await Api.WriteAsync("secret/data/app/old", new { data = new { x = "1" } })).Good();
        foreach (var path in (string[])["kv1/app/db", "kv1/teams/a"])
            (await Api.WriteAsync(path, new { x = "1" })).Good();
        foreach (var policy in (string[])["app", "deploy"])
            (await Api.WriteAsync($"sys/policies/acl/{policy}", new { policy = "path \"secret/data/app/*\" { capabilities = [\"read\"] }" })).Good();
        await File.WriteAllTextAsync(Path.Combine(shell.Home, "app.hcl"), "path \"a\" { capabilities = [\"read\"] }\n");
        await File.WriteAllTextAsync(Path.Combine(shell.Home, "password.txt"), watched.Secrets.New("file"));
        await File.WriteAllTextAsync(Path.Combine(shell.Home, "app"), "#!/bin/sh\ntest -n \"$DB_PASSWORD\" && test \"$1\" = -port=8080\n");
        File.SetUnixFileMode(Path.Combine(shell.Home, "app"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        foreach (var key in Directory.GetFiles(shell.Home, "signing.pem*"))
            File.Delete(key);
        if (example.StartsWith("kv rotate ", StringComparison.Ordinal))
            (await Api.WriteAsync("secret/rotation/app/db", new { period = "24h" })).Good();
        if (example.StartsWith("encryption", StringComparison.Ordinal))
            await PrepareConfigurationAsync();
        var wrap = (await Api.SendAsync(HttpMethod.Get, "kv1/app/db", null, wrapTtl: "5m")).Good().Json.GetProperty("wrap_info");
        var wrapped = wrap.GetProperty("token").GetString()!;
        await File.WriteAllTextAsync(Path.Combine(shell.Home, "wrapped.txt"), watched.Secrets.Add("wrapping token", wrapped));

        // A root token that an example can renew.
        shell.Environment["KIST_TOKEN"] = (await TokenAsync()).GetProperty("client_token").GetString()!;
    }

    private async Task PrepareConfigurationAsync()
    {
        await File.WriteAllTextAsync(Path.Combine(shell.Home, "passphrase.txt"), watched.Secrets.New("passphrase for a backup"));
        const string Script = """
            set -euo pipefail
            rm -f new-config.yaml encryption-config.yaml *.backup
            kist encryption init encryption-config.yaml
            kist encryption backup -passphrase-file=passphrase.txt encryption-config.yaml kept.backup
            """;
        var prepared = await shell.TryAsync("", "-c", Script);
        Assert.True(prepared.ExitCode == 0, prepared.Errors);
    }

    // Names that only this server knows.
    private async Task<string> FilledInAsync(string example)
    {
        var leases = (await Api.ListAsync("sys/leases/lookup/auth/token/create")).Good().Data.GetProperty("keys");
        return example
            .Replace("h2f6a614c", leases[0].GetString(), StringComparison.Ordinal)
            .Replace("7gq3zVkXb1Ua0Pmc", (await TokenAsync()).GetProperty("accessor").GetString(), StringComparison.Ordinal)
            .Replace("/var/log/kist/", $"{watched.Server.AuditDirectory}/", StringComparison.Ordinal);
    }

    private async Task<JsonElement> TokenAsync()
    {
        var auth = (await Api.WriteAsync("auth/token/create", new { policies = new[] { "root" }, ttl = "24h" })).Good().Json.GetProperty("auth");
        watched.Secrets.Add("token", auth.GetProperty("client_token").GetString()!);
        return auth;
    }

    private async Task MountAsync(string path, string version)
    {
        if (!(await Api.ReadAsync("sys/mounts")).Good().Data.TryGetProperty(path + "/", out _))
            (await Api.WriteAsync($"sys/mounts/{path}", new { type = "kv", options = new { version } })).Good();
    }
}
