using System.Text;
using Kist.Kubernetes.AtRest;
using Kist.Kubernetes.Etcd;
using Kist.Wire.Etcd;

namespace Kist.Kubernetes.Tests.Etcd;

/// <summary>Built-in resources of a newer release: their keys do not tell the group, by which the configuration's entry is found.</summary>
public sealed class ObjectInspectorTests
{
    private const string Key = "/registry/newthings/ns/a";

    private static readonly byte[] Object =
        "{\"apiVersion\":\"apps/v1\",\"kind\":\"NewThing\",\"metadata\":{\"name\":\"a\",\"namespace\":\"ns\"}}"u8.ToArray();

    [Theory]
    [InlineData("'*.apps'", "aescbc: k1|identity", ObjectState.Encrypted)]
    [InlineData("newthings.apps", "aescbc: k1", ObjectState.Encrypted)]
    [InlineData("'*.*'", "aescbc: k1", ObjectState.Encrypted)]
    [InlineData("'*.apps'", "aescbc: k2 k1", ObjectState.Stale)]
    [InlineData("'*.apps'", "aescbc: k2", ObjectState.Undecryptable)]
    [InlineData("'*.batch'", "aescbc: k1", ObjectState.Undecryptable)]
    public async Task Object_of_an_unknown_resource_is_judged_by_the_group_that_it_names(string resources, string providers, ObjectState state)
    {
        var written = await Chains.OfSecrets(Chains.Config("aescbc: k1")).WriteAsync(Encoding.UTF8.GetBytes(Key), Object, CancellationToken.None);
        Assert.Equal(state, (await InspectAsync(resources, providers, written.Ok())).Inspection.State);
    }

    [Theory]
    [InlineData("'*.apps'", "aescbc: k1|identity", false)]
    [InlineData("'*.apps'", "aescbc: k1", false)]
    [InlineData("'*.'", "aescbc: k1|identity", true)]
    [InlineData("'*.batch'", "aescbc: k1", true)]
    public async Task Plaintext_of_an_unknown_resource_is_a_finding_only_where_its_group_is_to_be_encrypted(string resources, string providers, bool good)
    {
        var (inspection, isGood) = await InspectAsync(resources, providers, Object);
        Assert.Equal((ObjectState.Plaintext, good), (inspection.State, isGood));
    }

    private static async Task<(Inspection Inspection, bool IsGood)> InspectAsync(string resources, string providers, byte[] value)
    {
        var config = Chains.Config(providers.Split('|')).Replace("resources: [secrets]", $"resources: [{resources}]", StringComparison.Ordinal);
        using var chains = Chains.Of(config);
        using var inspector = new ObjectInspector(chains, InspectionDepth.WithoutPlugins);
        var key = ResourceSelection.Everything("/registry").Select(Encoding.UTF8.GetBytes(Key))!;
        var inspection = await inspector.InspectAsync(key, new EtcdKeyValue(Encoding.UTF8.GetBytes(Key), value, 1, 1, 1, 0), CancellationToken.None);
        return (inspection, inspector.IsGood(inspection));
    }
}
