using System.Runtime.CompilerServices;
using System.Text;
using Kist.Kubernetes.Encryption.Rewrite;
using Kist.Kubernetes.Etcd;
using Kist.Wire.Etcd;
using Kist.Wire.Kubernetes;

namespace Kist.Kubernetes.Tests.Encryption.Rewrite;

/// <summary>What lies otherwise in etcd than it should, told apart without a cluster.</summary>
public sealed class EtcdSourceTests
{
    private const string New = "k8s:enc:secretbox:v1:new:x";
    private const string Old = "k8s:enc:secretbox:v1:old:x";
    private static readonly KubeResource Novelties = new("novel.k8s.io", "v1", "novelties", IsNamespaced: true);

    [Fact]
    public async Task Built_in_resource_that_is_newer_than_this_program_is_counted_and_told()
    {
        // Its keys do not name the group, and this program looked where a custom resource would lie.
        var (items, faults) = await ListAsync(
            [KubeResource.Secrets, Novelties],
            ("/registry/novelties/a/x", Old),
            ("/registry/novelties/a/y", "k8s\0plain"),
            ("/registry/novelties/a/z", New),
            ("/registry/secrets/a/x", Old),
            ("/registry/secrets/a/y", New));
        Assert.Equal(["secrets/a/x"], items);
        var fault = Assert.Single(faults);
        Assert.Equal("novelties.novel.k8s.io", fault.Key);
        Assert.Contains("2 objects under /registry/novelties/ may be of this resource", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Custom_resource_has_its_place_and_nothing_else_is_taken_for_it()
    {
        var services = new KubeResource("serving.example.org", "v1", "services", IsNamespaced: true);
        var (items, faults) = await ListAsync(
            [Novelties, services],
            ("/registry/novel.k8s.io/novelties/a/x", Old),
            ("/registry/novelties/a/z", New),
            ("/registry/serving.example.org/services/a/y", Old),
            ("/registry/services/specs/a/x", Old));
        Assert.Equal(["novelties.novel.k8s.io/a/x", "services.serving.example.org/a/y"], items);
        Assert.Empty(faults);
    }

    [Fact]
    public async Task Key_under_a_resource_that_is_no_objects_is_told()
    {
        var (items, faults) = await ListAsync(
            [KubeResource.Secrets], ("/registry/secrets/a/b/c", Old), ("/registry/secrets/a/b/d", New), ("/registry/secrets/alone", Old));
        Assert.Empty(items);
        Assert.Equal(["/registry/secrets/a/b/c", "secrets/alone"], faults.Select(f => f.Key));
        Assert.All(faults, f => Assert.Equal("its key in etcd is no object's", f.Message));
    }

    private static async Task<(IReadOnlyList<string> Items, IReadOnlyList<RewriteFailure> Faults)> ListAsync(
        IReadOnlyList<KubeResource> resources, params (string Key, string Value)[] entries)
    {
        using var chains = Chains.Of(Chains.Config("secretbox: new old", "identity").Replace("[secrets]", "['*.*']", StringComparison.Ordinal));
        using var etcd = new ListedKeys(entries);
        var items = new List<string>();
        var faults = new List<RewriteFailure>();
        await foreach (var item in new EtcdSource(etcd, "/registry", chains, resources, null).ReadAsync(faults.Add, CancellationToken.None))
            items.Add(item.Key.ToString());
        return (items, faults);
    }

    /// <summary>A FAKE of an etcd with some keys.</summary>
    private sealed class ListedKeys(IReadOnlyList<(string Key, string Value)> entries) : IObjectSource
    {
        public string Description => "a list";

        public async IAsyncEnumerable<SourcePage> ReadAsync(
            IReadOnlyList<ReadOnlyMemory<byte>> prefixes, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            await Task.Yield();
            foreach (var prefix in prefixes)
                yield return new SourcePage(1, [.. Entries().Where(e => e.Key.Span.StartsWith(prefix.Span))], 0);
        }

        public Task<EtcdKeyValue?> FindAsync(ReadOnlyMemory<byte> key, CancellationToken cancellationToken) =>
            Task.FromResult(Entries().FirstOrDefault(e => e.Key.Span.SequenceEqual(key.Span)));

        public Task<bool> HasKeysAsync(ReadOnlyMemory<byte> prefix, CancellationToken cancellationToken) =>
            Task.FromResult(Entries().Any(e => e.Key.Span.StartsWith(prefix.Span)));

        public void Dispose()
        {
        }

        private IEnumerable<EtcdKeyValue> Entries() =>
            entries.Select(e => new EtcdKeyValue(Encoding.UTF8.GetBytes(e.Key), Encoding.UTF8.GetBytes(e.Value), 1, 1, 1, 0));
    }
}
