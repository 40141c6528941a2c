using System.Text;
using Kist.Kubernetes.AtRest;
using Kist.Kubernetes.Encryption.Rewrite;
using Kist.Kubernetes.Tests.Etcd;
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

    [Fact]
    public async Task Values_of_the_kms_that_writes_are_not_told_for_ever_under_a_newer_built_in_resource()
    {
        using var chains = Chains.Of(All("kms: v2 kek", "secretbox: old"), StubKmsPlugin.WithKeys("kek"));
        var key = "/registry/novelties/a/x";
        var value = (await chains.For(new GroupResource("novelties", "novel.k8s.io")).WriteAsync(Encoding.UTF8.GetBytes(key), new byte[10], default)).Ok();
        Assert.Empty((await ListAsync(chains, [Novelties], (key, value))).Faults);
        var (_, faults) = await ListAsync(chains, [Novelties], (key, value), ("/registry/novelties/a/y", Encoding.UTF8.GetBytes(Old)));
        Assert.Contains("1 objects under /registry/novelties/", Assert.Single(faults).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("minions")]
    [InlineData("controllers")]
    [InlineData("ingress")]
    public async Task Custom_resource_that_is_called_as_the_place_of_a_built_in_one_does_not_have_that_ones_objects(string plural)
    {
        var (items, faults) = await ListAsync(
            [new KubeResource("example.org", "v1", plural, IsNamespaced: true)],
            ($"/registry/{plural}/a/x", Old),
            ($"/registry/example.org/{plural}/a/y", Old));
        Assert.Equal([$"{plural}.example.org/a/y"], items);
        Assert.Empty(faults);
    }

    private static string All(params string[] providers) => Chains.Config(providers).Replace("[secrets]", "['*.*']", StringComparison.Ordinal);

    private static async Task<(IReadOnlyList<string> Items, IReadOnlyList<RewriteFailure> Faults)> ListAsync(
        IReadOnlyList<KubeResource> resources, params (string Key, string Value)[] entries)
    {
        using var chains = Chains.Of(All("secretbox: new old", "identity"));
        return await ListAsync(chains, resources, [.. entries.Select(e => (e.Key, Encoding.UTF8.GetBytes(e.Value)))]);
    }

    private static async Task<(IReadOnlyList<string> Items, IReadOnlyList<RewriteFailure> Faults)> ListAsync(
        ProviderChains chains, IReadOnlyList<KubeResource> resources, params (string Key, byte[] Value)[] entries)
    {
        using var etcd = new ListedKeys(entries);
        var items = new List<string>();
        var faults = new List<RewriteFailure>();
        await foreach (var item in new EtcdSource(etcd, "/registry", chains, resources, null).ReadAsync(faults.Add, CancellationToken.None))
            items.Add(item.Key.ToString());
        return (items, faults);
    }
}
