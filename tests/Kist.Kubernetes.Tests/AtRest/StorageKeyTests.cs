using System.Text;
using Kist.Kubernetes.AtRest;
using Kist.Kubernetes.AtRest.Objects;

namespace Kist.Kubernetes.Tests.AtRest;

public sealed class StorageKeyTests
{
    [Theory]
    [InlineData("/registry/secrets/default/a", "secrets", "default", "a")]
    [InlineData("/registry/namespaces/default", "namespaces", "", "default")]
    [InlineData("/registry/deployments/ns/n", "deployments.apps", "ns", "n")]
    [InlineData("/registry/roles/kube-system/system:x", "roles.rbac.authorization.k8s.io", "kube-system", "system:x")]
    [InlineData("/registry/services/endpoints/ns/n", "endpoints", "ns", "n")]
    [InlineData("/registry/services/specs/ns/n", "services", "ns", "n")]
    [InlineData("/registry/minions/node-1", "nodes", "", "node-1")]
    [InlineData("/registry/controllers/ns/n", "replicationcontrollers", "ns", "n")]
    [InlineData("/registry/ingress/ns/n", "ingresses.networking.k8s.io", "ns", "n")]
    [InlineData("/registry/podsecuritypolicy/n", "podsecuritypolicies.policy", "", "n")]
    [InlineData("/registry/apiregistration.k8s.io/apiservices/v1.apps", "apiservices.apiregistration.k8s.io", "", "v1.apps")]
    [InlineData(
        "/registry/apiextensions.k8s.io/customresourcedefinitions/w.example.test",
        "customresourcedefinitions.apiextensions.k8s.io",
        "",
        "w.example.test")]
    [InlineData("/registry/example.test/widgets/default/w1", "widgets.example.test", "default", "w1")]
    [InlineData("/registry/events/ns/n.17", "events", "ns", "n.17")]
    public void Key_names_resource_namespace_and_name(string key, string resource, string ns, string name)
    {
        var parsed = StorageKey.Parse("/registry", Encoding.UTF8.GetBytes(key))!;
        Assert.Equal((resource, ns, name, true), (parsed.Resource.ToString(), parsed.Namespace, parsed.Name, parsed.HasRestApi));
    }

    [Theory]
    [InlineData("/registry/ranges/serviceips")]
    [InlineData("/registry/masterleases/10.0.0.1")]
    public void What_has_no_rest_api_is_marked(string key) => Assert.False(StorageKey.Parse("/registry", Encoding.UTF8.GetBytes(key))!.HasRestApi);

    [Theory]
    [InlineData("compact_rev_key")]
    [InlineData("/registry/health")]
    [InlineData("/registry/secrets//a")]
    [InlineData("/registry/secrets/default/a/")]
    [InlineData("/registry/secrets/a/b/c")]
    [InlineData("/registryx/secrets/default/a")]
    [InlineData("")]
    public void What_is_no_objects_key_is_none(string key) => Assert.Null(StorageKey.Parse("/registry", Encoding.UTF8.GetBytes(key)));

    [Theory]
    [InlineData("/registry/secrets/default/a", "v1", "Secret", true)]
    [InlineData("/registry/configmaps/default/a", "v1", "ConfigMap", true)]
    [InlineData("/registry/configmaps/default/a", "v1", "Secret", false)]
    [InlineData("/registry/secrets/default/a", "v1", "ConfigMap", false)]
    [InlineData("/registry/secrets/default/a", "v2", "Secret", false)]
    [InlineData("/registry/secrets/default/a", "", "", false)]
    [InlineData("/registry/pods/default/a", "v1", "Secret", false)]
    [InlineData("/registry/example.test/secrets/default/a", "example.test/v1", "Secret", true)]
    [InlineData("/registry/ingress/default/a", "extensions/v1beta1", "Ingress", true)]
    [InlineData("/registry/secrets/other/a", "v1", "Secret", false)]
    [InlineData("/registry/masterleases/10.0.0.1", "v1", "Endpoints", true)]
    [InlineData("/registry/ranges/serviceips", "v1", "RangeAllocation", true)]
    public void Object_under_a_key_is_the_one_that_it_names(string key, string version, string kind, bool names)
    {
        var parsed = StorageKey.Parse("/registry", Encoding.UTF8.GetBytes(key))!;
        var (ns, name) = parsed.HasRestApi ? ("default", "a") : ("", "");
        var value = new StoredObject { Encoding = StoredEncoding.Json, ApiVersion = version, Kind = kind, Namespace = ns, Name = name };
        Assert.Equal(names, parsed.Names(value));
    }

    [Fact]
    public void Another_prefix_is_taken_with_and_without_its_slash()
    {
        var key = Encoding.UTF8.GetBytes("/k8s/prod/secrets/default/a");
        Assert.Equal(StorageKey.Parse("/k8s/prod", key), StorageKey.Parse("/k8s/prod/", key));
        Assert.Null(StorageKey.Parse("/registry", key));
    }

    [Theory]
    [InlineData("secrets", "/registry/secrets/")]
    [InlineData("services", "/registry/services/specs/")]
    [InlineData("endpoints", "/registry/services/endpoints/")]
    [InlineData("nodes", "/registry/minions/")]
    [InlineData("replicationcontrollers", "/registry/controllers/")]
    [InlineData("deployments.apps", "/registry/deployments/")]
    [InlineData("ingresses.networking.k8s.io", "/registry/ingress/")]
    [InlineData("apiservices.apiregistration.k8s.io", "/registry/apiregistration.k8s.io/apiservices/")]
    [InlineData("widgets.example.test", "/registry/example.test/widgets/")]
    public void Keys_of_a_resource_begin_with_its_prefix_and_are_read_back(string resource, string prefix)
    {
        var parsed = GroupResource.Parse(resource);
        Assert.Equal(prefix, Encoding.UTF8.GetString(StorageKey.PrefixOf("/registry", parsed)));
        Assert.Equal(parsed, StorageKey.Parse("/registry", Encoding.UTF8.GetBytes(prefix + "ns/n"))!.Resource);
    }

    [Theory]
    [InlineData("novelties.novel.k8s.io", "/registry/novelties/")]
    [InlineData("services.serving.knative.dev", null)]
    [InlineData("secrets.example.test", null)]
    [InlineData("minions.example.test", null)]
    [InlineData("ranges.example.test", null)]
    [InlineData("novelties", null)]
    public void Resource_of_a_newer_release_may_lie_without_its_group_where_nothing_else_does(string resource, string? prefix) =>
        Assert.Equal(prefix, StorageKey.NewerPlaceOf("/registry", GroupResource.Parse(resource)) is { } place ? Encoding.UTF8.GetString(place) : null);

    [Theory]
    [InlineData("secrets", "Secret", true)]
    [InlineData("secrets", "ConfigMap", false)]
    [InlineData("networkpolicies.networking.k8s.io", "NetworkPolicy", true)]
    [InlineData("ingressclasses.networking.k8s.io", "IngressClass", true)]
    [InlineData("endpoints", "Endpoints", true)]
    [InlineData("widgets.example.test", "Gadget", true)]
    public void Value_of_another_kind_under_the_same_name_is_told_apart_where_kinds_are_known(string resource, string kind, bool same)
    {
        var key = new StorageKey(GroupResource.Parse(resource), "ns", "n");
        var stored = new Kist.Kubernetes.AtRest.Objects.StoredObject
        {
            Encoding = Kist.Kubernetes.AtRest.Objects.StoredEncoding.Protobuf,
            ApiVersion = resource.Contains('.', StringComparison.Ordinal) ? resource[(resource.IndexOf('.', StringComparison.Ordinal) + 1)..] + "/v1" : "v1",
            Kind = kind,
            Namespace = "ns",
            Name = "n",
        };
        Assert.Equal(same, key.Names(stored));
    }
}
