using System.Buffers.Binary;
using FsCheck;
using FsCheck.Fluent;
using Kist.Crypto;
using Kist.Kubernetes.AtRest;
using Kist.Kubernetes.AtRest.Kms;

namespace Kist.Kubernetes.Tests.AtRest;

public sealed class WritingTests
{
    private static readonly byte[] Key = "/registry/secrets/default/a"u8.ToArray();

    [Theory]
    [InlineData("identity", "")]
    [InlineData("aescbc: key1 key2", "k8s:enc:aescbc:v1:key1:")]
    [InlineData("aesgcm: key1 key2", "k8s:enc:aesgcm:v1:key1:")]
    [InlineData("secretbox: key1 key2", "k8s:enc:secretbox:v1:key1:")]
    [InlineData("kms: v1 plug", "k8s:enc:kms:v1:plug:")]
    [InlineData("kms: v2 plug", "k8s:enc:kms:v2:plug:")]
    public void Any_plaintext_is_written_by_the_first_key_and_read_back(string provider, string prefix)
    {
        var chain = Chains.OfSecrets(Chains.Config(provider), StubKmsPlugin.WithKeys("kek-1"));
        using var back = new SecretBuffer();
        Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), plaintext =>
        {
            // Plaintext that says it is encrypted is what identity refuses to read.
            var stored = Sync(chain.WriteAsync(Key, plaintext, CancellationToken.None)).Ok();
            back.Clear();
            return stored.AsSpan().StartsWith(System.Text.Encoding.ASCII.GetBytes(prefix))
                && Sync(chain.ReadAsync(Key, stored, back, CancellationToken.None)).Ok().Stale == StaleReasons.None
                && back.Written.SequenceEqual(plaintext);
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData("aescbc: key1", true)]
    [InlineData("secretbox: key1", true)]
    [InlineData("aesgcm: key1", false)]
    [InlineData("kms: v1 plug", false)]
    [InlineData("kms: v2 plug", false)]
    public async Task Value_copied_to_another_key_opens_only_where_the_format_does_not_bind_it(string provider, bool opens)
    {
        var chain = Chains.OfSecrets(Chains.Config(provider), StubKmsPlugin.WithKeys("kek-1"));
        var stored = (await chain.WriteAsync(Key, "k8s\0"u8.ToArray(), CancellationToken.None)).Ok();
        using var plaintext = new SecretBuffer();
        Assert.Equal(opens, (await chain.ReadAsync("/registry/secrets/default/b"u8.ToArray(), stored, plaintext, CancellationToken.None)).Succeeded);
    }

    [Fact]
    public async Task Kms_v2_wraps_one_seed_until_the_key_id_changes_and_asks_once_to_read_it()
    {
        var plugin = StubKmsPlugin.WithKeys("kek-1", "kek-2");
        var chain = Chains.OfSecrets(Chains.Config("kms: v2 plug"), plugin);
        using var plaintext = new SecretBuffer();
        for (var i = 0; i < 3; i++)
        {
            var stored = (await chain.WriteAsync(Key, "k8s\0"u8.ToArray(), CancellationToken.None)).Ok();
            Assert.True((await chain.ReadAsync(Key, stored, plaintext, CancellationToken.None)).Succeeded);
        }
        Assert.Equal((1, 1), (plugin.Encrypts, plugin.Decrypts));

        plugin.CurrentKeyId = "kek-2";
        var later = (await chain.WriteAsync(Key, "k8s\0"u8.ToArray(), CancellationToken.None)).Ok();
        Assert.Equal(StaleReasons.None, (await chain.ReadAsync(Key, later, plaintext, CancellationToken.None)).Ok().Stale);
        Assert.Equal((2, 2), (plugin.Encrypts, plugin.Decrypts));
    }

    [Fact]
    public async Task Kms_v2_seed_under_another_key_than_status_names_is_not_used_and_the_one_in_use_stays()
    {
        var plugin = StubKmsPlugin.WithKeys("kek-1", "kek-2");
        var chain = Chains.OfSecrets(Chains.Config("kms: v2 plug"), plugin);
        _ = (await chain.WriteAsync(Key, "k8s\0"u8.ToArray(), CancellationToken.None)).Ok();
        plugin.CurrentKeyId = "kek-2";
        plugin.Answer = answer => answer with { KeyId = "kek-1" };

        var failure = (await chain.WriteAsync(Key, "k8s\0"u8.ToArray(), CancellationToken.None)).Failure!;

        Assert.Equal((Core.FailureKind.Unavailable, "kms.other_key"), (failure.Kind, failure.Code));
        Assert.DoesNotContain("kek-", failure.Message, StringComparison.Ordinal);
        plugin.CurrentKeyId = "kek-1";
        _ = (await chain.WriteAsync(Key, "k8s\0"u8.ToArray(), CancellationToken.None)).Ok();
        Assert.Equal(2, plugin.Encrypts);
    }

    [Theory]
    [InlineData(253, "", null)]
    [InlineData(253, ".", null)]
    [InlineData(254, "", "Invalid value: a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.'")]
    public void Longest_name_of_an_annotation_has_253_characters_and_may_have_a_final_dot(int length, string end, string? fault)
    {
        var name = string.Concat(Enumerable.Repeat("a.", length / 2)) + (length % 2 == 0 ? "" : "a");
        Assert.Equal(fault, DomainNames.Fault(name.TrimEnd('.').PadRight(length, 'a') + end));
    }

    [Fact]
    public async Task Kms_v1_wraps_a_new_key_for_each_write()
    {
        var plugin = StubKmsPlugin.WithKeys("kek-1");
        var chain = Chains.OfSecrets(Chains.Config("kms: v1 plug"), plugin);
        for (var i = 0; i < 3; i++)
            _ = (await chain.WriteAsync(Key, "k8s\0"u8.ToArray(), CancellationToken.None)).Ok();
        Assert.Equal(3, plugin.Encrypts);
    }

    [Fact]
    public async Task Kms_v2_data_key_counts_its_nonces_as_old_api_servers_did()
    {
        var chain = Chains.OfSecrets(
            Chains.Config("kms: v2 plug"),
            StubKmsPlugin.WithKeys("kek-1"),
            new AtRestOptions { DekSource = DekSourceType.Key });
        for (var i = 1UL; i <= 3; i++)
        {
            var stored = (await chain.WriteAsync(Key, "k8s\0"u8.ToArray(), CancellationToken.None)).Ok();
            var data = EncryptedObject.Parse(stored.AsMemory("k8s:enc:kms:v2:plug:".Length)).Ok().Data;
            Assert.Equal(1_000_000_000UL + i, BinaryPrimitives.ReadUInt64LittleEndian(data.Span[4..]));
        }
    }

    public static TheoryData<string, KmsCiphertext> BadAnswers => new()
    {
        { "failed to validate encrypted DEK source: encrypted DEK source is empty", new(default, "id", []) },
        {
            "failed to validate encrypted DEK source: encrypted DEK source is 1025 bytes, which exceeds the max size of 1024", new(
                new byte[1025],
                "id",
                [])
        },
        { "failed to validate key id: keyID is empty", new(new byte[60], "", []) },
        { "failed to validate key id: keyID is 1025 bytes, which exceeds the max size of 1024", new(new byte[60], new string('x', 1025), []) },
        {
            "failed to validate annotations: annotations: Invalid value: \"bad\": should be a domain with at least two segments separated by dots",
            new(new byte[60], "id", [new("bad", default)])
        },
        {
            "failed to validate annotations: total size of annotations is 32769, which exceeds the max size of 32768",
            new(new byte[60], "id", [new("a.b", new byte[32766])])
        },
    };

    [Theory]
    [MemberData(nameof(BadAnswers))]
    public async Task Plugins_answer_beyond_the_limits_is_never_stored(string message, KmsCiphertext answer)
    {
        var plugin = StubKmsPlugin.WithKeys("kek-1");
        plugin.Answer = _ => answer;
        var chain = Chains.OfSecrets(Chains.Config("kms: v2 plug"), plugin);
        Assert.Equal(message, (await chain.WriteAsync(Key, "k8s\0"u8.ToArray(), CancellationToken.None)).Failure?.Message);
    }

    [Fact]
    public async Task Disposed_chains_encrypt_no_more()
    {
        var chains = Chains.Of(Chains.Config("aesgcm: key1"));
        var chain = chains.For(GroupResource.Parse("secrets"));
        chains.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await chain.WriteAsync(Key, "k8s\0"u8.ToArray(), CancellationToken.None));
    }

    // Nothing here really waits.
    private static T Sync<T>(ValueTask<T> task) => task.AsTask().Result;
}
