using System.Text;
using Kist.Kubernetes.Encryption;
using Kist.Kubernetes.Etcd;

namespace Kist.Kubernetes.Tests.Etcd;

public sealed class ResourceSelectionTests
{
    [Fact]
    public void Chosen_resources_have_a_prefix_each_in_order() =>
        Assert.Equal(["/registry/configmaps/", "/registry/deployments/", "/registry/secrets/"], Prefixes("secrets", "configmaps", "deployments", "secrets"));

    [Theory]
    [InlineData("*.*")]
    [InlineData("*.")]
    [InlineData("*.apps")]
    public void Wildcard_reads_all_keys(string name) => Assert.Equal(["/registry/"], Prefixes("secrets", name));

    [Fact]
    public void No_prefix_lies_within_another() => Assert.Equal(["/registry/secrets/"], Prefixes("secrets", "odd.secrets"));

    [Fact]
    public void Built_in_resource_of_a_newer_release_lies_under_its_name_alone() =>
        Assert.Equal(["/registry/apps/newthings/", "/registry/newthings/"], Prefixes("newthings.apps"));

    [Theory]
    [InlineData("secret", "did you mean \"secrets\"")]
    [InlineData("widgets", "with its group")]
    [InlineData("*", "*.*")]
    public void Slip_of_the_pen_is_no_selection_of_nothing(string name, string message) =>
        Assert.Contains(message, ResourceSelection.Parse("/registry", [name]).Failure!.Message);

    [Theory]
    [InlineData("secrets", "/registry/secrets/ns/a", "secrets", "ns", "a", true)]
    [InlineData("secrets", "/registry/secrets//a", "secrets", "", "/a", false)]
    [InlineData("secrets", "/registry/secrets/a/b/c", "secrets", "", "a/b/c", false)]
    [InlineData("*.apps", "/registry/deployments/ns/a", "deployments.apps", "ns", "a", true)]
    [InlineData("*.*", "/registry/example.test/widgets/ns/a", "widgets.example.test", "ns", "a", true)]
    [InlineData("*.*", "/registry/health", "", "", "/registry/health", false)]
    [InlineData("*.*", "/registry/newthings/ns/a", "newthings", "ns", "a", true)]
    [InlineData("*.", "/registry/newthings/ns/a", "newthings", "ns", "a", true)]
    [InlineData("*.apps", "/registry/newthings/ns/a", "newthings", "ns", "a", true)]
    [InlineData("newthings.apps", "/registry/newthings/ns/a", "newthings.apps", "ns", "a", true)]
    [InlineData("newthings.apps", "/registry/newthings/a/b/c", "newthings.apps", "", "a/b/c", false)]
    public void Key_of_a_chosen_resource_is_named_even_when_no_api_server_writes_it(
        string chosen, string key, string resource, string ns, string name, bool wellFormed)
    {
        var selected = Parse(chosen).Select(Encoding.UTF8.GetBytes(key))!;
        Assert.Equal((resource, ns, name), (selected.Name.Resource.ToString(), selected.Name.Namespace, selected.Name.Name));
        Assert.Equal(wellFormed, selected.IsWellFormed);
    }

    [Theory]
    [InlineData("secrets", "/registry/configmaps/ns/a")]
    [InlineData("*.apps", "/registry/secrets/ns/a")]
    [InlineData("*.", "/registry/deployments/ns/a")]
    [InlineData("*.example.test", "/registry/newthings/ns/a")]
    [InlineData("newthings.example.test", "/registry/newthings/ns/a")]
    [InlineData("*.*", "/registry/ranges/serviceips")]
    [InlineData("*.*", "/registry/masterleases/10.0.0.1")]
    public void Key_of_another_resource_is_left_out(string chosen, string key) => Assert.Null(Parse(chosen).Select(Encoding.UTF8.GetBytes(key)));

    [Fact]
    public void Bytes_that_are_no_text_are_named_so_that_no_two_look_alike()
    {
        var selected = Parse("secrets").Select((byte[])[.. "/registry/secrets/a/"u8, 0xFF, 0xC3])!;
        Assert.Equal("a/\\xff\\xc3", selected.IsWellFormed ? KeyText.Of([.. "a/"u8, 0xFF, 0xC3]) : selected.Name.Name);
    }

    [Fact]
    public void Configuration_chooses_what_it_names_and_secrets()
    {
        var text = Chains.Config("identity").Replace("resources: [secrets]", "resources: [configmaps, pandas.awesome.bears.example]", StringComparison.Ordinal);
        var configuration = ConfigurationFile.Load(text, LintFacts.None).Ok();
        Assert.Equal(
            ["secrets", "configmaps", "pandas.awesome.bears.example"], ResourceSelection.Of("/registry", configuration).Resources.Select(r => r.ToString()));
    }

    private static ResourceSelection Parse(params string[] names) => ResourceSelection.Parse("/registry", names).Ok();

    private static IEnumerable<string> Prefixes(params string[] names) => Parse(names).Prefixes.Select(p => Encoding.UTF8.GetString(p.Span));
}
