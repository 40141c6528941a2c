using FsCheck;
using FsCheck.Fluent;
using Kist.Kubernetes.AtRest;
using Kist.Kubernetes.Encryption;

namespace Kist.Kubernetes.Tests.Encryption;

public sealed class ConfigurationTests
{
    private const string Layers =
        """
        apiVersion: apiserver.config.k8s.io/v1
        kind: EncryptionConfiguration
        resources:
        - resources: [secrets, jobs.batch]
          providers: [{secretbox: {keys: [{name: first, secret: 5nS6IGyJEy6WvHLhmHB8T9HUIYh4xgk0aLVVAGnSd6w=}]}}]
        - resources: ['*.']
          providers: [{kms: {apiVersion: v2, name: core, endpoint: unix:///c}}]
        - resources: ['*.batch']
          providers: [{kms: {apiVersion: v2, name: batch, endpoint: unix:///b}}]
        - resources: ['*.*']
          providers: [{kms: {apiVersion: v2, name: rest, endpoint: unix:///r}}, {identity: {}}]
        """;

    [Theory]
    [InlineData("secrets", "first")]
    [InlineData("secrets.", "first")]
    [InlineData("jobs.batch", "first")]
    [InlineData("configmaps", "core")]
    [InlineData("cronjobs.batch", "batch")]
    [InlineData("deployments.apps", "rest")]
    [InlineData("widgets.example.test", "rest")]
    public void Name_wins_over_its_groups_wildcard_and_that_over_everything(string resource, string provider)
    {
        var providers = ConfigurationFile.Load(Layers, LintFacts.None).Ok().ProvidersFor(GroupResource.Parse(resource));
        Assert.Equal(provider, providers[0].Kms?.Name ?? providers[0].Secretbox!.Keys[0].Name);
    }

    [Fact]
    public void Resource_in_two_entries_has_their_providers_in_the_order_of_the_file()
    {
        var text = Chains.Config("aescbc: a")
            + "- {resources: [configmaps, secrets], providers: [{identity: {}}]}\n"
            + "- {resources: ['*.'], providers: [{identity: {}}]}\n";
        var providers = ConfigurationFile.Load(text, LintFacts.None).Ok().ProvidersFor(GroupResource.Parse("secrets"));
        Assert.Equal([ProviderKind.AesCbc, ProviderKind.Identity], providers.Select(p => p.Kind!.Value));
    }

    [Fact]
    public void Resource_that_no_entry_covers_is_plaintext()
    {
        Assert.Empty(ConfigurationFile.Load(Chains.Config("aescbc: a"), LintFacts.None).Ok().ProvidersFor(GroupResource.Parse("configmaps")));
        using var chains = Chains.Of(Chains.Config("aescbc: a"));
        Assert.Equal(ObjectState.Plaintext, chains.For(GroupResource.Parse("configmaps")).Classify("k8s\0"u8.ToArray()).State);
        var encrypted = chains.For(GroupResource.Parse("configmaps")).Classify("k8s:enc:aescbc:v1:a:"u8.ToArray());
        Assert.Equal(
            (ObjectState.Undecryptable, "identity transformer tried to read encrypted data"),
            (encrypted.State, encrypted.Failure!.Message));
    }

    [Fact]
    public void Defaults_of_a_kms_are_filled_in()
    {
        var text = Chains.Config("identity")
            + "  - kms: {name: p, endpoint: unix:///s}\n"
            + "  - kms: {apiVersion: v2, name: q, endpoint: unix:///s, timeout: 1m30s}\n";
        var kms = ConfigurationFile.Load(text, Chains.Facts).Ok().Rules[0].Providers.Select(p => p.Kms).OfType<KmsConfiguration>().ToList();
        Assert.Equal(("v1", 3.0, 1000), (kms[0].ApiVersion, kms[0].Timeout.Duration.TotalSeconds, kms[0].CacheSize));
        Assert.Equal(("v2", 90.0, null), (kms[1].ApiVersion, kms[1].Timeout.Duration.TotalSeconds, kms[1].CacheSize));
    }

    [Theory]
    [InlineData("""{"apiVersion":"v1","kind":"EncryptionConfig","resources":[{"resources":["secrets"],"providers":[{"identity":{}}]}]}""")]
    [InlineData(
        "apiVersion: v1\nkind: EncryptionConfig\nresources: "
        + "[{resources: [a], providers: &p [{identity: {}}]}, {resources: [b], providers: *p}]")]
    [InlineData(
        "apiVersion: v1\nkind: EncryptionConfig\nresources: "
        + "[{resources: [a], <<: &p {providers: [{identity: {}}]}}, {resources: [b], <<: *p}]")]
    public void Old_kind_json_aliases_and_merge_keys_are_read(string text) =>
        Assert.Equal(ProviderKind.Identity, ConfigurationFile.Load(text, LintFacts.None).Ok().Rules[^1].Providers[0].Kind);

    [Theory]
    [InlineData("[&e {resources: [a], providers: [{identity: {}}]}, {<<: *e, resources: [b]}]", "resources[1].resources")]
    [InlineData("[&e {resources: [a], providers: [{identity: {}}]}, {resources: [b], <<: *e}]", "resources[1].resources")]
    [InlineData("[{<<: [&p {providers: [{identity: {}}]}, *p], resources: [b]}]", "resources[0].providers")]
    public void Field_that_is_merged_and_written_or_merged_twice_is_repeated(string resources, string path)
    {
        var text = $"apiVersion: v1\nkind: EncryptionConfig\nresources: {resources}";
        var finding = Assert.Single(ConfigurationLint.Check(text, LintFacts.None).Findings, f => f.Level == FindingLevel.Error);
        Assert.Equal(("duplicate-field", path), (finding.Rule, finding.Path));
    }

    [Theory]
    [InlineData("secret:5nS6", "a field of 11 characters", "write a blank behind the colon of \"secret:\"")]
    [InlineData("cache_size", "a field of 10 characters", "remove it; known here: name, secret")]
    [InlineData("secrets", "secrets", "did you mean \"secret\"?")]
    [InlineData("abcdefghijklmnopqrstu", "a field of 21 characters", "remove it; known here: name, secret")]
    public void Unknown_field_is_named_only_when_it_can_hold_no_key(string field, string shown, string fix)
    {
        var text = Chains.Config("identity") + $"  - aescbc: {{keys: [{{name: a, {field}: x}}]}}\n";
        var finding = Assert.Single(ConfigurationLint.Check(text, LintFacts.None).Findings, f => f.Rule == "unknown-field");
        Assert.Equal(("resources[0].providers[1].aescbc.keys[0]." + shown, fix), (finding.Path, finding.Fix));
    }

    [Theory]
    [InlineData("- resources: [\n  secrets, configmaps\n  ]\n  providers: [{identity: {}}]\n")]
    [InlineData("- resources: [secrets]\n  providers: [{identity: {}}, {kms: {name: 1e45678, endpoint: unix:///s}}]\n")]
    [InlineData("- resources: [secrets]\n  providers: [{identity: {}}, {kms: {name: p, endpoint: unix:///s, cachesize: 1_000}}]\n")]
    [InlineData("- resources: [secrets]\n  providers: [{identity: {}}, {kms: {name: p, endpoint: unix:///s, cachesize: 0x3e8}}]\n")]
    [InlineData("- resources: [secrets]\n  providers: [{identity: {}}, {kms: {name: p, endpoint: unix:///s, cachesize: 1e3}}]\n")]
    [InlineData("- resources: [secrets]\n  providers: [{identity: {}}]\n...\n@ {\n")]
    public void Layout_and_notation_that_the_api_server_takes_are_read(string resources)
    {
        var text = "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n" + resources;
        var configuration = ConfigurationFile.Load(text, Chains.Facts).Ok();
        Assert.Equal("secrets", configuration.Rules[0].Resources[0].Text);
        Assert.All(configuration.Rules[0].Providers.Select(p => p.Kms).OfType<KmsConfiguration>(), kms => Assert.Equal(1000, kms.CacheSize));
    }

    [Fact]
    public void Refused_file_gives_its_first_error_and_their_number()
    {
        var failure = ConfigurationFile.Load(Chains.Config("identity") + "  - {}\n  - {}\nx: 1\n", LintFacts.None).Failure!;
        Assert.Equal("encryption.invalid_configuration", failure.Code);
        Assert.Equal("x: line 9, column 1: strict decoding error: unknown field \"x\" (and 2 more)", failure.Message);
    }

    [Fact]
    public void Nothing_that_prints_shows_a_key()
    {
        var configuration = ConfigurationFile.Load(Layers, LintFacts.None).Ok();
        var key = configuration.Rules[0].Providers[0].Secretbox!.Keys[0];
        foreach (var printed in (object[])[configuration, configuration.Rules[0], configuration.Rules[0].Providers[0], key])
            Assert.DoesNotContain("5nS6", printed.ToString(), StringComparison.Ordinal);
        Assert.Equal(32, key.Length);
    }

    [Fact]
    public void Garbage_is_a_finding_and_never_throws()
    {
        var fragments = Gen.Elements(
            "apiVersion: apiserver.config.k8s.io/v1\n", "kind: EncryptionConfiguration\n", "resources:\n", "- resources: [secrets]\n",
            "  providers:\n", "  - aescbc: ", "{", "}", "[", "]", ":", ",", "- ", "\n", " ", "\t", "identity: {}\n", "kms:\n", "keys:\n", "name: a\n",
            "secret: AA==\n", "\"", "'", "&a ", "*a ", "<<: ", "---\n", "...\n", "# x\n", "!!str ",
            "null", "1", "true", "|\n", "? ", "\0", "\uFEFF", "\ud800", "é", "*.*", "%TAG", "@", "`", "!<", ">", "+", "\\U", "FFFFFFFF");
        var texts = Gen.OneOf(
            fragments.ListOf().Select(string.Concat),
            fragments.ListOf().Select(f => Layers[..200] + string.Concat(f)),
            fragments.ListOf().Select(f => "{" + string.Concat(f)));
        Prop.ForAll(Arb.From(texts), IsJudged).Check(Config.QuickThrowOnFailure.WithMaxTest(5000));
    }

    [Fact]
    public void Mutated_file_is_a_finding_and_never_throws()
    {
        var mutated =
            from at in Gen.Choose(0, Layers.Length)
            from removed in Gen.Choose(0, Math.Min(6, Layers.Length - at))
            from inserted in Gen.Elements("", "\"", "{", "}", "[", "]", ":", "\n", ",", "\0", "- ", "'", "1", "null", "&a", "*a")
            select Layers.Remove(at, removed).Insert(at, inserted);
        Prop.ForAll(Arb.From(mutated), IsJudged).Check(Config.QuickThrowOnFailure.WithMaxTest(3000));
    }

    private static bool IsJudged(string text)
    {
        var report = ConfigurationLint.Check(text, LintFacts.None);
        var loaded = ConfigurationFile.Load(text, LintFacts.None);
        return loaded.Succeeded != report.IsRefused && report.Findings.All(f => f.Message.Length > 0 && f.Fix.Length > 0);
    }
}
