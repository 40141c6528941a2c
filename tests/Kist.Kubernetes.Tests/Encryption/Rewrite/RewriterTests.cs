using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Kist.Core;
using Kist.Harness.Kubernetes;
using Kist.Kubernetes.Encryption.Rewrite;
using Kist.Wire.Etcd;
using Kist.Wire.Kubernetes;
using Kist.Wire.Tests.Kubernetes;

namespace Kist.Kubernetes.Tests.Encryption.Rewrite;

[Collection(EncryptedClusterCollection.Name)]
public sealed class RewriterTests(EncryptedCluster encrypted)
{
    private static readonly RewriteOptions Fast = new() { PerSecond = null };
    private static readonly IReadOnlyList<KubeResource> Secrets = [KubeResource.Secrets];

    [FactNeedingKube]
    public async Task Every_object_comes_under_the_key_that_writes_and_a_second_run_has_nothing_to_do()
    {
        await encrypted.EncryptWithAsync();
        var plain = await encrypted.FillAsync(3);
        await encrypted.EncryptWithAsync("one");
        var first = await encrypted.FillAsync(3);
        await encrypted.EncryptWithAsync("two", "one");
        Assert.Equal(["plaintext", "one"], (await encrypted.KeysAsync(plain)).Values.Distinct().Concat((await encrypted.KeysAsync(first)).Values.Distinct()));

        using var client = encrypted.Client(KubeCluster.AdminToken);
        var progress = new List<RewriteProgress>();
        var result = await new Rewriter(client, Fast).RunAsync(new ApiSource(client, Secrets, null, pageSize: 2), p => Note(progress, p), default);
        Assert.True(result.IsComplete);
        Assert.True(result.Total.Rewritten >= 6);
        Assert.Equal(result.Total.Objects, progress.Max(p => p.Done));
        Assert.Equal(result.Total.Objects, progress.Max(p => p.Expected));
        foreach (var ns in (string[])[plain, first])
            Assert.All(await encrypted.KeysAsync(ns), secret => Assert.Equal("two", secret.Value));

        var again = await new Rewriter(client, Fast).RunAsync(new ApiSource(client, Secrets, null), null, default);
        Assert.Equal((0, result.Total.Objects), (again.Total.Rewritten, again.Total.Current));
    }

    [FactNeedingKube]
    public async Task Content_and_metadata_stay_as_they_were()
    {
        await encrypted.EncryptWithAsync("one");
        var ns = await encrypted.FillAsync(0);
        var http = encrypted.Cluster.ApiServer.Http;
        (await http.PostAsync($"api/v1/namespaces/{ns}/secrets", new
        {
            apiVersion = "v1",
            kind = "Secret",
            type = "example.org/own",
            immutable = true,
            metadata = new
            {
                name = "full",
                labels = new { a = "b" },
                annotations = new Dictionary<string, string>(StringComparer.Ordinal) { ["example.org/text"] = "umlaut ä < > & \u2028 \"quoted\"" },
                finalizers = new[] { "example.org/keep" },
            },
            data = new { empty = "", binary = Convert.ToBase64String([0, 255, 10, 13]) },
        })).Good();
        var before = (await http.GetAsync($"api/v1/namespaces/{ns}/secrets/full")).Good().Json;
        await encrypted.EncryptWithAsync("two", "one");
        using var client = encrypted.Client(KubeCluster.AdminToken);
        var result = await RewriteAsync(client, new RewriteObject(KubeResource.Secrets, ns, "full"));
        Assert.Equal(1, result.Total.Rewritten);
        var after = (await http.GetAsync($"api/v1/namespaces/{ns}/secrets/full")).Good().Json;
        Assert.Equal(WithoutVersion(before), WithoutVersion(after));
        Assert.Equal("two", (await encrypted.KeysAsync(ns))["full"]);
    }

    [FactNeedingKube]
    public async Task Writer_that_changes_the_object_meanwhile_loses_nothing()
    {
        await encrypted.EncryptWithAsync("one");
        var ns = await encrypted.FillAsync(1);
        await encrypted.EncryptWithAsync("two", "one");
        using var client = encrypted.Client(KubeCluster.AdminToken);
        using var stop = new CancellationTokenSource();
        var written = 0;
        var writing = Task.Run(async () =>
        {
            // As fast as it can, so that the rewrite meets conflicts.
            while (!stop.IsCancellationRequested)
            {
                var json = JsonSerializer.SerializeToUtf8Bytes(new { stringData = new { value = $"{written + 1}" } });
                (await client.PatchAsync(KubeResource.Secrets, ns, "secret0", new KubePatch(KubePatchKind.Merge, json), default)).Dispose();
                written++;
            }
        });
        for (var i = 0; i < 10; i++)
        {
            var rewriter = new Rewriter(client, Fast with { ConflictAttempts = 500 });
            var result = await rewriter.RunAsync(new ListedSource([new RewriteObject(KubeResource.Secrets, ns, "secret0")]), null, default);
            Assert.True(result.Total.Failed == 0, string.Join('\n', result.Failures));
        }
        await stop.CancelAsync();
        await writing;
        using var read = await client.GetAsync(KubeResource.Secrets, ns, "secret0", default);
        using var tree = read.Open();
        Assert.Equal($"{written}", Encoding.UTF8.GetString(tree.RootElement.GetProperty("data").GetProperty("value").GetBytesFromBase64()));
    }

    [FactNeedingKube]
    public async Task Object_that_is_deleted_meanwhile_is_passed_over()
    {
        using var client = encrypted.Client(KubeCluster.AdminToken);
        var result = await RewriteAsync(client, new RewriteObject(KubeResource.Secrets, "default", "never-was"));
        Assert.Equal((1, true), (result.Total.Gone, result.IsComplete));
    }

    [FactNeedingKube]
    public async Task Interrupted_rewrite_says_up_to_where_all_is_done_and_goes_on_from_there()
    {
        await encrypted.EncryptWithAsync("one");
        var ns = await encrypted.FillAsync(8);
        await encrypted.EncryptWithAsync("two", "one");
        using var client = encrypted.Client(KubeCluster.AdminToken);
        using var interrupted = new CancellationTokenSource();
        var source = new ApiSource(client, Secrets, new RewriteKey("secrets", $"{ns}/"));
        var first = await new Rewriter(client, Fast with { Parallelism = 2 }).RunAsync(
            source, p => { if (p.Done == 4) interrupted.Cancel(); }, interrupted.Token);
        Assert.True(first.IsInterrupted);
        var last = first.Last!.Value;
        var keys = await encrypted.KeysAsync(ns);
        Assert.All(keys.Where(k => string.CompareOrdinal($"{ns}/{k.Key}", last.Path) <= 0), k => Assert.Equal("two", k.Value));
        Assert.Contains("one", keys.Values);

        var parsed = RewriteKey.Parse(last.ToString()).Value;
        var second = await new Rewriter(client, Fast).RunAsync(new ApiSource(client, Secrets, parsed), null, default);
        Assert.True(second.IsComplete);
        Assert.All(await encrypted.KeysAsync(ns), k => Assert.Equal("two", k.Value));
    }

    [FactNeedingKube]
    public async Task Dry_run_counts_and_writes_nothing()
    {
        await encrypted.EncryptWithAsync("one");
        var ns = await encrypted.FillAsync(2);
        await encrypted.EncryptWithAsync("two", "one");
        using var client = encrypted.Client(KubeCluster.AdminToken);
        var result = await new Rewriter(client, Fast with { DryRun = true }).RunAsync(new ApiSource(client, Secrets, null), null, default);
        Assert.True(result.Total.Objects >= 2);
        Assert.All(await encrypted.KeysAsync(ns), k => Assert.Equal("one", k.Value));
    }

    [FactNeedingKube]
    public async Task Resource_with_an_object_that_nobody_can_decrypt_is_reported_and_the_others_are_rewritten()
    {
        await encrypted.EncryptWithAsync("one");
        var ns = await encrypted.FillAsync(1);
        // Moved to another key, its additional data no longer fit.
        var stored = await encrypted.Etcd.RangeAsync(
            new EtcdRange(EtcdKeys.One(Encoding.ASCII.GetBytes($"/registry/secrets/{ns}/secret0"))), default);
        var moved = Encoding.ASCII.GetBytes($"/registry/secrets/{ns}/moved");
        await encrypted.Etcd.PutAsync(new EtcdPut(moved, stored.Entries[0].Value), default);
        try
        {
            using var client = encrypted.Client(KubeCluster.AdminToken);
            var result = await new Rewriter(client, Fast).RunAsync(new ApiSource(client, [KubeResource.ConfigMaps, KubeResource.Secrets], null), null, default);
            Assert.Equal("secrets", Assert.Single(result.Failures).Key);
            Assert.False(result.IsComplete);
            var single = await RewriteAsync(client, new RewriteObject(KubeResource.Secrets, ns, "moved"));
            Assert.Equal($"secrets/{ns}/moved", Assert.Single(single.Failures).Key);
            Assert.Null(single.Ended);
        }
        finally
        {
            await encrypted.Etcd.DeleteAsync(new EtcdDelete(EtcdKeys.One(moved)), default);
        }
    }

    [FactNeedingKube]
    public async Task Server_that_is_gone_ends_the_rewrite_and_keeps_what_was_done()
    {
        var server = encrypted.Cluster.ApiServer;
        await encrypted.EncryptWithAsync("one");
        await encrypted.FillAsync(4);
        using var client = encrypted.Client(KubeCluster.AdminToken, attempts: 2);
        await server.Process.KillAsync();
        var result = await new Rewriter(client, Fast).RunAsync(new ApiSource(client, Secrets, null), null, default);
        Assert.Equal(FailureKind.Unavailable, result.Ended?.Kind);
        await server.StartAsync();
    }

    [FactNeedingKube]
    public async Task Printed_role_is_enough_and_no_less_would_be()
    {
        await encrypted.EncryptWithAsync("one");
        var ns = await encrypted.FillAsync(1);
        await encrypted.EncryptWithAsync("two", "one");
        using var client = encrypted.Client(KubeCluster.TokenOf("rewriter"));
        var before = await new Rewriter(client, Fast).RunAsync(new ApiSource(client, Secrets, null), null, default);
        Assert.Contains("forbidden", Assert.Single(before.Failures).Message);

        await GrantAsync(RewriteRole.Render("kist-rewrite", [GroupResource.Parse("secrets")]));
        var found = (await RewriteResources.LookAsync(client, [GroupResource.Parse("secrets")], default)).Value.Resources;
        RewriteResult result;
        var attempts = 0;
        do
        {
            // The API server learns of a new right a moment after it was given.
            await Task.Delay(50);
            result = await new Rewriter(client, Fast).RunAsync(new ApiSource(client, found, null), null, default);
        }
        while (!result.IsComplete && attempts++ < 100);
        Assert.True(result.IsComplete, string.Join('\n', result.Failures));
        Assert.Equal("two", (await encrypted.KeysAsync(ns))["secret0"]);
    }

    [FactNeedingKube]
    public async Task Wildcards_stand_for_all_that_can_be_written_and_an_unknown_name_is_refused()
    {
        using var client = encrypted.Client(KubeCluster.AdminToken);
        var core = (await RewriteResources.LookAsync(client, [GroupResource.Parse("*.")], default)).Value.Resources;
        Assert.Contains(core, r => r.QualifiedName == "secrets");
        Assert.DoesNotContain(core, r => r.QualifiedName is "bindings" or "componentstatuses" or "deployments.apps");
        var all = (await RewriteResources.LookAsync(client, [GroupResource.Everything], default)).Value.Resources;
        Assert.Contains(all, r => r.QualifiedName == "deployments.apps");
        Assert.DoesNotContain(all, r => r.Group is "extensions" or "events.k8s.io" or "authorization.k8s.io");
        Assert.Equal(all.Select(r => r.QualifiedName).Order(StringComparer.Ordinal), all.Select(r => r.QualifiedName));
        var missing = (await RewriteResources.LookAsync(client, [GroupResource.Parse("secret"), GroupResource.Parse("componentstatuses")], default)).Value.Missing;
        Assert.Equal(["rewrite.resource", "rewrite.read_only"], missing.Select(m => m.Reason.Code));
        Assert.Contains("\"secret\"", missing[0].Reason.Message);
    }

    [FactNeedingKube]
    public async Task Resource_that_the_server_does_not_serve_keeps_no_other_from_being_rewritten_and_is_named()
    {
        await encrypted.EncryptWithAsync("one");
        var ns = await encrypted.FillAsync(2);
        await encrypted.EncryptWithAsync("two", "one");
        using var client = encrypted.Client(KubeCluster.AdminToken);
        var rewriter = new ClusterRewriter(client, Fast, null);
        var rewritten = await rewriter.RewriteAsync([GroupResource.Parse("gone.example.test"), GroupResource.Parse("secrets")], default);
        Assert.Equal("rewrite.resource", rewritten.Failure?.Code);
        Assert.Contains("etcd has objects of \"gone.example.test\"", rewritten.Failure!.Message, StringComparison.Ordinal);
        Assert.All(await encrypted.KeysAsync(ns), k => Assert.Equal("two", k.Value));
        Assert.True((await rewriter.RewriteAsync([GroupResource.Parse("secrets")], default)).Succeeded);
    }

    [FactNeedingKube]
    public async Task Custom_resource_is_rewritten_in_the_version_in_which_it_is_stored()
    {
        await encrypted.EncryptWithAsync("one");
        var ns = await encrypted.FillAsync(0);
        var http = encrypted.Cluster.ApiServer.Http;
        (await http.PostAsync("apis/apiextensions.k8s.io/v1/customresourcedefinitions", new
        {
            apiVersion = "apiextensions.k8s.io/v1",
            kind = "CustomResourceDefinition",
            metadata = new { name = "widgets.example.test" },
            spec = new
            {
                group = "example.test",
                scope = "Namespaced",
                names = new { plural = "widgets", singular = "widget", kind = "Widget", listKind = "WidgetList" },
                // The API server prefers v1, which does not know the field.
                versions = new[] { Version("v1", storage: false, "shown"), Version("v1beta1", storage: true, "shown", "hidden") },
            },
        })).Good();
        var path = $"apis/example.test/v1beta1/namespaces/{ns}/widgets";
        var widget = new { apiVersion = "example.test/v1beta1", kind = "Widget", metadata = new { name = "w" }, spec = new { shown = "a", hidden = "b" } };
        var attempts = 0;
        while ((await http.PostAsync(path, widget)).Status != System.Net.HttpStatusCode.Created)
        {
            // The API server serves a new resource a moment after it was defined.
            Assert.True(attempts++ < 200);
            await Task.Delay(50);
        }
        using var client = encrypted.Client(KubeCluster.AdminToken);
        var found = (await RewriteResources.LookAsync(client, [GroupResource.Parse("widgets.example.test")], default)).Value.Resources;
        Assert.Equal("v1beta1", Assert.Single(found).Version);
        var result = await new Rewriter(client, Fast).RunAsync(new ApiSource(client, found, null), null, default);
        Assert.Equal((1L, true), (result.Total.Objects, result.IsComplete));
        var after = (await http.GetAsync($"{path}/w")).Good().Json.GetProperty("spec");
        Assert.Equal("b", after.GetProperty("hidden").GetString());

        static object Version(string name, bool storage, params string[] fields) => new
        {
            name,
            served = true,
            storage,
            schema = new
            {
                openAPIV3Schema = new
                {
                    type = "object",
                    properties = new { spec = new { type = "object", properties = fields.ToDictionary(f => f, _ => new { type = "string" }) } },
                },
            },
        };
    }

    [Theory]
    [InlineData("secrets,deployments.apps", false)]
    [InlineData("*.", false)]
    [InlineData("widgets.example.test", true)]
    [InlineData("*.*", true)]
    public void Role_may_read_definitions_where_custom_resources_are_rewritten(string resources, bool reads)
    {
        var role = RewriteRole.Render("r", [.. resources.Split(',').Select(GroupResource.Parse)]);
        Assert.Equal(reads, role.Contains("customresourcedefinitions", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("secrets/default/name", true)]
    [InlineData("namespaces/default", true)]
    [InlineData("secrets", false)]
    [InlineData("secrets//name", false)]
    [InlineData("a/b/c/d", false)]
    public void Places_are_read_as_they_are_written(string text, bool valid)
    {
        var parsed = RewriteKey.Parse(text);
        Assert.Equal(valid, parsed.Succeeded);
        if (valid)
            Assert.Equal(text, parsed.Value.ToString());
    }

    [Fact]
    public void Places_stand_in_the_order_of_keys_in_etcd()
    {
        string[] keys = ["configmaps/z/z", "secrets/a-b/x", "secrets/a/x", "secrets/a/x-y", "secrets/a/xy"];
        var places = keys.Select(k => RewriteKey.Parse(k).Value).ToList();
        Assert.All(places.Zip(places.Skip(1)), pair => Assert.True(pair.Second.IsBehind(pair.First) && !pair.First.IsBehind(pair.Second)));
        Assert.False(places[0].IsBehind(places[0]));
    }

    private static async Task<RewriteResult> RewriteAsync(KubeClient client, params RewriteObject[] objects) =>
        await new Rewriter(client, Fast).RunAsync(new ListedSource(objects), null, default);

    private async Task GrantAsync(string role)
    {
        using var yaml = new StringContent(role, Encoding.UTF8, "application/yaml");
        (await encrypted.Cluster.ApiServer.Http.SendAsync(HttpMethod.Post, "apis/rbac.authorization.k8s.io/v1/clusterroles", yaml)).Good();
        (await encrypted.Cluster.ApiServer.Http.PostAsync("apis/rbac.authorization.k8s.io/v1/clusterrolebindings", new
        {
            apiVersion = "rbac.authorization.k8s.io/v1",
            kind = "ClusterRoleBinding",
            metadata = new { name = "kist-rewrite" },
            roleRef = new { apiGroup = "rbac.authorization.k8s.io", kind = "ClusterRole", name = "kist-rewrite" },
            subjects = new[] { new { apiGroup = "rbac.authorization.k8s.io", kind = "User", name = "rewriter" } },
        })).Good();
    }

    private static string WithoutVersion(JsonElement secret)
    {
        var node = JsonObject.Create(secret)!;
        node["metadata"]!.AsObject().Remove("resourceVersion");
        return node.ToJsonString();
    }

    private static void Note(List<RewriteProgress> all, RewriteProgress progress)
    {
        lock (all)
            all.Add(progress);
    }

    private sealed class ListedSource(IReadOnlyList<RewriteObject> objects) : IRewriteSource
    {
        public long? Expected => objects.Count;

        public async IAsyncEnumerable<RewriteObject> ReadAsync(
            Action<RewriteFailure> fault, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            foreach (var item in objects)
            {
                await Task.Yield();
                yield return item;
            }
        }
    }
}
