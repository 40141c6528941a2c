using System.Security.Cryptography;
using System.Text;

namespace Kist.Harness.Kubernetes;

/// <summary>How a cluster is set up.</summary>
public sealed record KubeClusterOptions
{
    /// <summary>How many API servers share the etcd.</summary>
    public int ApiServers { get; init; } = 1;

    /// <summary>The encryption configuration that all start with; null for none.</summary>
    public string? EncryptionConfiguration { get; init; }

    /// <summary>Demand client certificates from etcd's clients, as clusters do.</summary>
    public bool EtcdTls { get; init; }

    /// <summary>Further flags of the API servers.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];
}

/// <summary>
/// A control plane without controllers: etcd and one or several kube-apiservers, each with an encryption configuration of its own as on a node of
/// its own. Nothing of it stays after disposal, and nothing runs on when the test host dies.
/// </summary>
public sealed class KubeCluster : IAsyncDisposable
{
    /// <summary>The administrator's token.</summary>
    public const string AdminToken = "kist-test-admin";

    private KubeCluster(EtcdServer etcd, string home, TestCertificates certificates)
    {
        Etcd = etcd;
        Home = home;
        Certificates = certificates;
        TokenFile = Path.Combine(home, "tokens.csv");
        ServiceAccountKeyFile = Path.Combine(home, "service-account.key");
        Admin = certificates.WriteClient("kist-admin, O=system:masters", "admin");
    }

    /// <summary>True when all it needs is there.</summary>
    public static bool Installed => KubeApiServer.Installed;

    /// <summary>The directory of its files.</summary>
    public string Home { get; }

    /// <summary>The etcd.</summary>
    public EtcdServer Etcd { get; }

    /// <summary>The API servers.</summary>
    public IReadOnlyList<KubeApiServer> ApiServers { get; private set; } = [];

    /// <summary>The first API server.</summary>
    public KubeApiServer ApiServer => ApiServers[0];

    /// <summary>What the API servers show, and the authority of clients.</summary>
    public TestCertificates Certificates { get; }

    /// <summary>The administrator's certificate and key.</summary>
    public (string CertificateFile, string KeyFile) Admin { get; }

    internal string TokenFile { get; }

    internal string ServiceAccountKeyFile { get; }

    /// <summary>The token of a user who is in no group; every name is one.</summary>
    public static string TokenOf(string user) => $"kist-test-{user}";

    /// <summary>Starts a cluster and waits until it is ready.</summary>
    public static async Task<KubeCluster> StartAsync(KubeClusterOptions options)
    {
        var home = Directory.CreateTempSubdirectory("kist-kube-").FullName;
        var certificates = TestCertificates.Create(home);
        var etcd = await EtcdServer.StartAsync(new EtcdServerOptions { Certificates = options.EtcdTls ? certificates : null });
        var cluster = new KubeCluster(etcd, home, certificates);
        try
        {
            await cluster.StartApiServersAsync(options);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Writes a kubeconfig for one of the API servers, with the administrator's certificate in it.</summary>
    public string WriteKubeconfig(KubeApiServer server, string fileName)
    {
        var path = Path.Combine(Home, fileName);
        File.WriteAllText(path, $$"""
            apiVersion: v1
            kind: Config
            current-context: test
            contexts:
            - name: test
              context: {cluster: test, user: admin}
            clusters:
            - name: test
              cluster:
                server: {{server.Address.GetLeftPart(UriPartial.Authority)}}
                certificate-authority: {{Path.GetFileName(Certificates.AuthorityFile)}}
            users:
            - name: admin
              user:
                client-certificate-data: {{Base64(Admin.CertificateFile)}}
                client-key-data: {{Base64(Admin.KeyFile)}}
            """);
        return path;
    }

    /// <summary>Kills everything and removes the files.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var server in ApiServers)
            await server.DisposeAsync();
        await Etcd.DisposeAsync();
        Certificates.Dispose();
        Directory.Delete(Home, recursive: true);
    }

    private async Task StartApiServersAsync(KubeClusterOptions options)
    {
        using (var key = ECDsa.Create(ECCurve.NamedCurves.nistP256))
            await File.WriteAllTextAsync(ServiceAccountKeyFile, key.ExportECPrivateKeyPem());
        var users = new StringBuilder($"{AdminToken},kist-token-admin,1,\"system:masters\"\n");
        foreach (var user in (string[])["reader", "rewriter", "stranger"])
            users.Append($"{TokenOf(user)},{user},{user}\n");
        await File.WriteAllTextAsync(TokenFile, users.ToString());
        ApiServers = [.. Enumerable.Range(0, options.ApiServers).Select(i => new KubeApiServer(this, NodeHome(i), options))];
        foreach (var server in ApiServers)
        {
            if (options.EncryptionConfiguration is { } text)
                await File.WriteAllTextAsync(server.EncryptionFile, text);
        }
        // The first one fills the store with what every cluster has; together they would race for it.
        foreach (var server in ApiServers)
            await server.StartAsync();
    }

    private string NodeHome(int number) => Directory.CreateDirectory(Path.Combine(Home, $"node{number}")).FullName;

    private static string Base64(string file) => Convert.ToBase64String(File.ReadAllBytes(file));
}
