using System.Text;
using Kist.Core;
using Kist.Crypto;
using Kist.Kubernetes.AtRest;
using Kist.Kubernetes.Encryption;
using Kist.Kubernetes.Encryption.Backup;
using Kist.Kubernetes.Encryption.Rotation;

namespace Kist.Kubernetes.Tests.Encryption.Rotation;

/// <summary>No failure that anybody handles: the process is gone.</summary>
public sealed class CrashException : Exception;

/// <summary>
/// A FAKE of some control-plane nodes over one etcd: each has a file and works by the state of it that it loaded last, with the real ciphers. What a
/// real
/// API server does beyond that is proven elsewhere.
/// </summary>
internal sealed class FakeCluster : IApiServers, IStoredObjects, IObjectRewriter
{
    private readonly Dictionary<string, byte[]> etcd = new(StringComparer.Ordinal);
    private readonly List<FakeNode> nodes;
    private int written;

    public FakeCluster(string config, int size = 2)
    {
        nodes = [.. Enumerable.Range(1, size).Select(i => new FakeNode($"node{i}", config, this))];
        Leases = [.. nodes.Select(n => n.Name)];
        foreach (var node in nodes)
            node.Load();
    }

    public StubKmsPlugin Plugin { get; } = StubKmsPlugin.WithKeys("kek");

    public IReadOnlyList<FakeNode> Nodes => nodes;

    /// <summary>False for servers before 1.34, whose metrics tell times at most.</summary>
    public bool ShowsHashes { get; set; } = true;

    /// <summary>The leases of API servers; a node's own is its name.</summary>
    public IReadOnlyList<string> Leases { get; set; }

    /// <summary>The resources that were last to be rewritten.</summary>
    public IReadOnlyList<GroupResource> Rewritten { get; private set; } = [];

    public DateTimeOffset Now { get; set; } = new(2026, 11, 26, 12, 0, 0, TimeSpan.Zero);

    /// <summary>Every change to the outside counts down; at zero, the process is gone, before the change or right after it.</summary>
    public int CrashesAt { get; set; } = int.MaxValue;

    public bool CrashesAfter { get; set; }

    public int Effects { get; private set; }

    /// <summary>So many servers are named to the rotation.</summary>
    public int Named { get; set; } = int.MaxValue;

    public IReadOnlyList<string> Names => [.. nodes.Take(Named).Select(n => n.Name)];

    public IEnumerable<string> Labels => etcd.Values.Select(v => StoredLabel.Of(v)).Select(l => $"{l.Provider} {l.KeyName}".Trim()).Distinct().Order(StringComparer.Ordinal);

    public int Objects => etcd.Count;

    /// <summary>All nodes write something new, and every node reads all that there is.</summary>
    public async Task UseAsync(string resource = "secrets")
    {
        foreach (var node in nodes)
            await node.WriteAsync($"/registry/{resource}/default/s{++written}", $"value {written}");
        await ReadAllAsync();
    }

    public async Task ReadAllAsync()
    {
        foreach (var (node, key) in nodes.SelectMany(n => etcd.Keys.Select(k => (n, k))))
            Assert.True((await node.ReadAsync(key)).Succeeded, $"{node.Name} cannot read {key}, which is {StoredLabel.Of(etcd[key])}");
    }

    public void Put(string key, byte[] value) => etcd[key] = value;

    public byte[] Get(string key) => etcd[key];

    public void Delete(string key) => etcd.Remove(key);

    /// <summary>A change of the outside world.</summary>
    public T Change<T>(Func<T> change)
    {
        Effects++;
        if (Effects == CrashesAt && !CrashesAfter)
            throw new CrashException();
        var result = change();
        return Effects == CrashesAt ? throw new CrashException() : result;
    }

    public Task<Outcome<string>> MetricsAsync(string name, CancellationToken cancellationToken)
    {
        var node = nodes.Single(n => n.Name == name);
        var text = new StringBuilder($"# HELP\nprocess_start_time_seconds {(node.Loaded - DateTimeOffset.UnixEpoch).TotalSeconds:R}\n");
        if (ShowsHashes)
            text.Append($"apiserver_encryption_config_controller_last_config_info{{apiserver_id_hash=\"sha256:{SealedBackup.FingerprintOf(Encoding.UTF8.GetBytes(name))}\",hash=\"sha256:{node.LoadedHash}\"}} 1\n");
        return Task.FromResult<Outcome<string>>(text.ToString());
    }

    public Task<Outcome<IReadOnlyList<StoredCount>>> CountAsync(
        EncryptionConfiguration configuration, IReadOnlyList<GroupResource> resources, CancellationToken cancellationToken)
    {
        using var chains = ProviderChains.Create(configuration, _ => null, new AtRestOptions()).Ok();
        var counter = new StoredCounter(chains);
        foreach (var (key, value) in etcd.Where(e => Covers(resources, e.Key)))
            counter.Add(ResourceOf(key), Encoding.UTF8.GetBytes(key), value);
        return Task.FromResult(new Outcome<IReadOnlyList<StoredCount>>(counter.Counts));
    }

    public Task<Outcome<IReadOnlyList<string>>> ServerLeasesAsync(CancellationToken cancellationToken) => Task.FromResult(new Outcome<IReadOnlyList<string>>(Leases));

    public async Task<Outcome<Nothing>> RewriteAsync(IReadOnlyList<GroupResource> resources, CancellationToken cancellationToken)
    {
        Rewritten = resources;
        foreach (var key in etcd.Keys.Where(k => Covers(resources, k)).Order(StringComparer.Ordinal).ToList())
        {
            // Any node may be asked, each request another one.
            var node = nodes[Effects % nodes.Count];
            var read = await node.ReadAsync(key);
            if (read.Succeeded)
                await Change(() => node.WriteAsync(key, read.Value));
        }
        return Outcome.Done;
    }

    private static GroupResource ResourceOf(string key) => StorageKey.Parse("/registry", Encoding.UTF8.GetBytes(key))!.Resource;

    private static bool Covers(IReadOnlyList<GroupResource> resources, string key) =>
        ResourceOf(key) is var resource && (resources.Contains(resource) || resources.Contains(resource.WholeGroup) || resources.Contains(GroupResource.Everything));
}

/// <summary>One of them.</summary>
internal sealed class FakeNode(string name, string config, FakeCluster cluster) : IConfigurationFile
{
    private byte[] file = Encoding.UTF8.GetBytes(config);
    private ProviderChains? chains;

    public string Name => name;

    public string Path => $"{name}:/etc/kubernetes/enc/config.yaml";

    public DateTimeOffset Changed { get; private set; } = cluster.Now;

    public DateTimeOffset Loaded { get; private set; }

    public string LoadedHash { get; private set; } = "";

    public string Text => Encoding.UTF8.GetString(file);

    public List<string> Copies { get; } = [];

    public byte[] Read() => [.. file];

    public string Replace(ReadOnlySpan<byte> expected, ReadOnlySpan<byte> content)
    {
        Assert.True(expected.SequenceEqual(file));
        var next = content.ToArray();
        return cluster.Change(() =>
        {
            Copies.Add(Text);
            Set(next);
            return $"copy {Copies.Count}";
        });
    }

    /// <summary>Somebody copies a file here.</summary>
    public void Set(byte[] content)
    {
        file = content;
        cluster.Now += TimeSpan.FromSeconds(10);
        Changed = cluster.Now;
    }

    /// <summary>The server reloads, or is started anew.</summary>
    public void Load()
    {
        cluster.Now += TimeSpan.FromSeconds(10);
        var old = chains;
        chains = ProviderChains.Create(ConfigurationFile.Load(Text, Chains.Facts).Ok(), _ => cluster.Plugin, new AtRestOptions()).Ok();
        old?.Dispose();
        Loaded = cluster.Now;
        LoadedHash = SealedBackup.FingerprintOf(file);
    }

    public async Task<bool> WriteAsync(string key, string text)
    {
        var (bytes, chain) = Chain(key);
        cluster.Put(key, (await chain.WriteAsync(bytes, Encoding.UTF8.GetBytes(text), CancellationToken.None)).Ok());
        return true;
    }

    public async Task<Outcome<string>> ReadAsync(string key)
    {
        using var plaintext = new SecretBuffer();
        var (bytes, chain) = Chain(key);
        var read = await chain.ReadAsync(bytes, cluster.Get(key), plaintext, CancellationToken.None);
        return read.Succeeded ? Encoding.UTF8.GetString(plaintext.Written) : read.Failure;
    }

    private (byte[] Key, ProviderChain Chain) Chain(string key)
    {
        var bytes = Encoding.UTF8.GetBytes(key);
        return (bytes, chains!.For(StorageKey.Parse("/registry", bytes)!.Resource));
    }
}
