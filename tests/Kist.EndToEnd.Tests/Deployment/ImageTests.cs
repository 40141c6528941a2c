using System.Net;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Kist.EndToEnd.Tests.Needs;
using Kist.Harness;
using Kist.Kubernetes.Tests.Deployment;

namespace Kist.EndToEnd.Tests.Deployment;

/// <summary>
/// What the image holds, without an engine that could build it: the Dockerfile's own command line publishes the program, which then runs as the pod
/// of the manifests does, with their configuration, as their user without any right, on a root file system that nobody can write to.
/// </summary>
public sealed class ImageTests : IAsyncLifetime
{
    // Binds the only place that stays writable over itself, so that it is a mount of its own when all else becomes read-only, /tmp too.
    private const string Script = """
        mount --bind "$1" "$1" && mount -o remount,bind,ro / || exit 99
        shift
        exec "$@"
        """;

    private static readonly TimeSpan PatienceWithBuild = TimeSpan.FromMinutes(5);
    private readonly string build = Path.Combine(BuiltProgram.Repository, ".build");
    private readonly string sealKey = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
    private KistServer server = null!;

    public Task InitializeAsync()
    {
        server = KistServer.Create(new ServerOptions { Tls = true, StaticSeal = true });
        return Task.CompletedTask;
    }

    public Task DisposeAsync() => server.DisposeAsync().AsTask();

    [FactNeeding(Need.SmallFileSystem)]
    public async Task Published_program_serves_as_the_pod_of_the_manifests_on_a_read_only_root_file_system()
    {
        var program = await PublishAsync();
        var pod = DeployFiles.Manifests("server").Single(item => item.Kind() == "StatefulSet").Pod()!;
        await WriteConfigurationAsync();
        Launch(program, pod);
        await server.AnswersAsync("sys/health?uninitcode=200");
        var container = pod.Containers().Single();
        Assert.Equal(HttpStatusCode.NoContent, await ProbeAsync(container, "livenessProbe"));
        Assert.Equal(HttpStatusCode.NotImplemented, await ProbeAsync(container, "readinessProbe"));
        await server.InitializeAsync();
        var options = new { file_path = Path.Combine(server.AuditDirectory, "audit.log") };
        (await server.Api.WriteAsync("sys/audit/file", new { type = "file", options })).Good();
        Assert.Equal(HttpStatusCode.OK, await ProbeAsync(container, "readinessProbe"));

        await server.Process.StopAsync();
        Launch(program, pod);
        await server.AnswersAsync("sys/health");
        Assert.True((await server.Api.ReadAsync("auth/token/lookup-self")).Good().Json.TryGetProperty("data", out _));
        var status = await File.ReadAllTextAsync($"/proc/{server.Process.Id}/status");
        Assert.Matches($"Uid:\t{pod.Text("spec", "securityContext", "runAsUser")}\t", status);
        Assert.Matches("CapEff:\t0+\n", status);
    }

    // Into folders that ./kist uses as well, so that whoever comes second compiles nothing.
    private async Task<string> PublishAsync()
    {
        var line = Assert.Single(InDockerfile("RUN dotnet publish "));
        var output = Path.Combine(build, "image");
        var arguments = line.Split(' ').Select(word => word switch
        {
            "$TARGETARCH" => RuntimeInformation.OSArchitecture == Architecture.Arm64 ? "arm64" : "amd64",
            "/app" => output,
            _ => word,
        });
        Directory.CreateDirectory(build);
        var start = BuiltProgram.Start(
            "flock",
            [
                Path.Combine(build, "kist.lock"), "dotnet", "publish", .. arguments,
                "--artifacts-path", Path.Combine(build, "artifacts"), "--disable-build-servers", "--nologo",
            ]);
        start.WorkingDirectory = BuiltProgram.Repository;
        var ended = await KistProcess.RunAsync(start, PatienceWithBuild, "", CancellationToken.None);
        Assert.True(ended.ExitCode == 0, ended.Output + ended.Errors);
        return Path.Combine(output, "kist");
    }

    // What follows these words in the lines that begin with them.
    private static IEnumerable<string> InDockerfile(string words) =>
        File.ReadLines(Path.Combine(DeployFiles.Folder, "Dockerfile"))
            .Where(line => line.StartsWith(words, StringComparison.Ordinal))
            .Select(line => line[words.Length..]);

    // The manifests' configuration, at this server's places.
    private async Task WriteConfigurationAsync()
    {
        var text = DeployFiles.Manifests("server").Single(item => item.Kind() == "ConfigMap").Text("data", "kist.hcl");
        foreach (var (theirs, ours) in ((string, string)[])
        [
            ("/var/lib/kist/kist.db", server.Database),
            ("0.0.0.0:8200", server.Address.Authority),
            ("/etc/kist/tls/tls.crt", server.Certificates.CertificateFile),
            ("/etc/kist/tls/tls.key", server.Certificates.KeyFile),
        ])
        {
            Assert.Contains(theirs, text, StringComparison.Ordinal);
            text = text.Replace(theirs, ours, StringComparison.Ordinal);
        }
        await File.WriteAllTextAsync(server.ConfigurationFile, text);
    }

    private void Launch(string program, JsonNode pod)
    {
        var user = pod.Text("spec", "securityContext", "runAsUser");
        var group = pod.Text("spec", "securityContext", "runAsGroup");
        Assert.True(Machine.Succeeds("chown", "-R", $"{user}:{group}", server.Home));
        var start = BuiltProgram.Start(
            "unshare",
            [
                "--mount", "/bin/sh", "-c", Script, "image", server.Home,
                "setpriv", $"--reuid={user}", $"--regid={group}", "--clear-groups", "--no-new-privs", "--bounding-set=-all", "--inh-caps=-all",
                program, "server", $"-config={server.ConfigurationFile}",
            ]);
        var path = start.Environment["PATH"];
        start.Environment.Clear();
        start.Environment["PATH"] = path;
        foreach (var assignment in InDockerfile("ENV ").Last().Split(' ').Where(static word => !word.StartsWith("PATH=", StringComparison.Ordinal)))
            start.Environment[assignment.Split('=')[0]] = assignment.Split('=')[1];
        foreach (var variable in pod.Containers().Single().List("env"))
            start.Environment[variable.Text("name")] = variable.At("valueFrom") is null ? variable.Text("value") : sealKey;
        server.Launch(start);
    }

    private async Task<HttpStatusCode> ProbeAsync(JsonNode container, string probe) =>
        (await server.Api.ReadAsync(container.Text(probe, "httpGet", "path")["/v1/".Length..])).Status;
}
