using System.Text;
using System.Text.Json;
using Kist.Core.Barrier;
using Kist.Core.Namespaces;
using Kist.Core.Storage;
using Kist.Crypto;

namespace Kist.Core.Tests.Barrier;

/// <summary>Bytes as they stand in stores. If one of these tests fails, existing stores are no longer readable: make a new schema, do not mend the test.</summary>
public class GoldenBytesTests
{
    private const string KeyringJson =
        """{"schema":1,"terms":[{"term":1,"key":"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=","installed_at":"2025-03-01T12:00:00+00:00"},"""
        + """{"term":2,"key":"++++","installed_at":"2025-03-02T12:00:00+00:00"}],"encryptions":65536"""
        + ""","token_hash_key":"AwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwM=","rotation":{"max_operations":3865470566,"interval_seconds":86400,"enabled":true}}""";

    [Fact]
    public void A_key_is_generation_namespace_mount_and_path_in_big_endian()
    {
        var view = View(new NamespaceId(0x0102030405060708), 0x1112131415161718, "f/");
        Assert.Equal("00000001" + "0102030405060708" + "1112131415161718" + "662fc3a4", Hex(KeyLayout.Entry(1, view, "ä").Span));
        Assert.Equal("00000000" + "0000000000000000" + "0000000000000000" + Hex("state"u8), Hex(KeyLayout.State.Span));
        Assert.Equal("00000000" + "0000000000000000" + "0000000000000000" + Hex("seal"u8), Hex(KeyLayout.Seal.Span));
        Assert.Equal("00000000" + "0000000000000000" + "0000000000000000" + Hex("keyring"u8), Hex(KeyLayout.RootKeyring.Span));
        Assert.Equal("00000000" + "0000000000000007" + "0000000000000000" + Hex("keyring"u8), Hex(KeyLayout.Keyring(new NamespaceId(7)).Span));
    }

    [Fact]
    public void Additional_data_is_the_key_without_the_generation()
    {
        var key = KeyLayout.Entry(0xAABBCCDD, View(new NamespaceId(7), 9, ""), "p");
        Assert.Equal("0000000000000007" + "0000000000000009" + "70", Hex(KeyLayout.AssociatedData(key)));
        Assert.Equal("0000000000000007" + "ffffffffffffffff" + Hex("batch"u8), Hex(KeyLayout.AssociatedData(KeyLayout.Token(new NamespaceId(7), "batch"))));
    }

    [Fact]
    public void A_value_is_version_term_nonce_ciphertext_and_tag()
    {
        // Test case 16 of the GCM specification, inside the frame of term 7.
        using var key = new AeadKey(Convert.FromHexString("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"));
        var value = Convert.FromHexString(
            "01" + "00000007" + "cafebabefacedbaddecaf888"
            + "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
            + "76fc6ece0f4e1768cddf8853bb2d551b");
        Assert.True(SealedValue.TryReadTerm(value, out var term));
        Assert.Equal(7u, term);
        var plaintext = new byte[value.Length - SealedValue.Overhead];
        Assert.True(SealedValue.TryDecrypt(key, value, plaintext, Convert.FromHexString("feedfacedeadbeeffeedfacedeadbeefabaddad2")));
        Assert.Equal(
            "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39", Hex(plaintext));
    }

    [Fact]
    public void The_keyring_record_is_written_and_read_as_schema_1()
    {
        var record = new KeyringRecord
        {
            Terms = [Term(1, [.. Enumerable.Repeat((byte)1, 32)]), Term(2, [0xfb, 0xef, 0xbe])],
            TokenHashKey = new StoredKey(new SecretBytes([.. Enumerable.Repeat((byte)3, 32)])),
            Encryptions = 65_536,
            Rotation = new RotationRecord { IntervalSeconds = 86_400 },
        };
        Assert.Equal(KeyringJson, JsonSerializer.Serialize(record, BootstrapJson.Default.KeyringRecord));

        var read = JsonSerializer.Deserialize(KeyringJson, BootstrapJson.Default.KeyringRecord)!;
        Assert.Equal([1u, 2u], read.Terms.Select(term => term.Term));
        Assert.Equal("fbefbe", Hex(read.Terms[1].Key.Bytes.Span));
        Assert.Equal(new RotationConfig { Interval = TimeSpan.FromDays(1) }, read.Rotation.ToConfig());
    }

    [Fact]
    public void The_state_record_is_written_as_schema_1() => Assert.Equal(
        """{"schema":1,"generation":1,"seal_mark":0}""", JsonSerializer.Serialize(new StateRecord(), BootstrapJson.Default.StateRecord));

    [Fact]
    public void A_keyring_opens_with_its_root_key_alone_and_only_at_its_place()
    {
        using var rootKey = new AeadKey(new byte[32]);
        using var otherKey = new AeadKey(Enumerable.Repeat((byte)1, 32).ToArray());
        var value = KeyringCodec.Encrypt(KeyringRecord.New(TimeProvider.System), rootKey, KeyLayout.RootKeyring);
        Assert.NotNull(KeyringCodec.TryDecrypt(new StoreEntry(KeyLayout.RootKeyring, value, 1), rootKey));
        Assert.Null(KeyringCodec.TryDecrypt(new StoreEntry(KeyLayout.RootKeyring, value, 1), otherKey));
        Assert.Null(KeyringCodec.TryDecrypt(new StoreEntry(KeyLayout.Keyring(new NamespaceId(7)), value, 1), rootKey));
        Assert.Null(KeyringCodec.TryDecrypt(new StoreEntry(KeyLayout.RootKeyring, Array.Empty<byte>(), 1), rootKey));
    }

    [Fact]
    public void A_record_that_is_printed_shows_no_key()
    {
        var printed = KeyringRecord.New(TimeProvider.System).ToString() + TermRecord.New(1, TimeProvider.System);
        Assert.Contains("[redacted]", printed, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"schema":2,"terms":[],"token_hash_key":"AA=="}""")]
    [InlineData("""{"schema":1,"terms":[],"token_hash_key":"AA=="}""")]
    [InlineData("""{"schema":1,"terms":[{"term":1,"key":"planted secret","installed_at":"2025-03-01T12:00:00+00:00"}],"token_hash_key":"AA=="}""")]
    [InlineData("planted secret")]
    public void A_keyring_of_another_schema_is_refused_without_quoting_it(string json)
    {
        using var rootKey = new AeadKey(new byte[32]);
        var value = SealedValue.Encrypt(
            rootKey, SealedValue.RootTerm, Encoding.UTF8.GetBytes(json), KeyLayout.AssociatedData(KeyLayout.RootKeyring));
        var refusal = Assert.Throws<BarrierIntegrityException>(
            () => KeyringCodec.TryDecrypt(new StoreEntry(KeyLayout.RootKeyring, value, 1), rootKey));
        Assert.DoesNotContain("planted", refusal.ToString(), StringComparison.Ordinal);
    }

    private static StorageView View(NamespaceId ns, ulong mount, string folder) =>
        new(new BarrierStore(new MemoryStore(), TimeProvider.System), ns, mount, folder);

    private static TermRecord Term(uint term, byte[] key) => new()
    {
        Term = term,
        Key = new StoredKey(new SecretBytes(key)),
        InstalledAt = new DateTimeOffset(2025, 3, (int)term, 12, 0, 0, TimeSpan.Zero),
    };

    private static string Hex(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(bytes);
}
