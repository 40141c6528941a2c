using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Kist.Harness.Kubernetes;
using Kist.Kubernetes.AtRest;
using Kist.Wire.Etcd;
using Kist.Wire.Kubernetes;
using Kist.Wire.Kubernetes.Config;
using Kist.Wire.Kubernetes.Credentials;

namespace Kist.Kubernetes.Tests.Encryption.Rewrite;

/// <summary>One cluster for all tests of the collection, whose API server starts anew with another configuration for each of them.</summary>
public sealed class EncryptedCluster : IAsyncLifetime
{
    private KubeCluster? cluster;
    private EtcdClient? etcd;
    private int namespaces;

    public KubeCluster Cluster => cluster ?? throw new InvalidOperationException("kube-apiserver is not built");

    public EtcdClient Etcd => etcd ?? throw new InvalidOperationException("kube-apiserver is not built");

    public async Task InitializeAsync()
    {
        if (!KubeCluster.Installed)
            return;
        cluster = await KubeCluster.StartAsync(new KubeClusterOptions());
        etcd = new EtcdClient(new EtcdOptions { Endpoints = [cluster.Etcd.Endpoint] });
    }

    public async Task DisposeAsync()
    {
        etcd?.Dispose();
        if (cluster is not null)
            await cluster.DisposeAsync();
    }

    /// <summary>A client of a user's.</summary>
    public KubeClient Client(string token, int attempts = 3) => new(new KubeOptions
    {
        Connection = new KubeConnection
        {
            Server = Cluster.ApiServer.Address,
            Authorities = [X509CertificateLoader.LoadCertificateFromFile(Cluster.Certificates.AuthorityFile)],
            Credentials = KubeCredential.Bearer(token),
        },
        Attempts = attempts,
    });

    /// <summary>Starts the API server anew with AES-GCM keys for Secrets, the first of which writes; with none, it stores them in plaintext. It reads all.</summary>
    public async Task EncryptWithAsync(params IReadOnlyList<string> keys)
    {
        await File.WriteAllTextAsync(Cluster.ApiServer.EncryptionFile, Configuration(keys));
        await Cluster.ApiServer.RestartAsync();
    }

    /// <summary>Makes a namespace that no other test uses, with Secrets in it.</summary>
    public async Task<string> FillAsync(int secrets)
    {
        var name = $"rewrite{Interlocked.Increment(ref namespaces).ToString(CultureInfo.InvariantCulture)}";
        await Cluster.ApiServer.Http.CreateNamespaceAsync(name);
        for (var i = 0; i < secrets; i++)
            await Cluster.ApiServer.Http.CreateSecretAsync(name, $"secret{i.ToString(CultureInfo.InvariantCulture)}", $"value of {i}");
        return name;
    }

    /// <summary>Under which keys the Secrets of a namespace lie, by their names.</summary>
    public async Task<IReadOnlyDictionary<string, string>> KeysAsync(string ns)
    {
        var prefix = $"/registry/secrets/{ns}/";
        var found = await Etcd.RangeAsync(new EtcdRange(EtcdKeys.Prefix(Encoding.ASCII.GetBytes(prefix))), default);
        return found.Entries.ToDictionary(e => Encoding.UTF8.GetString(e.Key.Span)[prefix.Length..], e => StoredLabel.Of(e.Value.Span).KeyName ?? "plaintext");
    }

    private static string Configuration(IReadOnlyList<string> keys)
    {
        const string Plaintext = "- identity: {}";
        // What other tests have written stays readable.
        var encrypted = $"- aesgcm:\n      keys: [{string.Join(", ", keys.Concat(["one", "two"]).Distinct(StringComparer.Ordinal).Select(Key))}]";
        return $"""
            apiVersion: apiserver.config.k8s.io/v1
            kind: EncryptionConfiguration
            resources:
            - resources: [secrets]
              providers:
              {(keys.Count > 0 ? encrypted : Plaintext)}
              {(keys.Count > 0 ? Plaintext : encrypted)}
            """;
    }

    private static string Key(string name) =>
        $"{{name: {name}, secret: {Convert.ToBase64String(Encoding.ASCII.GetBytes(name.PadRight(32, '-')))}}}";
}

[CollectionDefinition(Name)]
public sealed class EncryptedClusterCollection : ICollectionFixture<EncryptedCluster>
{
    public const string Name = "kube-apiserver";
}
