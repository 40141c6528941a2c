using System.Text;
using Kist.Crypto;
using Kist.Kubernetes.AtRest;
using Kist.Kubernetes.Encryption;

namespace Kist.Kubernetes.Tests.Encryption;

/// <summary>What is written is read back as it was, by the reader that judges files as the API server does.</summary>
public sealed class ConfigurationWriterTests
{
    public static TheoryData<string> Captured =>
        [.. Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "vectors", "configs")).Select(f => Path.GetFileName(f))];

    [Theory]
    [MemberData(nameof(Captured))]
    public void Captured_configuration_is_read_back_as_it_was(string file)
    {
        var configuration = ConfigurationFile.Load(VectorFile.Text($"configs/{file}"), Chains.Facts).Ok();
        foreach (var json in (bool[])[false, true])
        {
            var written = Write(configuration, json);
            Assert.Equal(Described(configuration), Described(ConfigurationFile.Load(written, Chains.Facts).Ok()));
            Assert.Equal(written, Write(ConfigurationFile.Load(written, Chains.Facts).Ok(), json));
        }
    }

    [Theory]
    [InlineData("2026-11-26")]
    [InlineData("y")]
    [InlineData("a: b #c")]
    [InlineData("\"quoted\\ \t\r\n")]
    [InlineData("schlüssel-\U0001F511")]
    [InlineData("")]
    public void Name_that_yaml_could_take_for_something_else_stays_what_it_is(string name)
    {
        var configuration = new EncryptionConfiguration(
            [new ResourceRule([new ResourceName("secrets", Place.File)], [ProviderConfiguration.OfKeys(ProviderKind.Secretbox, [NewKeys.Make(name)])], Place.File)],
            Place.File);
        foreach (var json in (bool[])[false, true])
        {
            var (read, _) = ConfigurationFile.Decode(Write(configuration, json));
            Assert.Equal(name, read!.Rules[0].Providers[0].Secretbox!.Keys[0].Name);
        }
    }

    [Fact]
    public void Line_breaks_in_a_secret_which_mean_nothing_are_left_out()
    {
        var secret = Chains.Secret("a");
        var text = Chains.Config("secretbox: a").Replace(secret, $"{secret[..10]}\\n{secret[10..]}", StringComparison.Ordinal);
        Assert.Contains($"\"{secret}\"", Write(ConfigurationFile.Load(text, LintFacts.None).Ok(), json: false), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ProviderKind.Secretbox)]
    [InlineData(ProviderKind.AesGcm)]
    [InlineData(ProviderKind.AesCbc)]
    [InlineData(ProviderKind.KmsV2)]
    public void New_configuration_has_a_key_of_its_own_and_identity_last(ProviderKind kind)
    {
        var wanted = new NewConfiguration(kind, ["secrets", "*."], "key-1") { Endpoint = kind == ProviderKind.KmsV2 ? "unix:///kms.sock" : "" };
        var made = wanted with { Resources = ["secrets", "configmaps"] };
        var configuration = ConfigurationFile.Load(Write(made.Build(), json: false), LintFacts.None).Ok();
        var providers = configuration.ProvidersFor(GroupResource.Parse("configmaps"));
        Assert.Equal([kind, ProviderKind.Identity], providers.Select(p => p.Kind!.Value));
        Assert.NotEqual(Write(made.Build(), json: false) == Write(made.Build(), json: false), kind != ProviderKind.KmsV2);
        Assert.Equal(kind == ProviderKind.KmsV2 ? null : 32, providers[0].Keyed?.Keys[0].Length);

        // Names beside the wildcard that covers them are not, and lint says so before anything is written.
        Assert.True(ConfigurationLint.Check(Write(wanted.Build(), json: false), LintFacts.None).IsRefused);
    }

    private static string Write(EncryptionConfiguration configuration, bool json)
    {
        using var output = new SecretBuffer();
        if (json)
            ConfigurationWriter.WriteJson(configuration, output);
        else
            ConfigurationWriter.WriteYaml(configuration, output);
        return Encoding.UTF8.GetString(output.Written);
    }

    private static string Described(EncryptionConfiguration configuration) => string.Join('\n', configuration.Rules.Select(rule =>
        $"{string.Join(',', rule.Resources.Select(r => r.Text))}: {string.Join("; ", rule.Providers.Select(Described))}"));

    private static string Described(ProviderConfiguration provider) => provider.Kms is { } kms
        ? $"{kms.ApiVersion} {kms.Name} {kms.Endpoint} {kms.Timeout.Duration} {kms.CacheSize}"
        : $"{provider.Kind} {string.Join(',', provider.Keyed?.Keys.Select(k => $"{k.Name}={k.Secret.Reveal()}") ?? [])}";
}
