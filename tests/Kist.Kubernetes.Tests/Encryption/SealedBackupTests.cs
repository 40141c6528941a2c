using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Kist.Crypto;
using Kist.Kubernetes.Encryption.Backup;

namespace Kist.Kubernetes.Tests.Encryption;

public sealed class SealedBackupTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 26, 22, 46, 1, 987, TimeSpan.Zero);
    private static readonly byte[] File = Encoding.UTF8.GetBytes(Chains.Config("secretbox: new old", "identity"));

    public static TheoryData<string> Keys => ["argon2id", "transit"];

    [Theory]
    [MemberData(nameof(Keys))]
    public void Backup_opens_to_what_it_sealed(string how)
    {
        using var key = SecretBytes.Random(32);
        var text = SealedBackup.Seal(File, Key(how), key, Now).ToText();
        var read = SealedBackup.Parse(text).Ok();
        Assert.Equal(Key(how) is PassphraseBackupKey, read.Key is PassphraseBackupKey);
        Assert.Equal((new DateTimeOffset(2026, 11, 26, 22, 46, 1, TimeSpan.Zero), SealedBackup.FingerprintOf(File)), (read.Created, read.Fingerprint));
        using var opened = new SecretBuffer();
        read.Open(key, opened).Ok();
        Assert.Equal(File, opened.Written.ToArray());
        Assert.DoesNotContain(Chains.Secret("new"), text, StringComparison.Ordinal);
        Assert.All(text, c => Assert.True(c is '\n' or (>= ' ' and <= '~')));
    }

    [Fact]
    public void Two_backups_of_one_file_share_no_ciphertext()
    {
        using var key = SecretBytes.Random(32);
        Assert.NotEqual(SealedBackup.Seal(File, Key("transit"), key, Now).ToText(), SealedBackup.Seal(File, Key("transit"), key, Now).ToText());
        Assert.NotEqual(PassphraseBackupKey.New().SaltHex, PassphraseBackupKey.New().SaltHex);
    }

    [Theory]
    [MemberData(nameof(Keys))]
    public void Change_of_any_byte_is_refused(string how)
    {
        using var key = SecretBytes.Random(32);
        using var opened = new SecretBuffer();
        var sound = Encoding.ASCII.GetBytes(SealedBackup.Seal(File, Key(how), key, Now).ToText());
        for (var at = 0; at < sound.Length; at++)
        {
            // Another bit, another letter's case, white space, another digit.
            foreach (var b in (byte[])[(byte)(sound[at] ^ 1), (byte)(sound[at] ^ 0x20), (byte)' ', (byte)'\n', (byte)'\r', (byte)'A', (byte)'1', 0])
            {
                if (b == sound[at])
                    continue;
                var changed = sound.ToArray();
                changed[at] = b;
                AssertRefused(Encoding.Latin1.GetString(changed), key, opened);
            }
        }
    }

    [Fact]
    public void Cut_or_lengthened_backup_is_refused()
    {
        using var key = SecretBytes.Random(32);
        using var opened = new SecretBuffer();
        var sound = SealedBackup.Seal(File, Key("argon2id"), key, Now).ToText();
        for (var length = 0; length < sound.Length; length++)
            AssertRefused(sound[..length], key, opened);
        foreach (var more in (string[])["\n", " ", "A", "AAAA\n", sound])
            AssertRefused(sound + more, key, opened);
        AssertRefused(sound.Replace("\n", "\r\n", StringComparison.Ordinal), key, opened);
    }

    [Fact]
    public void Another_key_is_refused()
    {
        using var key = SecretBytes.Random(32);
        using var other = SecretBytes.Random(32);
        using var opened = new SecretBuffer();
        AssertRefused(SealedBackup.Seal(File, Key("argon2id"), key, Now).ToText(), other, opened);
    }

    [Theory]
    [InlineData("argon2id 17 256 000102030405060708090a0b0c0d0e0f")]
    [InlineData("argon2id 3 1025 000102030405060708090a0b0c0d0e0f")]
    [InlineData("argon2id 0 256 000102030405060708090a0b0c0d0e0f")]
    [InlineData("argon2id 3 0 000102030405060708090a0b0c0d0e0f")]
    [InlineData("argon2id 3 -1 000102030405060708090a0b0c0d0e0f")]
    [InlineData("argon2id 03 256 000102030405060708090a0b0c0d0e0f")]
    [InlineData("argon2id 3 256 000102030405060708090A0B0C0D0E0F")]
    [InlineData("argon2id 3 256 00")]
    [InlineData("transit ../../sys seal vault:v1:x")]
    [InlineData("transit transit a/../../b vault:v1:x")]
    [InlineData("transit transit a?b vault:v1:x")]
    [InlineData("transit transit key ")]
    [InlineData("pbkdf2 1")]
    [InlineData("")]
    public void Header_cannot_ask_for_what_would_harm(string words)
    {
        using var key = SecretBytes.Random(32);
        var sealing = SealedBackup.Seal(File, Key("argon2id"), key, Now).ToText();
        var text = sealing.Replace(Key("argon2id").Words, words, StringComparison.Ordinal);
        Assert.Equal("backup.format", SealedBackup.Parse(text).Failure?.Code);
    }

    [Fact]
    public void Passphrase_makes_the_same_key_again_and_another_one_does_not()
    {
        var how = new PassphraseBackupKey(1, 1, new string('0', 32));
        using var passphrase = new SecretText("correct horse battery staple");
        using var other = new SecretText("correct horse battery stapler");
        using var key = how.Derive(passphrase).Ok();
        using var again = how.Derive(passphrase).Ok();
        using var wrong = how.Derive(other).Ok();
        Assert.True(key.FixedTimeEquals(again.Span));
        Assert.False(key.FixedTimeEquals(wrong.Span));
    }

    [Fact]
    public void Garbage_is_refused_without_an_exception() => Prop.ForAll<string>(text =>
    {
        Assert.False(SealedBackup.Parse(text ?? "").Succeeded);
        Assert.False(SealedBackup.Parse("kist-encryption-backup/1\n" + text).Succeeded);
        Assert.False(SealedBackup.Parse("kist-encryption-backup/1\ncreated: 2026-11-26T22:46:00Z\nsha256: " + text).Succeeded);
    }).QuickCheckThrowOnFailure();

    private static BackupKey Key(string how) => how == "transit"
        ? new TransitBackupKey("transit", "etcd-backup", "vault:v1:c2VhbGVk")
        : new PassphraseBackupKey(3, 256, "000102030405060708090a0b0c0d0e0f");

    private static void AssertRefused(string text, SecretBytes key, SecretBuffer opened)
    {
        var parsed = SealedBackup.Parse(text);
        if (!parsed.Succeeded)
            return;
        Assert.False(parsed.Value.Open(key, opened).Succeeded, $"opens:\n{text}");
        Assert.Equal(0, opened.Written.Length);
    }
}
