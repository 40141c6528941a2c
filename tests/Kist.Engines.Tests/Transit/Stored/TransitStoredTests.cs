using System.Text;
using System.Text.Json;
using Kist.Crypto;
using Kist.Engines.Transit.Keys;
using Kist.Engines.Transit.Stored;

namespace Kist.Engines.Tests.Transit.Stored;

public sealed class TransitStoredTests
{
    // Forms that a released program may have written: they never change.
    private const string GoldenKey =
        """{"schema":1,"id":"00112233445566778899aabbccddeeff","type":"aes128-gcm96","derived":true,"convergent":true,"exportable":true""" +
        ""","allow_plaintext_backup":true,"deletion_allowed":true,"latest":12,"min_available":2,"min_decryption":3,"min_encryption":4""" +
        ""","rotated":"2026-01-31T12:30:45.1234567+00:00","auto_rotate_period":"30.00:00:00"}""";

    private const string GoldenPlainKey =
        """{"schema":1,"id":"00112233445566778899aabbccddeeff","type":"aes256-gcm96","derived":false,"convergent":false,"exportable":false""" +
        ""","allow_plaintext_backup":false,"deletion_allowed":false,"latest":1,"min_available":0,"min_decryption":1,"min_encryption":0""" +
        ""","rotated":"2026-02-01T00:00:00+00:00","auto_rotate_period":"00:00:00"}""";

    private const string GoldenVersion =
        """{"schema":1,"created":"2026-02-01T00:00:00+00:00","key":"/+7dzLuqmYh3ZlVEMyIRAP/u3cy7qpmId2ZVRDMiEQA="}""";

    private const string GoldenShortVersion = """{"schema":1,"created":"2026-02-01T00:00:00+00:00","key":"/+7dzLuqmYh3ZlVEMyIRAA=="}""";

    private static readonly DateTimeOffset Time = new(2026, 2, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly byte[] ShortKey = Convert.FromHexString("ffeeddccbbaa99887766554433221100");

    private static readonly KeyRecord Key = new()
    {
        Id = "00112233445566778899aabbccddeeff",
        Type = "aes128-gcm96",
        Derived = true,
        Convergent = true,
        Exportable = true,
        AllowPlaintextBackup = true,
        DeletionAllowed = true,
        Latest = 12,
        MinAvailable = 2,
        MinDecryption = 3,
        MinEncryption = 4,
        Rotated = new DateTimeOffset(2026, 1, 31, 12, 30, 45, TimeSpan.Zero).AddTicks(1_234_567),
        AutoRotatePeriod = TimeSpan.FromDays(30),
    };

    private static readonly KeyRecord PlainKey = new() { Id = "00112233445566778899aabbccddeeff", Type = "aes256-gcm96", Rotated = Time };

    [Fact]
    public void A_key_has_the_agreed_form()
    {
        Assert.Equal(GoldenKey, JsonSerializer.Serialize(Key, TransitStoredJson.Default.KeyRecord));
        Assert.Equal(Key, JsonSerializer.Deserialize(GoldenKey, TransitStoredJson.Default.KeyRecord));
        Assert.Equal(GoldenPlainKey, JsonSerializer.Serialize(PlainKey, TransitStoredJson.Default.KeyRecord));
        Assert.Equal(PlainKey, JsonSerializer.Deserialize(GoldenPlainKey, TransitStoredJson.Default.KeyRecord));
    }

    [Theory]
    [InlineData(GoldenVersion, 32)]
    [InlineData(GoldenShortVersion, 16)]
    public void A_version_has_the_agreed_form(string golden, int length)
    {
        byte[] bytes = length == 32 ? [.. ShortKey, .. ShortKey] : ShortKey;
        using var version = new VersionRecord { Created = Time, Key = new KeyMaterial(new SecretBytes(bytes)) };
        Assert.Equal(golden, JsonSerializer.Serialize(version, TransitStoredJson.Default.VersionRecord));
        using var read = JsonSerializer.Deserialize(golden, TransitStoredJson.Default.VersionRecord)!;
        Assert.Equal(Time, read.Created);
        Assert.Equal(bytes, read.Key.Reveal(static span => span.ToArray()));
        Assert.Equal(Time, JsonSerializer.Deserialize(golden, TransitStoredJson.Default.VersionAge)!.Created);
    }

    [Theory]
    [InlineData("")]
    [InlineData("AAAA")]
    [InlineData("/+7dzLuqmYh3ZlVEMyIRAP/u3cy7qpmId2ZVRDMiEQAA")]
    [InlineData("no base64 at all")]
    public void A_version_with_a_key_of_another_length_is_refused(string key) => Assert.Throws<JsonException>(() =>
        JsonSerializer.Deserialize($$"""{"schema":1,"created":"2026-02-01T00:00:00+00:00","key":"{{key}}"}""", TransitStoredJson.Default.VersionRecord));

    [Fact]
    public void Settings_have_the_agreed_form()
    {
        const string golden = """{"schema":1,"disable_upsert":true}""";
        var config = new KeysConfigRecord { DisableUpsert = true };
        Assert.Equal(golden, JsonSerializer.Serialize(config, TransitStoredJson.Default.KeysConfigRecord));
        Assert.Equal(config, JsonSerializer.Deserialize(golden, TransitStoredJson.Default.KeysConfigRecord));
    }

    [Fact]
    public void Paths_have_the_agreed_form()
    {
        Assert.Equal("k/my-key", TransitStore.KeyPath("my-key"));
        Assert.Equal("v/00ff/0000000042", TransitStore.VersionPath("00ff", 42));
        Assert.Equal("001769904000/my-key", TransitStore.DuePath(Time, "my-key"));
        Assert.Equal((Time, "my-key"), TransitStore.ParseDuePath("001769904000/my-key"));
    }

    [Fact]
    public async Task What_is_stored_of_a_key_stands_where_it_was_agreed()
    {
        using var host = await TransitHost.StartAsync();
        await host.WriteAsync("keys/k", """{"auto_rotate_period":"24h"}""").Ok();
        await host.WriteAsync("keys/k/rotate").Ok();
        var id = (await TransitStore.ReadKeyAsync(host.Storage, "k", default))!.Value.Record.Id;
        Assert.Equal(32, id.Length);
        // 2025-03-02 12:00, a day after the test's now.
        Assert.Equal(["due/001740916800/k", "k/k", $"v/{id}/0000000001", $"v/{id}/0000000002"], await host.StoredPathsAsync());
    }

    [Fact]
    public async Task A_record_of_a_newer_program_is_refused()
    {
        using var host = await TransitHost.StartAsync();
        await PutAsync(host, "k/k", GoldenPlainKey.Replace("\"schema\":1", "\"schema\":2", StringComparison.Ordinal));
        await Assert.ThrowsAsync<InvalidDataException>(() => host.ReadAsync("keys/k"));
        Assert.Throws<InvalidDataException>(() => KeyType.OfStored("chacha20-poly1305"));
    }

    [Fact]
    public void A_wiped_key_neither_encrypts_nor_shows_itself()
    {
        var material = new KeyMaterial(new SecretBytes(ShortKey));
        material.Cipher.Encrypt(new byte[12], [], [], new byte[16], []);
        var unused = new KeyMaterial(new SecretBytes(ShortKey));
        var cipher = material.Cipher;
        material.Dispose();
        unused.Dispose();
        Assert.Throws<ObjectDisposedException>(() => cipher.Encrypt(new byte[12], [], [], new byte[16], []));
        Assert.Throws<ObjectDisposedException>(() => material.Deriver);
        Assert.Throws<ObjectDisposedException>(() => unused.Cipher);
        Assert.Throws<ObjectDisposedException>(() => unused.Reveal(static span => span.Length));
        Assert.Equal("[redacted]", unused.ToString());
    }

    private static async Task PutAsync(TransitHost host, string path, string json) =>
        await host.Storage.Begin().Put(host.Storage, path, Encoding.UTF8.GetBytes(json)).CommitAsync(default);
}
