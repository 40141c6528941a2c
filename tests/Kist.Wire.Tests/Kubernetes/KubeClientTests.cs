using System.Globalization;
using System.Text;
using System.Text.Json;
using Kist.Harness.Kubernetes;
using Kist.Wire.Kubernetes;
using Kist.Wire.Kubernetes.Config;
using Kist.Wire.Kubernetes.Credentials;

namespace Kist.Wire.Tests.Kubernetes;

[Collection(SharedKubeCollection.Name)]
public sealed class KubeClientTests(SharedKube kube)
{
    private static readonly KubeResource Secrets = KubeResource.Secrets;

    private KubeClient Client => kube.Client;

    [FactNeedingKube]
    public async Task Object_is_made_read_replaced_and_deleted()
    {
        var ns = await kube.NewNamespaceAsync();
        using var made = await Client.CreateAsync(Secrets, ns, Secret("one", "first"), default);
        Assert.Equal(("one", ns, "Secret", "v1"), (made.Metadata.Name, made.Metadata.Namespace, made.Kind, made.ApiVersion));
        using var read = await Client.GetAsync(Secrets, ns, "one", default);
        Assert.Equal(made.Metadata, read.Metadata);

        var changed = Encoding.UTF8.GetString(read.Json.Span).Replace(Base64("first"), Base64("second"), StringComparison.Ordinal);
        using var replaced = await Client.UpdateAsync(Secrets, ns, "one", Encoding.UTF8.GetBytes(changed), default);
        Assert.NotEqual(read.Metadata.ResourceVersion, replaced.Metadata.ResourceVersion);
        await Client.DeleteAsync(Secrets, ns, "one", default);
        Assert.Equal(KubeError.NotFound, await FailureAsync(Client.GetAsync(Secrets, ns, "one", default)));
    }

    [FactNeedingKube]
    public async Task Object_that_goes_back_as_it_came_does_not_change()
    {
        var ns = await kube.NewNamespaceAsync();
        await kube.Cluster.ApiServer.Http.CreateSecretAsync(ns, "same", "value");
        using var read = await Client.GetAsync(Secrets, ns, "same", default);
        using var again = await Client.UpdateAsync(Secrets, ns, "same", read.Json, default);
        Assert.Equal(read.Metadata.ResourceVersion, again.Metadata.ResourceVersion);
        Assert.Equal(read.Json.ToArray(), again.Json.ToArray());
    }

    [FactNeedingKube]
    public async Task Replacement_of_an_older_version_is_a_conflict()
    {
        var ns = await kube.NewNamespaceAsync();
        using var made = await Client.CreateAsync(Secrets, ns, Secret("raced", "first"), default);
        using var patched = await Client.PatchAsync(Secrets, ns, "raced", Merge("""{"metadata":{"labels":{"a":"b"}}}"""), default);
        var refused = await Assert.ThrowsAsync<KubeException>(() => Client.UpdateAsync(Secrets, ns, "raced", made.Json, default));
        Assert.Equal((KubeError.Conflict, 409, "Conflict"), (refused.Error, refused.StatusCode, refused.Status?.Reason));
    }

    [FactNeedingKube]
    public async Task Each_kind_of_patch_is_understood()
    {
        var ns = await kube.NewNamespaceAsync();
        await kube.Cluster.ApiServer.Http.CreateSecretAsync(ns, "patched", "value");
        List<KubePatch> patches =
        [
            Merge("""{"metadata":{"labels":{"merge":"1"}}}"""),
            new(KubePatchKind.Strategic, """{"metadata":{"labels":{"strategic":"1"}}}"""u8.ToArray()),
            new(KubePatchKind.Json, """[{"op":"add","path":"/metadata/labels/json","value":"1"}]"""u8.ToArray()),
            new(KubePatchKind.Apply, """{"apiVersion":"v1","kind":"Secret","metadata":{"labels":{"apply":"1"}}}"""u8.ToArray()) { FieldManager = "kist", Force = true },
        ];
        foreach (var patch in patches)
            (await Client.PatchAsync(Secrets, ns, "patched", patch, default)).Dispose();
        using var read = await Client.GetAsync(Secrets, ns, "patched", default);
        using var tree = read.Open();
        var labels = tree.RootElement.GetProperty("metadata").GetProperty("labels").EnumerateObject().Select(l => l.Name).Order();
        Assert.Equal(["apply", "json", "merge", "strategic"], labels);
    }

    [FactNeedingKube]
    public async Task List_comes_in_pages_in_the_order_of_keys()
    {
        var ns = await kube.NewNamespaceAsync();
        await FillAsync(ns, 7);
        var pages = await PagesAsync(new KubeListQuery(Secrets) { Namespace = ns, PageSize = 3 });
        Assert.Equal([3, 3, 1], pages.Select(p => p.Items.Count));
        Assert.Equal([4L, 1L, null], pages.Select(p => p.Remaining));
        Assert.Equal(Enumerable.Range(0, 7).Select(Name), pages.SelectMany(p => p.Items).Select(i => i.Metadata.Name));
        Assert.Single(pages.Select(p => p.ResourceVersion).Distinct());
        Assert.All(pages.SelectMany(p => p.Items), item => Assert.Contains("\"data\"", Text(item)));
    }

    [FactNeedingKube]
    public async Task List_of_metadata_leaves_the_content_on_the_server()
    {
        var ns = await kube.NewNamespaceAsync();
        await FillAsync(ns, 2);
        var pages = await PagesAsync(new KubeListQuery(Secrets) { Namespace = ns, MetadataOnly = true });
        Assert.Equal([Name(0), Name(1)], pages.SelectMany(p => p.Items).Select(i => i.Metadata.Name));
        Assert.All(pages.SelectMany(p => p.Items), item => Assert.DoesNotContain("\"data\"", Text(item)));
    }

    [FactNeedingKube]
    public async Task List_whose_state_is_compacted_away_goes_on_in_a_newer_one_when_that_is_asked_for()
    {
        var ns = await kube.NewNamespaceAsync();
        await FillAsync(ns, 4);
        var names = new List<string>();
        await foreach (var page in Client.ListAsync(new KubeListQuery(Secrets) { Namespace = ns, PageSize = 2, ContinuesInNewerState = true }, default))
        {
            names.AddRange(page.Items.Select(i => i.Metadata.Name));
            if (names.Count == 2)
                await CompactAsync(ns, "younger");
        }
        Assert.Equal([Name(0), Name(1), Name(2), Name(3), "younger"], names);
    }

    [FactNeedingKube]
    public async Task List_whose_state_is_compacted_away_says_so_else()
    {
        var ns = await kube.NewNamespaceAsync();
        await FillAsync(ns, 4);
        var seen = 0;
        var gone = await Assert.ThrowsAsync<KubeException>(async () =>
        {
            await foreach (var page in Client.ListAsync(new KubeListQuery(Secrets) { Namespace = ns, PageSize = 2 }, default))
            {
                seen += page.Items.Count;
                await CompactAsync(ns, "younger");
            }
        });
        Assert.Equal((KubeError.Gone, 2), (gone.Error, seen));
    }

    [FactNeedingKube]
    public async Task Names_with_every_letter_that_Kubernetes_allows_are_found()
    {
        const string Odd = "system:a.b-c@d";
        var role = new KubeResource("rbac.authorization.k8s.io", "v1", "clusterroles", false);
        var json = JsonSerializer.SerializeToUtf8Bytes(new { apiVersion = "rbac.authorization.k8s.io/v1", kind = "ClusterRole", metadata = new { name = Odd } });
        using var made = await Client.CreateAsync(role, null, json, default);
        using var read = await Client.GetAsync(role, null, Odd, default);
        Assert.Equal(Odd, read.Metadata.Name);
    }

    [FactNeedingKube]
    public async Task Refusals_carry_the_servers_words()
    {
        using var stranger = As(KubeCredential.Bearer(KubeCluster.TokenOf("stranger")));
        var forbidden = await Assert.ThrowsAsync<KubeException>(() => stranger.GetAsync(Secrets, "default", "x", default));
        Assert.Equal((KubeError.Forbidden, 403), (forbidden.Error, forbidden.StatusCode));
        Assert.Equal("""secrets "x" is forbidden: User "stranger" cannot get resource "secrets" in API group "" in the namespace "default" """.TrimEnd(), forbidden.Message);

        using var unknown = As(KubeCredential.Bearer("nobody"));
        Assert.Equal(KubeError.Unauthorized, await FailureAsync(unknown.GetAsync(Secrets, "default", "x", default)));
        var ns = await kube.NewNamespaceAsync();
        Assert.Equal(KubeError.Invalid, await FailureAsync(Client.CreateAsync(Secrets, ns, Secret("not a name", "x"), default)));
        (await Client.CreateAsync(Secrets, ns, Secret("twice", "x"), default)).Dispose();
        Assert.Equal(KubeError.Conflict, await FailureAsync(Client.CreateAsync(Secrets, ns, Secret("twice", "x"), default)));
    }

    [FactNeedingKube]
    public async Task Server_under_another_name_or_another_authority_is_not_trusted()
    {
        using var right = new KubeClient(new KubeOptions { Connection = kube.Connection with { ServerName = "localhost" } });
        Assert.Contains("v1.20.2", Encoding.UTF8.GetString((await right.GetRawAsync("/version", default)).Span));
        foreach (var connection in (KubeConnection[])[kube.Connection with { ServerName = "example.org" }, kube.Connection with { Authorities = null }])
        {
            using var wrong = new KubeClient(new KubeOptions { Connection = connection });
            var refused = await Assert.ThrowsAsync<KubeException>(() => wrong.GetRawAsync("/version", default));
            Assert.Equal((KubeError.Unavailable, false), (refused.Error, refused.MayHaveHappened));
            Assert.Contains("is not trusted", refused.Message);
        }
    }

    [FactNeedingKube]
    public async Task Discovery_names_every_resource_once_in_its_preferred_version()
    {
        var discovery = await KubeDiscovery.ReadAsync(Client, static _ => true, default);
        Assert.Empty(discovery.Faults);
        var byName = discovery.Resources.ToDictionary(r => r.QualifiedName);
        Assert.Equal(("v1", "Secret", true), (byName["secrets"].Version, byName["secrets"].Kind, byName["secrets"].IsNamespaced));
        Assert.Equal(("v1", false), (byName["clusterroles.rbac.authorization.k8s.io"].Version, byName["clusterroles.rbac.authorization.k8s.io"].IsNamespaced));
        // Only in a version that its group does not prefer.
        Assert.Equal("v1beta1", byName["cronjobs.batch"].Version);
        Assert.Contains("update", byName["deployments.apps"].Verbs);
        Assert.DoesNotContain(discovery.Resources, r => r.Plural.Contains('/', StringComparison.Ordinal));
    }

    private async Task FillAsync(string ns, int count)
    {
        for (var i = 0; i < count; i++)
            await kube.Cluster.ApiServer.Http.CreateSecretAsync(ns, Name(i), "value");
    }

    // The state must have passed before it can be forgotten.
    private async Task CompactAsync(string ns, string name)
    {
        await kube.Cluster.ApiServer.Http.CreateSecretAsync(ns, name, "value");
        var status = JsonElement.Parse(await kube.Cluster.Etcd.ControlAsync("endpoint", "status", "--write-out=json"));
        var revision = status[0].GetProperty("Status").GetProperty("header").GetProperty("revision").GetInt64();
        await kube.Cluster.Etcd.ControlAsync("compaction", revision.ToString(CultureInfo.InvariantCulture));
    }

    private async Task<List<KubePage>> PagesAsync(KubeListQuery query)
    {
        var pages = new List<KubePage>();
        await foreach (var page in Client.ListAsync(query, default))
            pages.Add(page);
        return pages;
    }

    private KubeClient As(IKubeCredentials credentials) => new(new KubeOptions { Connection = kube.Connection with { Credentials = credentials } });

    private static async Task<KubeError> FailureAsync(Task task) => (await Assert.ThrowsAsync<KubeException>(() => task)).Error;

    private static KubePatch Merge(string json) => new(KubePatchKind.Merge, Encoding.UTF8.GetBytes(json));

    private static byte[] Secret(string name, string value) => JsonSerializer.SerializeToUtf8Bytes(
        new { apiVersion = "v1", kind = "Secret", metadata = new { name }, data = new { value = Base64(value) } });

    private static string Name(int i) => $"object-{i.ToString(CultureInfo.InvariantCulture)}";

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private static string Text(KubeObject item) => Encoding.UTF8.GetString(item.Json.Span);
}
