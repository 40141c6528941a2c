using Kist.Client.Tests.Fakes;
using Kist.Harness;
using Kist.Wire.Etcd;
using Kist.Wire.Grpc;
using Kist.Wire.Tests.Etcd;

namespace Kist.Client.Tests.Commands.Etcd;

/// <summary>The commands of <c>docs/how-to/is-my-cluster-encrypting.md</c>, run with a captured snapshot in place of the backup.</summary>
public sealed class EtcdPageTests : IDisposable
{
    private const string Page = "docs/how-to/is-my-cluster-encrypting.md";

    private readonly Fakes.Cli cli = new();

    [FactNeedingEtcd]
    public async Task Every_command_of_the_page_does_what_it_says()
    {
        var files = TestCertificates.Create(Directory.CreateDirectory(cli.Home.At("tls")).FullName);
        await using var server = await EtcdServer.StartAsync(new EtcdServerOptions { Certificates = files });
        using var client = new EtcdClient(
            new EtcdOptions { Endpoints = [server.Endpoint], Tls = TlsFiles.Read(files.AuthorityFile, files.CertificateFile, files.KeyFile) });
        await client.PutAsync(new EtcdPut("/registry/secrets/default/a"u8.ToArray(), "{\"kind\":\"Secret\"}"u8.ToArray()), CancellationToken.None);
        var password = cli.Home.File("password.txt", "plain-1-secret-value");
        var commands = Commands();
        Assert.Equal(6, commands.Count);

        foreach (var command in commands)
        {
            var line = command
                .Replace("https://127.0.0.1:2379", server.Endpoint.GetLeftPart(UriPartial.Authority), StringComparison.Ordinal)
                .Replace("/etc/kubernetes/pki/etcd/ca.crt", files.AuthorityFile, StringComparison.Ordinal)
                .Replace("/etc/kubernetes/pki/etcd/server.crt", files.CertificateFile, StringComparison.Ordinal)
                .Replace("/etc/kubernetes/pki/etcd/server.key", files.KeyFile, StringComparison.Ordinal)
                .Replace("/etc/kubernetes/encryption.yaml", EtcdFiles.Mixed, StringComparison.Ordinal)
                .Replace("/backup/etcd.db", EtcdFiles.Snapshot, StringComparison.Ordinal)
                .Replace("@password.txt", $"@{password}", StringComparison.Ordinal);
            var result = await cli.RunAsync(line.Split(' '));
            Assert.True(result.Code == (command.StartsWith("etcd get", StringComparison.Ordinal) ? 0 : 3), $"{command}\n{result.Output}{result.Error}");
        }
    }

    [Fact]
    public async Task Totals_on_the_page_are_those_that_are_printed()
    {
        var result = await cli.RunAsync("etcd", "report", "--snapshot", EtcdFiles.Snapshot, "--config", EtcdFiles.Mixed);
        var printed = result.Output
            .Replace(EtcdFiles.Snapshot, "/backup/etcd.db", StringComparison.Ordinal)
            .Replace(EtcdFiles.Mixed, "/etc/kubernetes/encryption.yaml", StringComparison.Ordinal);
        var totals = printed[..printed.IndexOf("\n\nState", StringComparison.Ordinal)];
        Assert.Contains(string.Join('\n', totals.Split('\n').Select(l => l.Length > 0 ? "    " + l : "")), File.ReadAllText(Path.Combine(Repository.Root, Page)));
    }

    public void Dispose() => cli.Dispose();

    private static List<string> Commands()
    {
        const string Prompt = "    $ kist ";
        return [.. File.ReadAllLines(Path.Combine(Repository.Root, Page)).Where(l => l.StartsWith(Prompt, StringComparison.Ordinal)).Select(l => l[Prompt.Length..])];
    }
}
