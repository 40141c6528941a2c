using System.Text;
using Kist.Core;
using Kist.Kubernetes.Encryption;
using Kist.Kubernetes.Encryption.Rotation;
using Kist.Kubernetes.Tests.Etcd;

namespace Kist.Kubernetes.Tests.Encryption.Rotation;

/// <summary>What of etcd counts before a key goes, and for which resource.</summary>
public sealed class StoredPlacesTests
{
    private const string Old = "k8s:enc:secretbox:v1:old:x";
    private static readonly (string Key, string Value) Namespace = ("/registry/namespaces/default", "k8s\0plain");

    [Theory]
    [InlineData("/registry", "/registry/events/default/e")]
    [InlineData("/registry", "/registry/namespaces/default/e")]
    [InlineData("/", "/registry/namespaces/default")]
    [InlineData("", "/registry/namespaces/default")]
    public async Task Etcd_or_prefix_without_a_namespace_does_not_look_like_a_cluster_that_needs_no_old_key(string prefix, string key)
    {
        var counted = await CountAsync("secrets", prefix, ("/registry/secrets/default/s", Old), (key, "k8s\0plain"));
        Assert.Equal("rotation.no_cluster", counted.Failure?.Code);
    }

    [Theory]
    [InlineData("secrets", "/registry/secrets/ns/a/backup", "secrets")]
    [InlineData("secrets", "/registry/secrets/", "secrets")]
    [InlineData("secrets", "/registry/secrets//a", "secrets")]
    [InlineData("*.", "/registry/secrets/ns/a/backup", "secrets")]
    [InlineData("services", "/registry/services/specs/ns/a/b", "services")]
    [InlineData("endpoints", "/registry/services/endpoints/ns/a/b", "endpoints")]
    [InlineData("nodes", "/registry/minions/ns/a/b", "nodes")]
    [InlineData("deployments.apps", "/registry/deployments/ns/a/b", "deployments.apps")]
    [InlineData("widgets.example.org", "/registry/example.org/widgets/ns/a/b", "widgets.example.org")]
    [InlineData("*.example.org", "/registry/example.org/widgets/ns/a/b", "widgets.example.org")]
    [InlineData("*.*", "/registry/secrets/ns/a/backup", "secrets")]
    [InlineData("*.*", "/registry/backup", "*.*")]
    [InlineData("secrets", "/registry/backup", null)]
    [InlineData("secrets", "/registry/configmaps/ns/a/backup", null)]
    [InlineData("*.", "/registry/deployments/ns/a/b", null)]
    public async Task Value_whose_key_is_no_objects_counts_for_the_resource_in_whose_place_it_lies(string covered, string key, string? resource)
    {
        var counted = (await CountAsync(covered, "/registry", Namespace, (key, Old))).Ok().Where(c => c.KeyName == "old").ToList();
        Assert.Equal(resource is null ? [] : [(resource, 1L, key)], counted.Select(c => (c.Resource.ToString(), c.Objects, c.Example)));
    }

    [Fact]
    public async Task Plaintext_that_lies_in_no_resources_place_needs_no_key() =>
        Assert.DoesNotContain((await CountAsync("*.*", "/registry", ("/registry/backup", "plain"), Namespace)).Ok(), c => c.Resource == GroupResource.Everything);

    [Fact]
    public async Task Value_in_the_place_of_an_unknown_resource_is_told() =>
        Assert.Equal("rotation.unknown_resource", (await CountAsync("*.*", "/registry", Namespace, ("/registry/novelties/ns/a/b", Old))).Failure?.Code);

    private static async Task<Outcome<IReadOnlyList<StoredCount>>> CountAsync(string covered, string prefix, params (string Key, string Value)[] entries)
    {
        var config = Chains.Config("secretbox: new old").Replace("[secrets]", $"['{covered}']", StringComparison.Ordinal);
        using var etcd = new ListedKeys([.. entries.Select(e => (e.Key, Encoding.UTF8.GetBytes(e.Value)))]);
        return await new EtcdStoredObjects(etcd, prefix).CountAsync(
            ConfigurationFile.Load(config, LintFacts.None).Ok(), [GroupResource.Parse(covered)], CancellationToken.None);
    }
}
