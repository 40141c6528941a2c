using Kist.Kubernetes.Encryption;

namespace Kist.Kubernetes.Tests.Encryption;

/// <summary>Each rule, by the smallest file that breaks it.</summary>
public sealed class LintRuleTests
{
    private const string Head = "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n";
    private static readonly string A = Chains.Secret("a");
    private static readonly string B = Chains.Secret("b");
    private static readonly string Short = Convert.ToBase64String(Convert.FromBase64String(A)[..16]);

    /// <summary>Level, rule and path, and the file.</summary>
    public static TheoryData<FindingLevel, string, string, string> Rules => new()
    {
        // The decoder.
        { FindingLevel.Error, "empty", "", "" },
        { FindingLevel.Error, "syntax", "", "a: [" },
        { FindingLevel.Error, "syntax", "", "{\"a\": }" },
        { FindingLevel.Error, "syntax", "", "{apiVersion: v1}" },
        { FindingLevel.Error, "kind", "", "# nothing\n" },
        { FindingLevel.Error, "kind", "kind", "apiVersion: v1\n" },
        { FindingLevel.Error, "kind", "apiVersion", "kind: EncryptionConfiguration\n" },
        { FindingLevel.Error, "kind", "kind", "apiVersion: v1\nkind: EncryptionConfiguration\nresources: []\n" },
        { FindingLevel.Error, "wrong-type", "", "[1]" },
        { FindingLevel.Error, "wrong-type", "kind", "apiVersion: v1\nkind: 7\n" },
        { FindingLevel.Error, "wrong-type", "resources", Head.Replace("resources:", "resources: 7", StringComparison.Ordinal) },
        { FindingLevel.Error, "wrong-type", "resources[0]", Head + "- secrets\n" },
        { FindingLevel.Error, "wrong-type", "resources[0].resources", Rule("resources: secrets", "identity: {}") },
        { FindingLevel.Error, "wrong-type", "resources[0].resources[0]", Rule("resources: [on]", "identity: {}") },
        { FindingLevel.Error, "wrong-type", "resources[0].providers[0].identity", Providers("identity: yes") },
        { FindingLevel.Error, "wrong-type", "resources[0].providers[0].aescbc", Providers("aescbc: []") },
        {
            FindingLevel.Error,
            "wrong-type",
            "resources[0].providers[0].aescbc.keys[0].name",
            Providers($"aescbc: {{keys: [{{name: 20240131, secret: {A}}}]}}")
        },
        {
            FindingLevel.Error,
            "wrong-type",
            "resources[0].providers[0].secretbox.keys[0].name",
            Providers($"secretbox: {{keys: [{{name: y, secret: {A}}}]}}")
        },
        { FindingLevel.Error, "wrong-type", "resources[0].providers[0].kms.timeout", Kms("timeout: 3") },
        { FindingLevel.Error, "wrong-type", "resources[0].providers[0].kms.timeout", Kms("timeout: '3'") },
        { FindingLevel.Error, "wrong-type", "resources[0].providers[0].kms.timeout", Kms("timeout: 1d") },
        { FindingLevel.Error, "wrong-type", "resources[0].providers[0].kms.cachesize", Kms("cachesize: many") },
        { FindingLevel.Error, "unknown-field", "extra", Providers("identity: {}") + "extra: 1\n" },
        { FindingLevel.Error, "unknown-field", "resources[0].provider", Head + "- resources: [secrets]\n  provider: []\n" },
        { FindingLevel.Error, "unknown-field", "resources[0].providers[0].aesctr", Providers("aesctr: {}") },
        { FindingLevel.Error, "unknown-field", "resources[0].providers[0].identity.x", Providers("identity: {x: 1}") },
        { FindingLevel.Error, "unknown-field", "resources[0].providers[0].kms.cacheSize", Kms("cacheSize: 10") },
        { FindingLevel.Error, "duplicate-field", "kind", Providers("identity: {}") + "kind: x\n" },
        {
            FindingLevel.Error,
            "duplicate-field",
            "kind",
            """{"apiVersion":"v1","kind":"EncryptionConfig","kind":"EncryptionConfig","resources":[]}"""
        },
        { FindingLevel.Warning, "second-document", "", Providers("identity: {}") + "---\na: 1\n" },

        // Lists and names of resources.
        { FindingLevel.Error, "required", "resources", Head },
        { FindingLevel.Error, "required", "resources[0].resources", Rule("resources: []", "identity: {}") },
        { FindingLevel.Error, "required", "resources[0].providers", Head + "- resources: [secrets]\n" },
        { FindingLevel.Error, "required", "resources[0].providers[0].aesgcm.keys", Providers("aesgcm: {}") },
        { FindingLevel.Error, "resource-capitals", "resources[0].resources[0]", Rule("resources: [Secrets]", "identity: {}") },
        { FindingLevel.Error, "resource-star", "resources[0].resources[0]", Rule("resources: ['*']", "identity: {}") },
        { FindingLevel.Error, "resource-not-rest", "resources[0].resources[0]", Rule("resources: [serviceipallocations]", "identity: {}") },
        { FindingLevel.Error, "resource-events", "resources[0].resources[1]", Rule("resources: [secrets, '*.events.k8s.io']", "identity: {}") },
        { FindingLevel.Error, "resource-extensions", "resources[0].resources[0]", Rule("resources: [ingresses.extensions]", "identity: {}") },
        { FindingLevel.Error, "resource-across-groups", "resources[0].resources[0]", Rule("resources: ['secrets.*']", "identity: {}") },
        { FindingLevel.Error, "resource-duplicate", "resources[0].resources", Rule("resources: [secrets, secrets.]", "identity: {}") },
        { FindingLevel.Error, "resource-overlap", "resources[0].resources", Rule("resources: [secrets, '*.']", "identity: {}") },
        { FindingLevel.Error, "resource-overlap", "resources[0].resources", Rule("resources: ['*.apps', '*.*']", "identity: {}") },
        {
            FindingLevel.Error,
            "resource-masked",
            "resources[1].resources[0]",
            Rule("resources: ['*.']", "identity: {}") + Entry("secrets", "identity: {}")
        },
        {
            FindingLevel.Error,
            "resource-masked",
            "resources[1].resources[0]",
            Rule("resources: ['*.*']", "identity: {}") + Entry("'*.apps'", "identity: {}")
        },
        {
            FindingLevel.Error,
            "resource-masked",
            "resources[1].resources[0]",
            Rule("resources: ['*.apps']", "identity: {}") + Entry("'*.apps'", "identity: {}")
        },

        // Providers and keys.
        { FindingLevel.Error, "provider-none", "resources[0].providers[0]", Providers("{}") },
        { FindingLevel.Error, "provider-none", "resources[0].providers[0]", Providers("identity:") },
        { FindingLevel.Error, "provider-several", "resources[0].providers[0]", Providers("{identity: {}, " + Keys("aescbc", ("a", A)) + "}") },
        { FindingLevel.Error, "key-name", "resources[0].providers[0].aescbc.keys[0].name", Providers(Keys("aescbc", ("", A))) },
        { FindingLevel.Error, "key-secret", "resources[0].providers[0].aescbc.keys[0].secret", Providers("aescbc: {keys: [{name: a}]}") },
        { FindingLevel.Error, "key-base64", "resources[0].providers[0].aesgcm.keys[0].secret", Providers(Keys("aesgcm", ("a", A.TrimEnd('=')))) },
        {
            FindingLevel.Error,
            "key-length",
            "resources[0].providers[0].secretbox.keys[1].secret",
            Providers(Keys("secretbox", ("a", A), ("b", Short)))
        },
        { FindingLevel.Error, "key-length", "resources[0].providers[0].aescbc.keys[0].secret", Providers(Keys("aescbc", ("a", "AAAA"))) },

        // KMS.
        { FindingLevel.Error, "kms-name", "resources[0].providers[0].kms.name", Providers("kms: {apiVersion: v2, endpoint: unix:///s}") },
        {
            FindingLevel.Error,
            "kms-name-colon",
            "resources[0].providers[0].kms.name",
            Providers("kms: {apiVersion: v2, name: 'a:b', endpoint: unix:///s}")
        },
        {
            FindingLevel.Error,
            "kms-name-duplicate",
            "resources[0].providers[1].kms.name",
            Kms("") + "  - kms: {apiVersion: v2, name: p, endpoint: unix:///t}\n"
        },
        {
            FindingLevel.Error,
            "kms-name-duplicate",
            "resources[0].providers[1].kms.name",
            Kms("apiVersion: v1") + "  - kms: {apiVersion: v2, name: p, endpoint: unix:///t}\n"
        },
        { FindingLevel.Error, "kms-endpoint", "resources[0].providers[0].kms.endpoint", Providers("kms: {apiVersion: v2, name: p}") },
        {
            FindingLevel.Error,
            "kms-endpoint-url",
            "resources[0].providers[0].kms.endpoint",
            Providers("kms: {apiVersion: v2, name: p, endpoint: 'unix:///%zz'}")
        },
        {
            FindingLevel.Error,
            "kms-endpoint-url",
            "resources[0].providers[0].kms.endpoint",
            Providers("kms: {apiVersion: v2, name: p, endpoint: ':x'}")
        },
        {
            FindingLevel.Error,
            "kms-endpoint-scheme",
            "resources[0].providers[0].kms.endpoint",
            Providers("kms: {apiVersion: v2, name: p, endpoint: /run/s}")
        },
        { FindingLevel.Error, "kms-timeout", "resources[0].providers[0].kms.timeout", Kms("timeout: 0s") },
        { FindingLevel.Error, "kms-timeout", "resources[0].providers[0].kms.timeout", Kms("timeout: 0.1ns") },
        { FindingLevel.Error, "kms-timeout", "resources[0].providers[0].kms.timeout", Kms("timeout: 0.0009us0.9ns") },
        { FindingLevel.Error, "kms-timeout", "resources[0].providers[0].kms.timeout", Kms("timeout: -1s") },
        { FindingLevel.Error, "kms-cachesize", "resources[0].providers[0].kms.cachesize", Kms("cachesize: 10") },
        { FindingLevel.Error, "kms-cachesize", "resources[0].providers[0].kms.cachesize", Kms("apiVersion: v1, cachesize: 0") },
        { FindingLevel.Error, "kms-api-version", "resources[0].providers[0].kms.apiVersion", Kms("apiVersion: v3") },
        { FindingLevel.Error, "kms-v1-disabled", "resources[0].providers[0].kms.apiVersion", Providers("kms: {name: p, endpoint: unix:///s}") },
        {
            FindingLevel.Warning,
            "kms-endpoint-host",
            "resources[0].providers[0].kms.endpoint",
            Providers("kms: {apiVersion: v2, name: p, endpoint: unix://run/s}")
        },

        // Judgement.
        { FindingLevel.Warning, "identity-first", "resources[0].providers[0]", Providers("identity: {}", Keys("secretbox", ("a", A))) },
        { FindingLevel.Warning, "identity-only", "resources[0].providers[0]", Providers("identity: {}") },
        { FindingLevel.Info, "identity-only", "resources[0].providers[0]", Rule("resources: [events]", "identity: {}") },
        { FindingLevel.Info, "identity-missing", "resources[0].providers", Providers(Keys("secretbox", ("a", A))) },
        { FindingLevel.Warning, "secrets-uncovered", "resources", Rule("resources: [configmaps]", "identity: {}") },
        { FindingLevel.Warning, "resource-unknown", "resources[0].resources[1]", Rule("resources: [secrets, deployments]", "identity: {}") },
        { FindingLevel.Warning, "resource-unknown", "resources[0].resources[0]", Rule("resources: [secret]", "identity: {}") },
        {
            FindingLevel.Info,
            "resource-joined",
            "resources[1].resources[0]",
            Providers(Keys("secretbox", ("a", A))) + Entry("secrets", "identity: {}")
        },
        { FindingLevel.Info, "wildcard-release", "resources[0].resources[0]", Rule("resources: ['*.*']", "identity: {}") },
        {
            FindingLevel.Warning,
            "wildcard-order",
            "resources[0].resources[0]",
            Rule("resources: ['*.']", "identity: {}") + Entry("jobs.batch", "identity: {}")
        },
        { FindingLevel.Warning, "aescbc-unauthenticated", "resources[0].providers[0]", Providers(Keys("aescbc", ("a", A)), "identity: {}") },
        { FindingLevel.Warning, "aesgcm-rotation", "resources[0].providers[0]", Providers(Keys("aesgcm", ("a", A))) },
        { FindingLevel.Info, "aesgcm-rotation", "resources[0].providers[0]", Providers(Keys("aesgcm", ("a", A), ("b", B))) },
        { FindingLevel.Warning, "key-short", "resources[0].providers[0].aescbc.keys[0].secret", Providers(Keys("aescbc", ("a", Short))) },
        {
            FindingLevel.Warning,
            "key-text",
            "resources[0].providers[0].aescbc.keys[0].secret",
            Providers(Keys("aescbc", ("a", "c2VjcmV0IGlzIHNlY3VyZQ==")))
        },
        {
            FindingLevel.Warning,
            "key-text",
            "resources[0].providers[0].aescbc.keys[0].secret",
            Providers(Keys("aescbc", ("a", Convert.ToBase64String(new byte[32]))))
        },
        { FindingLevel.Warning, "key-repeated", "resources[0].providers[0].aescbc.keys[1].secret", Providers(Keys("aescbc", ("b", A), ("a", A))) },
        {
            FindingLevel.Warning,
            "key-repeated",
            "resources[0].providers[1].secretbox.keys[0].secret",
            Providers(Keys("aesgcm", ("a", A)), Keys("secretbox", ("a", A)))
        },
        {
            FindingLevel.Warning,
            "key-name-repeated",
            "resources[0].providers[0].secretbox.keys[1].name",
            Providers(Keys("secretbox", ("a", A), ("a", B)))
        },
        {
            FindingLevel.Warning,
            "key-name-repeated",
            "resources[0].providers[1].aesgcm.keys[0].name",
            Providers(Keys("aesgcm", ("a", A)), Keys("aesgcm", ("a", B)))
        },
        { FindingLevel.Info, "backup-unknown", "", Providers(Keys("secretbox", ("a", A)), "identity: {}") },
    };

    /// <summary>Rules that look at the host: level, rule and path, the facts, and whether the file has keys or a KMS.</summary>
    public static TheoryData<FindingLevel, string, string, LintFacts, string> HostRules => new()
    {
        { FindingLevel.Warning, "file-mode", "/etc/enc.yaml", File(0b110_100_000, 0b111_000_000), Providers("identity: {}") },
        { FindingLevel.Warning, "file-mode", "/etc/enc.yaml", File(0b110_000_100, 0b111_000_000), Providers("identity: {}") },
        { FindingLevel.Warning, "directory-mode", "/etc/enc.yaml", File(0b110_000_000, 0b111_010_000), Providers("identity: {}") },
        { FindingLevel.Warning, "backup-missing", "", new LintFacts { HasBackup = false }, Providers(Keys("secretbox", ("a", A))) },
        {
            FindingLevel.Warning,
            "kms-key-beside-etcd",
            "/etc/kist/kms.key",
            new LintFacts { KmsKeyFiles = ["/etc/kist/kms.key"], EtcdDataDirectory = "/var/lib/etcd" },
            Kms("")
        },
        {
            FindingLevel.Warning,
            "keys-beside-etcd",
            "/var/lib/etcd/enc.yaml",
            new LintFacts { File = new FileFacts("/var/lib/etcd/enc.yaml", UnixFileMode.UserRead, default), EtcdDataDirectory = "/var/lib/etcd" },
            Providers(Keys("secretbox", ("a", A)))
        },
        {
            FindingLevel.Warning,
            "kms-v1",
            "resources[0].providers[0].kms.apiVersion",
            new LintFacts { KmsV1Enabled = true },
            Providers("kms: {name: p, endpoint: unix:///s}")
        },
        {
            FindingLevel.Warning,
            "custom-resource-release",
            "resources[0].resources[2]",
            new LintFacts { Release = new Version(1, 25) },
            Rule("resources: [secrets, deployments.apps, pandas.awesome.bears.example]", "identity: {}")
        },
        {
            FindingLevel.Warning,
            "kms-v2-release",
            "resources[0].providers[0].kms.apiVersion",
            new LintFacts { Release = new Version(1, 26) },
            Providers("kms: {apiVersion: v2, name: p, endpoint: unix:///s}")
        },
        {
            FindingLevel.Error,
            "kms-name-duplicate",
            "resources[0].providers[1].kms.name",
            new LintFacts { AutomaticReload = true, KmsV1Enabled = true },
            Kms("apiVersion: v1") + "  - kms: {name: p, endpoint: unix:///t}\n"
        },
    };

    [Theory]
    [MemberData(nameof(Rules))]
    public void Rule_is_reported_at_its_field_and_position(FindingLevel level, string rule, string path, string text)
    {
        var report = ConfigurationLint.Check(text, LintFacts.None);
        var finding = Assert.Single(report.Findings, f => f.Rule == rule);
        Assert.Equal((level, path), (finding.Level, finding.Path));
        Assert.True(finding.Message.Length > 0 && finding.Fix.Length > 0);
        if (finding.Position is { } position)
            Assert.InRange(position.Line, 1, text.Split('\n').Length + 1);
    }

    [Theory]
    [MemberData(nameof(HostRules))]
    public void Rule_about_the_host_is_reported(FindingLevel level, string rule, string path, LintFacts facts, string text)
    {
        var finding = Assert.Single(ConfigurationLint.Check(text, facts).Findings, f => f.Rule == rule);
        Assert.Equal((level, path), (finding.Level, finding.Path));
        Assert.DoesNotContain(ConfigurationLint.Check(text, LintFacts.None).Findings, f => f.Rule == rule);
    }

    [Theory]
    [InlineData(26, FindingLevel.Warning)]
    [InlineData(27, null)]
    public void Wildcard_is_judged_by_the_release_where_that_is_known(int minor, FindingLevel? level)
    {
        var report = ConfigurationLint.Check(Rule("resources: ['*.*']", "identity: {}"), new LintFacts { Release = new Version(1, minor) });
        Assert.Equal(level, report.Findings.SingleOrDefault(f => f.Rule == "wildcard-release")?.Level);
    }

    [Fact]
    public void Sound_file_with_all_facts_known_has_no_finding()
    {
        var facts = File(0b110_000_000, 0b111_000_000) with { HasBackup = true, EtcdDataDirectory = "/var/lib/etcd" };
        Assert.Empty(ConfigurationLint.Check(Providers(Keys("secretbox", ("a", A), ("b", B)), "identity: {}"), facts).Findings);
        Assert.Empty(ConfigurationLint.Check(Kms("timeout: 5s") + "  - identity: {}\n", facts).Findings);
    }

    [Theory]
    [InlineData("aescbc: {keys: [{name: 20240131, secret: ", "}]}")]
    [InlineData("kms: {apiVersion: v2, name: on, endpoint: unix:///s} #", "")]
    [InlineData("kms: {apiVersion: v2, name: p, endpoint: unix:///s, timeout: 3} #", "")]
    public void Value_of_the_wrong_type_is_not_called_missing_as_well(string start, string end)
    {
        var findings = ConfigurationLint.Check(Providers(start + A + end), LintFacts.None).Findings;
        Assert.Equal(["wrong-type"], findings.Where(f => f.Level == FindingLevel.Error).Select(f => f.Rule));
    }

    [Theory]
    [InlineData("+1ns")]
    [InlineData("0.001us")]
    [InlineData("0h0m.5s")]
    public void Shortest_timeout_is_positive(string timeout) =>
        Assert.DoesNotContain(ConfigurationLint.Check(Kms("timeout: " + timeout), LintFacts.None).Findings, f => f.Level == FindingLevel.Error);

    [Theory]
    [InlineData("'*.*'", "identity: {}", "identity-only Info 1, identity-missing none")]
    [InlineData("secrets", "identity: {}", "identity-only none, identity-missing none")]
    [InlineData("configmaps", "identity: {}", "identity-only Info 1, identity-missing Info 0")]
    [InlineData("configmaps, secrets", "identity: {}", "identity-only Info 1, identity-missing none")]
    public void Later_entry_is_judged_by_what_it_writes(string resources, string provider, string expected)
    {
        // Secrets are written by the first entry, and where the second has them, too, read by both.
        string[] first = resources == "'*.*'" ? [Keys("secretbox", ("a", A)), "identity: {}"] : [Keys("secretbox", ("a", A))];
        var findings = ConfigurationLint.Check(Providers(first) + Entry(resources, provider), LintFacts.None).Findings;
        Assert.Equal(expected, $"identity-only {Found("identity-only")}, identity-missing {Found("identity-missing")}");

        string Found(string rule) =>
            findings.SingleOrDefault(f => f.Rule == rule) is { } finding ? $"{finding.Level} {finding.Path["resources[".Length]}" : "none";
    }

    [Fact]
    public void Identity_that_writes_above_another_entrys_providers_stands_first()
    {
        var findings = ConfigurationLint.Check(Providers("identity: {}") + Entry("secrets", Keys("secretbox", ("a", A))), LintFacts.None).Findings;
        Assert.Equal("resources[0].providers[0]", Assert.Single(findings, f => f.Rule == "identity-first").Path);
        Assert.DoesNotContain(findings, f => f.Rule == "identity-only");
    }

    [Theory]
    [InlineData("aescbc")]
    [InlineData("aesgcm")]
    public void Provider_that_only_reads_is_not_judged_as_one_that_writes(string kind)
    {
        var text = Providers(Keys("secretbox", ("a", A))) + Entry("secrets", Keys(kind, ("b", B)));
        Assert.DoesNotContain(ConfigurationLint.Check(text, LintFacts.None).Findings, f => f.Rule is "aescbc-unauthenticated" or "aesgcm-rotation");
    }

    [Theory]
    [InlineData("unix://{{path}}/kms.sock", true)]
    [InlineData("unix://${X}/kms.sock", true)]
    [InlineData("unix://%2Fvar%2Frun/x", true)]
    [InlineData("unix://a b/x", true)]
    [InlineData("unix://h:x/s", true)]
    [InlineData("unix://[::1/s", true)]
    [InlineData("unix://u s@h/s", true)]
    [InlineData("unix:///s#%zz", true)]
    [InlineData("unix://<path>/kms.sock", false)]
    [InlineData("unix://\"path\"/kms.sock", false)]
    [InlineData("unix://%C3%A4%25/x", false)]
    [InlineData("unix://ä/x", false)]
    [InlineData("unix://u:p@h:1/s", false)]
    [InlineData("unix:%zz", false)]
    [InlineData("unix:///s?%zz", false)]
    public void Address_is_refused_when_the_api_servers_parser_refuses_it(string endpoint, bool refused)
    {
        var report = ConfigurationLint.Check(Providers($"kms: {{apiVersion: v2, name: p, endpoint: '{endpoint}'}}"), LintFacts.None);
        var errors = report.Findings.Where(f => f.Level == FindingLevel.Error).Select(f => f.Rule);
        Assert.Equal(refused ? "kms-endpoint-url" : "", string.Join(' ', errors));
        Assert.Equal(!refused && !endpoint.Contains('?', StringComparison.Ordinal), report.Findings.Any(f => f.Rule == "kms-endpoint-host"));
    }

    [Fact]
    public void One_key_that_serves_two_entries_is_not_repeated()
    {
        var text = Providers(Keys("secretbox", ("a", A)), "identity: {}") + Entry("configmaps", Keys("secretbox", ("a", A)));
        Assert.DoesNotContain(ConfigurationLint.Check(text, LintFacts.None).Findings, f => f.Rule is "key-repeated" or "key-name-repeated");
    }

    [Fact]
    public void All_faults_are_reported_errors_first_and_then_in_the_order_of_the_file()
    {
        var text = Providers("identity: {}", Keys("aescbc", ("", "AAAA")), "kms: {apiVersion: v2, name: 'a:b', endpoint: tcp://x}");
        var findings = ConfigurationLint.Check(text, LintFacts.None).Findings;
        Assert.Equal(["key-name", "key-length", "kms-name-colon", "kms-endpoint-scheme", "identity-first"], findings.Select(f => f.Rule));
        Assert.Equal("line 7, column 40: secret is not of the expected length, got 3, expected one of [16 24 32]", findings[1].Text);
    }

    [Fact]
    public void Json_has_the_five_fields()
    {
        using var stream = new MemoryStream();
        using (var writer = new System.Text.Json.Utf8JsonWriter(stream))
            ConfigurationLint.Check("", LintFacts.None).WriteJson(writer);
        Assert.Equal(
            """{"findings":[{"level":"error","rule":"empty","path":"","""
            + "\"message\":\"line 1, column 1: encryption provider configuration file is empty\",\"fix\":\"write one or restore it\"}]}",
            System.Text.Encoding.UTF8.GetString(stream.ToArray()));
    }

    private static LintFacts File(int mode, int directory) =>
        new() { File = new FileFacts("/etc/enc.yaml", (UnixFileMode)mode, (UnixFileMode)directory) };

    private static string Rule(string resources, params string[] providers) =>
        $"{Head}- {resources}\n  providers:\n{string.Concat(providers.Select(p => $"  - {p}\n"))}";

    private static string Providers(params string[] providers) => Rule("resources: [secrets]", providers);

    private static string Entry(string resource, params string[] providers) =>
        $"- resources: [{resource}]\n  providers:\n{string.Concat(providers.Select(p => $"  - {p}\n"))}";

    // Version 2 unless it says otherwise.
    private static string Kms(string more)
    {
        var version = more.Contains("apiVersion", StringComparison.Ordinal) ? "" : "apiVersion: v2, ";
        return Providers($"kms: {{{version}name: p, endpoint: unix:///run/s{(more.Length > 0 ? ", " + more : "")}}}");
    }

    private static string Keys(string kind, params (string Name, string Secret)[] keys) =>
        $"{kind}: {{keys: [{string.Join(", ", keys.Select(k => $"{{name: '{k.Name}', secret: {k.Secret}}}"))}]}}";
}
