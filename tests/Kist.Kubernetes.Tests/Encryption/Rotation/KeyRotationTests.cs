using System.Text;
using Kist.Core;
using Kist.Kubernetes.AtRest;
using Kist.Kubernetes.Encryption.Backup;
using Kist.Kubernetes.Encryption.Rotation;

namespace Kist.Kubernetes.Tests.Encryption.Rotation;

public sealed class KeyRotationTests
{
    private static readonly RotationGoal Goal = new("new");

    /// <summary>The file before, the goal's provider, and what the values say at the end.</summary>
    public static TheoryData<string, ProviderKind?, string> Ways => new()
    {
        { Chains.Config("secretbox: old", "identity"), null, "secretbox new" },
        { Chains.Config("secretbox: old"), null, "secretbox new" },
        { Chains.Config("aescbc: old older", "aesgcm: oldest", "identity"), null, "aescbc new" },
        { Chains.Config("aescbc: old", "identity"), ProviderKind.Secretbox, "secretbox new" },
        { Chains.Config("aesgcm: old", "secretbox: other", "identity"), ProviderKind.Secretbox, "secretbox new" },
        { Chains.Config("secretbox: old", "identity"), ProviderKind.KmsV2, "kms-v2 new" },
        { Chains.Config("kms: v2 old", "identity"), ProviderKind.Secretbox, "secretbox new" },
        { Chains.Config("kms: v2 old", "identity"), ProviderKind.KmsV2, "kms-v2 new" },
        { Chains.Config("secretbox: old", "identity") + Entry("configmaps", "secretbox: old"), null, "secretbox new" },
        { Chains.Config("secretbox: old", "identity") + Entry("'*.'", "aescbc: old"), null, "aescbc new,secretbox new" },
        { Json, null, "secretbox new" },
    };

    private static string Json =>
        $$$"""
        {"apiVersion": "apiserver.config.k8s.io/v1", "kind": "EncryptionConfiguration", "resources": [{"resources": ["*.*"],
         "providers": [{"secretbox": {"keys": [{"name": "old", "secret": "{{{Chains.Secret("old")}}}"}]}}, {"identity": {}}]}]}
        """;

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Key_is_replaced_while_every_node_writes_and_no_read_fails(string config, ProviderKind? kind, string labels)
    {
        var cluster = await InUseAsync(config);
        if (config.Contains("configmaps", StringComparison.Ordinal) || config.Contains("'*.'", StringComparison.Ordinal))
            await cluster.UseAsync("configmaps");
        await RunAsync(cluster, Of(kind));
        Assert.Equal(labels, string.Join(',', cluster.Labels));
        Assert.All(cluster.Nodes, n => Assert.DoesNotContain("old", n.Text, StringComparison.Ordinal));
        Assert.Equal(config.Contains("identity", StringComparison.Ordinal), cluster.Nodes[0].Text.Contains("identity", StringComparison.Ordinal));
        Assert.Equal(config.StartsWith('{'), cluster.Nodes[0].Text.StartsWith('{'));
        Assert.Contains("old", cluster.Nodes[0].Copies[^1], StringComparison.Ordinal);

        // Again: there is nothing left to do, and nothing is done.
        var effects = cluster.Effects;
        Assert.Equal(RotationStage.Done, (await Rotation(cluster, Of(kind)).StepAsync(CancellationToken.None)).Ok().Stage);
        Assert.Equal(effects, cluster.Effects);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Run_that_is_interrupted_at_any_change_goes_on(bool crashesAfter)
    {
        var config = Chains.Config("aescbc: old", "identity");
        var (at, effects) = (0, int.MaxValue);
        while (at < effects)
        {
            var cluster = await InUseAsync(config, size: 3);
            (cluster.CrashesAt, cluster.CrashesAfter) = (++at, crashesAfter);
            await RunAsync(cluster, Goal);
            Assert.Equal(["aescbc new"], cluster.Labels);
            Assert.Equal(RotationStage.Done, (await Rotation(cluster, Goal).StepAsync(CancellationToken.None)).Ok().Stage);
            effects = cluster.Effects;
        }
        Assert.True(at > 10, "nothing was interrupted");
    }

    [Fact]
    public async Task Nodes_that_can_be_written_here_all_get_the_file_and_a_crash_between_them_is_made_good()
    {
        for (var at = 1; at <= 9; at++)
        {
            var cluster = await InUseAsync(Chains.Config("secretbox: old", "identity"), size: 3);
            cluster.CrashesAt = at;
            await RunAsync(cluster, Goal, writesAll: true);
            Assert.Equal(["secretbox new"], cluster.Labels);
            Assert.Single(cluster.Nodes.Select(n => n.Text).Distinct());
            Assert.All(cluster.Nodes, n => Assert.NotEmpty(n.Copies));
        }
    }

    [Fact]
    public async Task New_key_does_not_write_before_every_server_can_read_with_it()
    {
        var cluster = await InUseAsync(Chains.Config("secretbox: old"));
        Assert.Equal(RotationStage.Add, (await StepAsync(cluster)).Stage);
        var added = cluster.Nodes[0].Text;
        cluster.Nodes[0].Load();
        var waiting = await StepAsync(cluster);
        Assert.Equal((RotationStage.LoadAdded, true), (waiting.Stage, waiting.MustWait));
        Assert.Contains("node2: its metrics show the hash of another file", waiting.Text, StringComparison.Ordinal);
        Assert.Equal(added, cluster.Nodes[0].Text);

        // Nobody can vouch for a server that says otherwise.
        var vouched = await StepAsync(cluster, new RotationOptions { Confirmed = cluster.Nodes[0].LoadedHash });
        Assert.Equal(RotationStage.LoadAdded, vouched.Stage);
    }

    [Fact]
    public async Task Old_key_is_not_removed_while_an_object_is_under_it()
    {
        var cluster = await InUseAsync(Chains.Config("secretbox: old", "identity"));
        await StepAsync(cluster);
        Spread(cluster);
        await StepAsync(cluster);
        Spread(cluster);
        foreach (var rewriter in (IObjectRewriter?[])[null, new LazyRewriter()])
        {
            var step = (await Rotation(cluster, Goal, rewriter).StepAsync(CancellationToken.None)).Ok();
            Assert.Equal((RotationStage.Rewrite, true), (step.Stage, step.MustWait));
            Assert.Contains("2 secrets under secretbox key \"old\", such as /registry/secrets/default/s1", step.Text, StringComparison.Ordinal);
            Assert.Contains("old", cluster.Nodes[0].Text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Object_that_does_not_decrypt_keeps_its_key_in_the_file()
    {
        var cluster = await InUseAsync(Chains.Config("secretbox: old"));
        cluster.Put("/registry/secrets/default/broken", Encoding.ASCII.GetBytes("k8s:enc:secretbox:v1:old:broken"));
        for (var i = 0; i < 6; i++)
        {
            await StepAsync(cluster);
            Spread(cluster);
        }
        Assert.Equal(["secretbox new", "secretbox old"], cluster.Labels);
        Assert.Contains("such as /registry/secrets/default/broken", (await StepAsync(cluster)).Text, StringComparison.Ordinal);
        Assert.Contains("old", cluster.Nodes[0].Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Plaintext_that_was_left_over_is_rewritten_too_before_the_old_key_goes()
    {
        var cluster = await InUseAsync(Chains.Config("secretbox: old", "identity"));
        cluster.Put("/registry/secrets/default/plain", Encoding.ASCII.GetBytes("k8s\0plain"));
        await RunAsync(cluster, Goal);
        Assert.Equal(["secretbox new"], cluster.Labels);
    }

    [Fact]
    public async Task Name_under_which_objects_lie_already_is_refused()
    {
        var cluster = await InUseAsync(Chains.Config("secretbox: old"));
        cluster.Put("/registry/secrets/default/earlier", Encoding.ASCII.GetBytes("k8s:enc:secretbox:v1:new:whatever"));
        await AssertRefusedAsync(cluster, Goal, "rotation.name_used");
    }

    [Fact]
    public async Task Key_that_was_taken_out_by_hand_while_in_use_is_missed()
    {
        var cluster = await InUseAsync(Chains.Config("secretbox: new", "identity"));
        cluster.Put("/registry/secrets/default/orphan", Encoding.ASCII.GetBytes("k8s:enc:secretbox:v1:old:whatever"));
        await AssertRefusedAsync(cluster, Goal, "rotation.key_missing");
    }

    [Theory]
    [InlineData("rotation.ambiguous_names", "secretbox: a a=b")]
    [InlineData("rotation.ambiguous_names", "aescbc: a", "secretbox: b", "aescbc: a=c")]
    [InlineData("rotation.ambiguous_names", "aescbc: a a:b")]
    [InlineData("rotation.ambiguous_names", "secretbox: new:er")]
    [InlineData("rotation.ambiguous_names", "secretbox: old", "secretbox: new:er")]
    [InlineData("rotation.nothing", "identity")]
    [InlineData("rotation.nothing", "identity", "secretbox: a")]
    [InlineData("rotation.provider", "kms: v1 a")]
    public async Task File_that_cannot_be_rotated_safely_is_refused(string code, params string[] providers) =>
        await AssertRefusedAsync(new FakeCluster(Chains.Config(providers), size: 1), Goal, code);

    [Theory]
    [InlineData("")]
    [InlineData("a:b")]
    public async Task Name_that_would_not_tell_where_it_ends_is_refused(string name) =>
        await AssertRefusedAsync(new FakeCluster(Chains.Config("secretbox: a"), size: 1), new RotationGoal(name), "rotation.name");

    [Fact]
    public async Task Kms_cannot_serve_two_entries()
    {
        var cluster = new FakeCluster(Chains.Config("secretbox: a") + Entry("configmaps", "secretbox: b"), size: 1);
        await AssertRefusedAsync(cluster, Of(ProviderKind.KmsV2), "rotation.kms_entries");
        var one = Of(ProviderKind.KmsV2) with { Resources = ["configmaps"] };
        Assert.Equal(RotationStage.Add, (await Rotation(cluster, one).StepAsync(CancellationToken.None)).Ok().Stage);
        await AssertRefusedAsync(cluster, one with { Resources = ["pods"] }, "rotation.nothing");
    }

    [Fact]
    public async Task Kms_whose_socket_the_api_server_would_refuse_is_not_written()
    {
        var cluster = new FakeCluster(Chains.Config("secretbox: a"), size: 1);
        await AssertRefusedAsync(cluster, Of(ProviderKind.KmsV2) with { Endpoint = "tcp://x" }, "rotation.refused");
        Assert.Equal(0, cluster.Effects);
    }

    [Fact]
    public async Task Entries_under_one_rotation_share_the_new_key_and_an_entry_that_was_forgotten_gets_it_too()
    {
        var cluster = await InUseAsync(Chains.Config("secretbox: old new") + Entry("configmaps", "secretbox: old"));
        Assert.Equal(RotationStage.Add, (await StepAsync(cluster)).Stage);
        Assert.Equal(2, cluster.Nodes[0].Text.Split(Chains.Secret("new")).Length - 1);
        Spread(cluster);
        await RunAsync(cluster, Goal);
        Assert.Equal(["secretbox new"], cluster.Labels);
    }

    [Fact]
    public async Task Other_nodes_file_with_a_key_that_the_first_one_lacks_is_not_overwritten()
    {
        var cluster = await InUseAsync(Chains.Config("secretbox: old"));
        foreach (var other in (string[])[Chains.Config("secretbox: old lost"), Chains.Config("secretbox: old=another"), "kind: x\n"])
        {
            cluster.Nodes[1].Set(Encoding.UTF8.GetBytes(other));
            var rotation = new KeyRotation(Goal, cluster.Nodes, cluster, cluster, cluster, new RotationOptions());
            Assert.Equal("rotation.files_differ", (await rotation.StepAsync(CancellationToken.None)).Failure?.Code);
            Assert.Equal(other, cluster.Nodes[1].Text);
        }
        Assert.Equal(0, cluster.Effects);
    }

    [Theory]
    [InlineData("secretbox: new old", null)]
    [InlineData("secretbox: old", "rotation.files_differ")]
    [InlineData("secretbox: new=another old", "rotation.files_differ")]
    public async Task After_the_removal_only_a_file_that_has_the_new_key_follows(string other, string? code)
    {
        var cluster = new FakeCluster(Chains.Config("secretbox: new"));
        cluster.Nodes[1].Set(Encoding.UTF8.GetBytes(Chains.Config(other)));
        var rotation = new KeyRotation(Goal, cluster.Nodes, cluster, cluster, cluster, new RotationOptions());
        Assert.Equal(code, (await rotation.StepAsync(CancellationToken.None)).Failure?.Code);
        Assert.Equal(code is null, cluster.Nodes[0].Text == cluster.Nodes[1].Text);
    }

    [Theory]
    [InlineData("secretbox: new", "secretbox: new old", "k8s:enc:secretbox:v1:old:x")]
    [InlineData("secretbox: new", "secretbox: new old:er", "k8s:enc:secretbox:v1:old:er:x")]
    [InlineData("secretbox: new", "secretbox: new|aescbc: old older", "k8s:enc:aescbc:v1:older:x")]
    [InlineData("secretbox: new", "secretbox: new|kms: v2 old", "k8s:enc:kms:v2:old:x")]
    [InlineData("secretbox: new", "secretbox: new|identity", "k8s\0x")]
    public async Task Key_that_only_another_nodes_file_has_stays_while_something_in_etcd_is_under_it(string first, string other, string stored)
    {
        var cluster = new FakeCluster(Chains.Config(first));
        await cluster.UseAsync();
        cluster.Put("/registry/secrets/default/forgotten", Encoding.ASCII.GetBytes(stored));
        var before = Chains.Config(other.Split('|'));
        cluster.Nodes[1].Set(Encoding.UTF8.GetBytes(before));
        var rotation = new KeyRotation(Goal, cluster.Nodes, cluster, cluster, cluster, new RotationOptions());
        var refused = (await rotation.StepAsync(CancellationToken.None)).Failure!;
        Assert.Equal("rotation.in_use", refused.Code);
        Assert.Contains("such as /registry/secrets/default/forgotten", refused.Message, StringComparison.Ordinal);
        Assert.Equal(before, cluster.Nodes[1].Text);

        cluster.Delete("/registry/secrets/default/forgotten");
        Assert.False((await rotation.StepAsync(CancellationToken.None)).Ok().MustWait);
        Assert.Equal(cluster.Nodes[0].Text, cluster.Nodes[1].Text);
    }

    [Fact]
    public async Task Key_that_writes_on_another_node_alone_is_never_taken_from_it()
    {
        var cluster = new FakeCluster(Chains.Config("secretbox: new"));
        foreach (var other in (string[])[Chains.Config("secretbox: old new"), Chains.Config("secretbox: new") + Entry("configmaps", "secretbox: old")])
        {
            cluster.Nodes[1].Set(Encoding.UTF8.GetBytes(other));
            var rotation = new KeyRotation(Goal, cluster.Nodes, cluster, cluster, cluster, new RotationOptions());
            Assert.Equal("rotation.files_differ", (await rotation.StepAsync(CancellationToken.None)).Failure?.Code);
            Assert.Equal(other, cluster.Nodes[1].Text);
        }
    }

    [Fact]
    public async Task Resource_in_two_entries_is_refused_before_anything_is_written()
    {
        var cluster = await InUseAsync(Chains.Config("secretbox: old") + Entry("secrets", "aescbc: older"));
        await AssertRefusedAsync(cluster, Goal, "rotation.two_entries");
        await AssertRefusedAsync(cluster, Of(ProviderKind.AesGcm), "rotation.two_entries");
        Assert.Equal(0, cluster.Effects);
    }

    [Fact]
    public async Task Resource_of_which_etcd_holds_nothing_is_not_rewritten()
    {
        // The API server may have stopped serving it: to ask for it would stop the rotation.
        var cluster = await InUseAsync(Chains.Config("secretbox: old") + Entry("widgets.example.org", "secretbox: old"));
        await RunAsync(cluster, Goal);
        Assert.Equal(["secretbox new"], cluster.Labels);
        Assert.Equal([GroupResource.Parse("secrets")], cluster.Rewritten);
    }

    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 1)]
    [InlineData(true, 2)]
    public async Task Servers_are_taken_for_all_without_leases_only_when_somebody_says_so(bool showsHashes, int size)
    {
        var cluster = await InUseAsync(Chains.Config("secretbox: old"), size);
        (cluster.ShowsHashes, cluster.Leases) = (showsHashes, []);
        await StepAsync(cluster);
        Spread(cluster);
        var waiting = await StepAsync(cluster);
        Assert.Equal(RotationStage.LoadAdded, waiting.Stage);
        Assert.Contains("none keeps a lease in etcd", waiting.Text, StringComparison.Ordinal);
        Assert.Equal(RotationStage.Promote, (await StepAsync(cluster, new RotationOptions { ServersAreAll = true })).Stage);

        // What leases show counts for more.
        Spread(cluster);
        cluster.Leases = [.. cluster.Nodes.Select(n => n.Name), "another"];
        Assert.Equal(RotationStage.LoadPromoted, (await StepAsync(cluster, new RotationOptions { ServersAreAll = true })).Stage);
    }

    [Fact]
    public async Task Dry_run_says_each_step_and_changes_nothing()
    {
        var cluster = await InUseAsync(Chains.Config("secretbox: old", "identity"));
        var seen = new List<RotationStage>();
        for (var i = 0; i < 20; i++)
        {
            var (before, objects) = (cluster.Nodes[0].Text, cluster.Effects);
            var dry = await StepAsync(cluster, new RotationOptions { DryRun = true });
            Assert.True(dry.MustWait);
            Assert.Equal((before, objects), (cluster.Nodes[0].Text, cluster.Effects));
            seen.Add(dry.Stage);
            await StepAsync(cluster);
            Spread(cluster);
        }
        Assert.Equal([RotationStage.Add, RotationStage.Promote, RotationStage.Rewrite, RotationStage.Remove, RotationStage.Done], seen.Distinct());
    }

    [Fact]
    public async Task Server_that_tells_no_hash_is_believed_by_its_start_when_it_is_the_only_one()
    {
        var cluster = new FakeCluster(Chains.Config("secretbox: old"), size: 1) { ShowsHashes = false };
        await cluster.UseAsync();
        await StepAsync(cluster);
        Assert.Equal(RotationStage.LoadAdded, (await StepAsync(cluster)).Stage);
        cluster.Nodes[0].Load();
        Assert.Equal(RotationStage.Promote, (await StepAsync(cluster)).Stage);
    }

    [Fact]
    public async Task One_server_does_not_speak_for_the_nodes_whose_files_are_written_here()
    {
        var cluster = await InUseAsync(Chains.Config("secretbox: old"), size: 3);
        (cluster.ShowsHashes, cluster.Named, cluster.Leases) = (false, 1, []);
        var options = new RotationOptions { ServersAreAll = true };
        for (var i = 0; i < 10; i++)
        {
            cluster.Nodes[0].Load();
            var step = await new KeyRotation(Goal, cluster.Nodes, cluster, cluster, cluster, options).StepAsync(CancellationToken.None);
            Assert.NotEqual(RotationStage.Promote, step.Ok().Stage);
        }
        await cluster.UseAsync();
    }

    [Fact]
    public async Task Servers_that_tell_no_hash_need_somebody_who_vouches_for_this_very_file()
    {
        var cluster = await InUseAsync(Chains.Config("secretbox: old"));
        cluster.ShowsHashes = false;
        await StepAsync(cluster);
        Spread(cluster);
        var hash = SealedBackup.FingerprintOf(cluster.Nodes[0].Read());
        foreach (var not in (string[])["", hash[..7], new string('0', 64), hash + "0"])
            Assert.Equal(RotationStage.LoadAdded, (await StepAsync(cluster, new RotationOptions { Confirmed = not })).Stage);
        Assert.Equal(RotationStage.Promote, (await StepAsync(cluster, new RotationOptions { Confirmed = hash[..12] })).Stage);

        // What was vouched for was the file before.
        Assert.Equal(RotationStage.LoadPromoted, (await StepAsync(cluster, new RotationOptions { Confirmed = hash[..12] })).Stage);
    }

    [Fact]
    public async Task Server_that_nobody_named_is_known_by_its_lease()
    {
        var cluster = await InUseAsync(Chains.Config("secretbox: old"));
        cluster.Leases = ["node1", "node2"];
        await StepAsync(cluster);
        Spread(cluster);
        cluster.Leases = ["node1", "node2", "node3"];
        var waiting = await StepAsync(cluster);
        Assert.Equal(RotationStage.LoadAdded, waiting.Stage);
        Assert.Contains("leases node3: not all of them were asked", waiting.Text, StringComparison.Ordinal);

        // Somebody knows that it is gone, or has looked.
        var vouched = new RotationOptions { Confirmed = cluster.Nodes[0].LoadedHash };
        Assert.Equal(RotationStage.Promote, (await StepAsync(cluster, vouched)).Stage);
        Spread(cluster);
        cluster.Leases = ["node1", "node2"];
        Assert.Equal(RotationStage.Rewrite, (await StepAsync(cluster)).Stage);
    }

    [Fact]
    public async Task Times_of_one_address_do_not_count_when_leases_show_that_several_servers_live()
    {
        var cluster = new FakeCluster(Chains.Config("secretbox: old"), size: 1) { ShowsHashes = false, Leases = ["node1", "node2"] };
        await cluster.UseAsync();
        await StepAsync(cluster);
        cluster.Nodes[0].Load();
        Assert.Equal(RotationStage.LoadAdded, (await StepAsync(cluster)).Stage);
        cluster.Leases = ["node1"];
        Assert.Equal(RotationStage.Promote, (await StepAsync(cluster)).Stage);
    }

    [Theory]
    [InlineData("identity|secretbox: k", "secretbox: k|identity")]
    [InlineData("secretbox: a b", "secretbox: b a")]
    [InlineData("secretbox: k", "identity|secretbox: k")]
    public async Task Other_nodes_file_that_writes_otherwise_what_is_not_rotated_is_not_overwritten(string first, string other)
    {
        var config = Chains.Config("secretbox: old");
        var cluster = new FakeCluster(config + Entry("configmaps", first.Split('|')));
        var before = config + Entry("configmaps", other.Split('|'));
        cluster.Nodes[1].Set(Encoding.UTF8.GetBytes(before));
        var rotation = new KeyRotation(Goal with { Resources = ["secrets"] }, cluster.Nodes, cluster, cluster, cluster, new RotationOptions());
        var refused = (await rotation.StepAsync(CancellationToken.None)).Failure;
        Assert.Equal("rotation.files_differ", refused?.Code);
        Assert.Contains("configmaps is written there as", refused!.Message, StringComparison.Ordinal);
        Assert.Equal(before, cluster.Nodes[1].Text);
    }

    [Fact]
    public async Task Entry_that_the_first_file_has_alone_does_not_turn_another_nodes_encryption_off()
    {
        var (config, all) = (Chains.Config("secretbox: old"), Entry("'*.*'", "secretbox: all"));
        var cluster = new FakeCluster(config + Entry("configmaps", "identity") + all);
        cluster.Nodes[1].Set(Encoding.UTF8.GetBytes(config + all));
        var rotation = new KeyRotation(Goal with { Resources = ["secrets"] }, cluster.Nodes, cluster, cluster, cluster, new RotationOptions());
        Assert.Equal("rotation.files_differ", (await rotation.StepAsync(CancellationToken.None)).Failure?.Code);
        Assert.Equal(config + all, cluster.Nodes[1].Text);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Key_goes_from_another_nodes_file_only_when_its_server_writes_with_the_new_one(bool showsHashes)
    {
        var cluster = new FakeCluster(Chains.Config("secretbox: old new")) { ShowsHashes = showsHashes };
        cluster.Nodes[0].Set(Encoding.UTF8.GetBytes(Chains.Config("secretbox: new")));
        cluster.Nodes[0].Load();
        var before = Chains.Config("secretbox: new old");
        cluster.Nodes[1].Set(Encoding.UTF8.GetBytes(before));
        var waiting = (await Following(cluster, new RotationOptions()).StepAsync(CancellationToken.None)).Ok();
        Assert.Equal((RotationStage.LoadPromoted, true), (waiting.Stage, waiting.MustWait));
        Assert.Contains("node2: its metrics show", waiting.Text, StringComparison.Ordinal);
        Assert.Equal(before, cluster.Nodes[1].Text);

        // It writes with the old key still.
        await cluster.Nodes[1].WriteAsync("/registry/secrets/default/late", "late");
        Assert.Equal(["secretbox old"], cluster.Labels);
        cluster.Delete("/registry/secrets/default/late");
        cluster.Nodes[1].Load();
        var options = new RotationOptions { Confirmed = showsHashes ? "" : cluster.Nodes[1].LoadedHash };
        Assert.False((await Following(cluster, options).StepAsync(CancellationToken.None)).Ok().MustWait);
        Assert.Equal(cluster.Nodes[0].Text, cluster.Nodes[1].Text);
    }

    [Fact]
    public async Task Removal_tells_of_nodes_that_are_off()
    {
        var cluster = await InUseAsync(Chains.Config("secretbox: new old"));
        var step = await StepAsync(cluster);
        Assert.Equal(RotationStage.Remove, step.Stage);
        Assert.Contains("A control-plane node that is off now must get the file before its API server starts", step.Text, StringComparison.Ordinal);
    }

    private static KeyRotation Following(FakeCluster cluster, RotationOptions options) => new(Goal, cluster.Nodes, cluster, cluster, cluster, options);

    private static string Entry(string resource, params string[] providers)
    {
        var one = Chains.Config(providers);
        return one[one.IndexOf("- resources:", StringComparison.Ordinal)..].Replace("[secrets]", $"[{resource}]", StringComparison.Ordinal);
    }

    private static RotationGoal Of(ProviderKind? kind) =>
        Goal with { Kind = kind, Endpoint = kind == ProviderKind.KmsV2 ? "unix:///run/kist.sock" : null };

    private static async Task<FakeCluster> InUseAsync(string config, int size = 2)
    {
        var cluster = new FakeCluster(config, size);
        await cluster.UseAsync();
        return cluster;
    }

    private static KeyRotation Rotation(FakeCluster cluster, RotationGoal goal) => Rotation(cluster, goal, cluster);

    private static KeyRotation Rotation(FakeCluster cluster, RotationGoal goal, IObjectRewriter? rewriter) =>
        new(goal, [cluster.Nodes[0]], cluster, cluster, rewriter, new RotationOptions());

    private static async Task<RotationStep> StepAsync(FakeCluster cluster, RotationOptions? options = null) =>
        (await new KeyRotation(Goal, [cluster.Nodes[0]], cluster, cluster, cluster, options ?? new RotationOptions()).StepAsync(CancellationToken.None)).Ok();

    private static async Task AssertRefusedAsync(FakeCluster cluster, RotationGoal goal, string code) =>
        Assert.Equal(code, (await Rotation(cluster, goal).StepAsync(CancellationToken.None)).Failure?.Code);

    // Somebody copies the file, and all servers load it.
    private static void Spread(FakeCluster cluster)
    {
        foreach (var node in cluster.Nodes)
        {
            if (node.Text != cluster.Nodes[0].Text)
                node.Set(cluster.Nodes[0].Read());
            node.Load();
        }
    }

    // Each step is another process; servers load one after the other, and all the time everybody writes and reads.
    private static async Task RunAsync(FakeCluster cluster, RotationGoal goal, bool writesAll = false)
    {
        for (var i = 0; i < 100; i++)
        {
            await cluster.UseAsync();
            Outcome<RotationStep> outcome;
            try
            {
                IReadOnlyList<FakeNode> files = writesAll ? cluster.Nodes : [cluster.Nodes[0]];
                outcome = await new KeyRotation(goal, files, cluster, cluster, cluster, new RotationOptions()).StepAsync(CancellationToken.None);
            }
            catch (CrashException)
            {
                cluster.CrashesAt = int.MaxValue;
                continue;
            }
            await cluster.UseAsync();
            var step = outcome.Ok();
            if (step.Stage == RotationStage.Done)
                return;
            if (!step.MustWait)
                continue;
            foreach (var node in cluster.Nodes)
            {
                if (node.Text != cluster.Nodes[0].Text)
                    node.Set(cluster.Nodes[0].Read());
                node.Load();
                await cluster.UseAsync();
            }
        }
        Assert.Fail("the rotation does not come to its end");
    }

    // Says that it did, and did not.
    private sealed class LazyRewriter : IObjectRewriter
    {
        public Task<Outcome<Nothing>> RewriteAsync(IReadOnlyList<GroupResource> resources, CancellationToken cancellationToken) => Task.FromResult(Outcome.Done);
    }
}
