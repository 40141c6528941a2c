using Kist.Crypto;
using Kist.Kubernetes.AtRest;
using Kist.Kubernetes.AtRest.Kms;

namespace Kist.Kubernetes.Tests.AtRest;

/// <summary>Which provider and key reads a value, and whether the API server would write it anew.</summary>
public sealed class StalenessTests
{
    private static readonly byte[] Key = "/registry/secrets/default/a"u8.ToArray();
    private static readonly byte[] Object = "k8s\0"u8.ToArray();

    /// <summary>Configuration at the write, at the read, and what the read says. Providers are separated by bars.</summary>
    public static TheoryData<string, string, string, StaleReasons> Table => new()
    {
        { "aescbc: k1", "aescbc: k1|identity", "aescbc k1", StaleReasons.None },
        { "aescbc: k1", "aescbc: k2 k1|identity", "aescbc k1", StaleReasons.LaterKey },
        { "aescbc: k1", "aescbc: k1 k2|identity", "aescbc k1", StaleReasons.None },
        { "aescbc: k1", "aesgcm: k1|aescbc: k1", "aescbc k1", StaleReasons.LaterProvider },
        { "aescbc: k1", "aesgcm: k1|aescbc: k2 k1", "aescbc k1", StaleReasons.LaterProvider | StaleReasons.LaterKey },
        { "aescbc: k1", "identity|aescbc: k1", "aescbc k1", StaleReasons.LaterProvider },
        { "aesgcm: k1", "aesgcm: k2|aesgcm: k1", "aesgcm k1", StaleReasons.LaterProvider },
        { "aesgcm: k1", "aesgcm: k1=other|aesgcm: k1", "aesgcm k1", StaleReasons.LaterProvider },
        { "aesgcm: k1", "aesgcm: k1=other k1", "aesgcm k1", StaleReasons.LaterKey },
        { "aesgcm: a:b", "aesgcm: a a:b", "aesgcm a:b", StaleReasons.LaterKey },
        { "secretbox: k1", "secretbox: k2 k1", "secretbox k1", StaleReasons.LaterKey },
        { "identity", "identity|aescbc: k1", "identity ", StaleReasons.None },
        { "identity", "aescbc: k1|identity", "identity ", StaleReasons.LaterProvider },
        { "kms: v2 p", "kms: v2 p|identity", "kms-v2 p", StaleReasons.None },
        { "kms: v2 p", "aescbc: k1|kms: v2 p", "kms-v2 p", StaleReasons.LaterProvider },
        { "kms: v1 p", "kms: v1 p|identity", "kms-v1 p", StaleReasons.None },
    };

    /// <summary>Configuration at the write and at the read, and the API server's words.</summary>
    public static TheoryData<string, string, string> Refusals => new()
    {
        { "identity", "aescbc: k1", "no matching prefix found" },
        { "aescbc: k1", "identity", "no matching prefix found" },
        { "aescbc: k1", "aesgcm: k1|identity", "no matching prefix found" },
        { "aescbc: k1", "aescbc: k2", "no matching key was found for the provided AES transformer" },
        { "secretbox: k1", "secretbox: k2", "no matching key was found for the provided Secretbox transformer" },
        { "aesgcm: k1", "aesgcm: k1=other", "cipher: message authentication failed" },
        { "aesgcm: k1", "aesgcm: k1=x k1=y", "cipher: message authentication failed" },
        {
            "aesgcm: k1",
            "aesgcm: k2|aesgcm: k1=other",
            "[no matching key was found for the provided AES transformer, cipher: message authentication failed]"
        },
        { "secretbox: k1", "secretbox: k1=other", "output array was not large enough for encryption" },
        { "kms: v2 p", "kms: v2 q", "no matching prefix found" },
        { "kms: v1 p", "kms: v2 p", "no matching prefix found" },
    };

    [Theory]
    [MemberData(nameof(Table))]
    public async Task Reader_and_staleness_follow_the_order_of_the_file(string written, string read, string reader, StaleReasons stale)
    {
        var plugin = StubKmsPlugin.WithKeys("kek-1");
        var stored = await WriteAsync(written, plugin);
        using var plaintext = new SecretBuffer();
        var chain = Chains.OfSecrets(Chains.Config(read.Split('|')), plugin);

        var result = (await chain.ReadAsync(Key, stored, plaintext, CancellationToken.None)).Ok();

        Assert.Equal(reader, $"{result.Kind.Name()} {result.KeyName}");
        Assert.Equal(stale, result.Stale);
        Assert.Equal(Object, plaintext.Written.ToArray());
    }

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task Value_that_nobody_reads_is_refused_in_the_api_servers_words(string written, string read, string message)
    {
        var plugin = StubKmsPlugin.WithKeys("kek-1");
        var stored = await WriteAsync(written, plugin);
        using var plaintext = new SecretBuffer();

        var result = await Chains.OfSecrets(Chains.Config(read.Split('|')), plugin).ReadAsync(Key, stored, plaintext, CancellationToken.None);

        Assert.Equal(message, result.Failure?.Message);
        Assert.True(plaintext.Written.IsEmpty);
    }

    [Theory]
    [MemberData(nameof(Table))]
    public async Task Prefixes_alone_tell_the_reader_that_decrypting_finds(string written, string read, string reader, StaleReasons stale)
    {
        var plugin = StubKmsPlugin.WithKeys("kek-1");
        var classified = Chains.OfSecrets(Chains.Config(read.Split('|')), plugin).Classify(await WriteAsync(written, plugin));
        Assert.Equal(reader, $"{classified.Label.Provider} {classified.Label.KeyName}");
        // Two keys with one name look alike.
        if (!read.Contains('=', StringComparison.Ordinal))
            Assert.Equal(stale, classified.Stale);
    }

    [Fact]
    public async Task Kms_v2_value_is_stale_once_the_plugin_has_another_key_id_and_only_then()
    {
        var plugin = StubKmsPlugin.WithKeys("kek-1", "kek-2");
        var stored = await WriteAsync("kms: v2 p", plugin);
        Assert.Equal(StaleReasons.None, await StaleAsync(stored, plugin));
        plugin.CurrentKeyId = "kek-2";
        Assert.Equal(StaleReasons.KmsKeyId, await StaleAsync(stored, plugin));
        // Before its first Status nothing is known.
        plugin.CurrentKeyId = null;
        Assert.Equal(StaleReasons.None, await StaleAsync(stored, plugin));
    }

    [Fact]
    public async Task Kms_v2_value_of_another_api_server_with_the_same_key_id_is_not_stale()
    {
        var plugin = StubKmsPlugin.WithKeys("kek-1");
        var (first, second) = (await WriteAsync("kms: v2 p", plugin), await WriteAsync("kms: v2 p", plugin));
        Assert.Equal(2, plugin.Encrypts);
        Assert.Equal(StaleReasons.None, await StaleAsync(first, plugin));
        Assert.Equal(StaleReasons.None, await StaleAsync(second, plugin));
    }

    [Theory]
    [InlineData(DekSourceType.Key, DekSourceType.Seed, StaleReasons.KmsDekSource)]
    [InlineData(DekSourceType.Seed, DekSourceType.Key, StaleReasons.KmsDekSource)]
    [InlineData(DekSourceType.Key, DekSourceType.Key, StaleReasons.None)]
    public async Task Kms_v2_value_is_stale_in_the_form_that_the_release_does_not_write(DekSourceType written, DekSourceType read, StaleReasons stale)
    {
        var plugin = StubKmsPlugin.WithKeys("kek-1");
        var stored = await WriteAsync("kms: v2 p", plugin, new AtRestOptions { DekSource = written });
        Assert.Equal(stale, await StaleAsync(stored, plugin, "kms: v2 p", new AtRestOptions { DekSource = read }));
    }

    [Theory]
    [InlineData(KmsV1Body.Cbc, KmsV1Body.Gcm, StaleReasons.KmsV1Body)]
    [InlineData(KmsV1Body.Gcm, KmsV1Body.Cbc, StaleReasons.KmsV1Body)]
    [InlineData(KmsV1Body.Cbc, KmsV1Body.Cbc, StaleReasons.None)]
    public async Task Kms_v1_value_is_stale_in_the_form_that_the_release_does_not_write(KmsV1Body written, KmsV1Body read, StaleReasons stale)
    {
        var plugin = StubKmsPlugin.WithKeys("kek-1");
        var stored = await WriteAsync("kms: v1 p", plugin, new AtRestOptions { KmsV1Body = written });
        Assert.Equal(stale, await StaleAsync(stored, plugin, "kms: v1 p", new AtRestOptions { KmsV1Body = read }));
    }

    [Fact]
    public async Task Without_a_plugin_a_kms_value_is_unavailable_and_its_label_still_readable()
    {
        var stored = await WriteAsync("kms: v2 p", StubKmsPlugin.WithKeys("kek-1"));
        using var plaintext = new SecretBuffer();
        var chain = Chains.OfSecrets(Chains.Config("kms: v2 p", "identity"));

        var read = await chain.ReadAsync(Key, stored, plaintext, CancellationToken.None);

        Assert.Equal(Core.FailureKind.Unavailable, read.Failure!.Kind);
        Assert.Equal(
            (ObjectState.Encrypted, "kms-v2", "p"),
            (chain.Classify(stored).State, chain.Classify(stored).Label.Provider, chain.Classify(stored).Label.KeyName));
    }

    [Fact]
    public async Task Plaintext_that_no_provider_reads_is_plaintext_all_the_same_and_told_to_be_unreadable()
    {
        var stored = "{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{\"name\":\"b\",\"namespace\":\"default\"}}"u8.ToArray();
        using var plaintext = new SecretBuffer();
        var chain = Chains.OfSecrets(Chains.Config("aescbc: k1"));

        var inspection = await chain.InspectAsync(StorageKey.Parse("/registry", Key), Key, stored, plaintext, CancellationToken.None);

        Assert.Equal((ObjectState.Plaintext, "b", true), (inspection.State, inspection.Object!.Name, inspection.IsMoved));
        Assert.EndsWith("without identity among the providers the API server cannot read it: no matching prefix found", inspection.Failure!.Message);
        Assert.Equal((ObjectState.Plaintext, inspection.Failure), (chain.Classify(stored).State, chain.Classify(stored).Failure));
    }

    [Theory]
    [InlineData("k8s:enb:aescbc:v1:k1:")]
    [InlineData("{8s:enc:aescbc:v1:k1:")]
    [InlineData("")]
    public async Task Damaged_prefix_is_no_plaintext(string prefix)
    {
        var stored = (byte[])[.. System.Text.Encoding.ASCII.GetBytes(prefix), .. new byte[32]];
        using var plaintext = new SecretBuffer();
        var chain = Chains.OfSecrets(Chains.Config("aescbc: k1"));
        Assert.Equal(ObjectState.Undecryptable, (await chain.InspectAsync(null, Key, stored, plaintext, CancellationToken.None)).State);
        Assert.Equal((ObjectState.Undecryptable, "no matching prefix found"), (chain.Classify(stored).State, chain.Classify(stored).Failure!.Message));
    }

    [Theory]
    [InlineData("kms: v2 p", "k8s:enc:kms:v2:p:garbage", "proto: cannot parse invalid wire-format data")]
    [InlineData("aescbc: k1|kms: v2 p|identity", "k8s:enc:kms:v2:p:garbage", "proto: cannot parse invalid wire-format data")]
    [InlineData("kms: v2 p", "k8s:enc:kms:v2:p:", "")]
    [InlineData("kms: v1 p", "k8s:enc:kms:v1:p:garbage", "failed to read uint16 length prefixed data")]
    [InlineData("kms: v1 p", "k8s:enc:kms:v1:p:", "failed to read uint16 length prefixed data")]
    public async Task Kms_envelope_that_cannot_be_taken_apart_is_undecryptable_by_its_label_alone(string providers, string stored, string message)
    {
        var value = System.Text.Encoding.ASCII.GetBytes(stored);
        using var plaintext = new SecretBuffer();
        var plugin = StubKmsPlugin.WithKeys("kek-1");
        var chain = Chains.OfSecrets(Chains.Config(providers.Split('|')), plugin);

        var classified = chain.Classify(value);

        Assert.Equal((ObjectState.Undecryptable, "p"), (classified.State, classified.Label.KeyName));
        Assert.Contains(message, classified.Failure!.Message);
        Assert.Equal(classified.Failure, (await chain.InspectAsync(null, Key, value, plaintext, CancellationToken.None)).Failure);
        Assert.Equal(0, plugin.Decrypts);
    }

    private static async Task<byte[]> WriteAsync(string providers, StubKmsPlugin plugin, AtRestOptions? options = null) =>
        (await Chains.OfSecrets(Chains.Config(providers), plugin, options).WriteAsync(Key, Object, CancellationToken.None)).Ok();

    private static async Task<StaleReasons> StaleAsync(
        byte[] stored,
        StubKmsPlugin plugin,
        string providers = "kms: v2 p",
        AtRestOptions? options = null)
    {
        using var plaintext = new SecretBuffer();
        var chain = Chains.OfSecrets(Chains.Config(providers), plugin, options);
        return (await chain.ReadAsync(Key, stored, plaintext, CancellationToken.None)).Ok().Stale;
    }
}
