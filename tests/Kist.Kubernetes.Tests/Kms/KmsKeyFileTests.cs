using System.Security.Cryptography;
using Kist.Crypto;
using Kist.Kubernetes.Kms.KeyFiles;
using Kist.Kubernetes.Kms.RemoteKeys;

namespace Kist.Kubernetes.Tests.Kms;

public sealed class KmsKeyFileTests : IDisposable
{
    private readonly string home = Directory.CreateTempSubdirectory("kist-keys-").FullName;

    private string FilePath => Path.Combine(home, "kms.key");

    public void Dispose() => Directory.Delete(home, recursive: true);

    [Fact]
    public void What_is_written_is_read_and_nobody_else_may()
    {
        using var made = KmsKeyFile.Create(TimeProvider.System);
        made.Write(FilePath, replace: false);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(FilePath));
        using var read = KmsKeyFile.Read(FilePath).Value;
        Assert.Equal(made.Used.KeyId, read.Used.KeyId);
        Assert.Single(Directory.GetFiles(home));
    }

    [Fact]
    public void A_file_that_is_there_is_not_overwritten_by_a_new_one()
    {
        using var made = KmsKeyFile.Create(TimeProvider.System);
        made.Write(FilePath, replace: false);
        using var other = KmsKeyFile.Create(TimeProvider.System);
        Assert.Throws<IOException>(() => other.Write(FilePath, replace: false));
        Assert.Equal(made.Used.KeyId, KmsKeyFile.Read(FilePath).Value.Used.KeyId);
        Assert.Single(Directory.GetFiles(home));
    }

    [Theory]
    [InlineData(UnixFileMode.GroupRead)]
    [InlineData(UnixFileMode.OtherRead)]
    [InlineData(UnixFileMode.GroupWrite)]
    public void A_file_that_others_may_read_or_write_is_refused_with_advice(UnixFileMode more)
    {
        using var made = KmsKeyFile.Create(TimeProvider.System);
        made.Write(FilePath, replace: false);
        File.SetUnixFileMode(FilePath, UnixFileMode.UserRead | UnixFileMode.UserWrite | more);
        Assert.Contains("chmod 600", KmsKeyFile.Read(FilePath).Failure?.Message);
    }

    [Fact]
    public void A_new_version_is_used_when_it_is_told_to_be_and_not_before()
    {
        using var first = KmsKeyFile.Create(TimeProvider.System);
        var added = first.WithNewVersion(TimeProvider.System);
        added.Write(FilePath, replace: false);
        using var read = KmsKeyFile.Read(FilePath).Value;
        Assert.Equal((2, 1), (read.Versions.Count, read.Used.Number));
        Assert.Null(read.Using(3));
        read.Using(2)!.Write(FilePath, replace: true);
        Assert.Equal(2, KmsKeyFile.Read(FilePath).Value.Used.Number);
    }

    [Theory]
    [InlineData("")]
    [InlineData("something else\nuse 1\n")]
    [InlineData("kist-kms-key-file 1\n")]
    [InlineData("kist-kms-key-file 1\nuse 1\n")]
    [InlineData("kist-kms-key-file 1\nuse 1\n1 2026-01-01T00:00:00Z AAAA\n")]
    [InlineData("kist-kms-key-file 1\nuse 2\n1 2026-01-01T00:00:00Z AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n")]
    [InlineData("kist-kms-key-file 1\nuse 1\n1 today AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n")]
    [InlineData("kist-kms-key-file 1\nuse 1\nuse 1\n1 2026-01-01T00:00:00Z AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n")]
    [InlineData("kist-kms-key-file 1\nuse 1\n1 2026-01-01T00:00:00Z AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n1 2026-01-01T00:00:00Z AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n")]
    [InlineData("kist-kms-key-file 1\nuse 1\n1 2026-01-01T00:00:00Z AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= more\n")]
    public void Faulty_files_are_refused_without_quoting_a_key(string content)
    {
        Write(content);
        var failure = KmsKeyFile.Read(FilePath).Failure;
        Assert.NotNull(failure);
        Assert.DoesNotContain("AAAA", failure.Message);
    }

    [Fact]
    public void Any_bytes_are_refused_and_never_a_fault()
    {
        using var made = KmsKeyFile.Create(TimeProvider.System);
        made.WithNewVersion(TimeProvider.System).Write(FilePath, replace: false);
        var good = File.ReadAllBytes(FilePath);
        for (var i = 0; i < 500; i++)
        {
            var changed = good.ToArray();
            changed[RandomNumberGenerator.GetInt32(changed.Length)] = (byte)RandomNumberGenerator.GetInt32(256);
            Write(changed[..RandomNumberGenerator.GetInt32(changed.Length + 1)]);
            _ = KmsKeyFile.Read(FilePath);
        }
        Write(new byte[100_000]);
        Assert.Contains("too long", KmsKeyFile.Read(FilePath).Failure?.Message);
    }

    [Fact]
    public void A_file_that_is_not_there_is_refused_with_advice() =>
        Assert.Contains("key-file init", KmsKeyFile.Read(FilePath).Failure?.Message);

    [Fact]
    public void Nothing_prints_a_key()
    {
        using var made = KmsKeyFile.Create(TimeProvider.System);
        made.Write(FilePath, replace: false);
        var key = File.ReadAllLines(FilePath)[^1].Split(' ')[2];
        Assert.DoesNotContain(key, $"{made.Used} {made.Used.KeyId}");
    }

    [Fact]
    public async Task A_rotation_of_the_file_is_noticed_and_old_keys_unwrap()
    {
        using var made = KmsKeyFile.Create(TimeProvider.System);
        made.Write(FilePath, replace: false);
        using var key = KeyFileKey.Open(FilePath).Value;
        using var local = SecretBytes.Random(32);
        var wrapped = (await key.WrapAsync(local, default)).Value;
        var added = made.WithNewVersion(TimeProvider.System);
        added.Write(FilePath, replace: true);
        Assert.Equal(made.Used.KeyId, (await key.VersionAsync(default)).Value);
        added.Using(2)!.Write(FilePath, replace: true);
        Assert.Equal(added.Versions[1].KeyId, (await key.VersionAsync(default)).Value);
        using var unwrapped = (await key.UnwrapAsync(wrapped, default)).Value;
        Assert.True(unwrapped.FixedTimeEquals(local.Span));
        Assert.False((await key.UnwrapAsync(wrapped with { KeyId = added.Versions[1].KeyId }, default)).Succeeded);
        Assert.False((await key.UnwrapAsync(wrapped with { Ciphertext = wrapped.Ciphertext[..20] }, default)).Succeeded);
    }

    [Fact]
    public async Task A_file_that_is_away_is_an_outage_and_what_was_read_serves_on()
    {
        using var made = KmsKeyFile.Create(TimeProvider.System);
        made.Write(FilePath, replace: false);
        using var key = KeyFileKey.Open(FilePath).Value;
        File.Delete(FilePath);
        Assert.True(RemoteFailures.IsOutage((await key.VersionAsync(default)).Failure!));
        using var local = SecretBytes.Random(32);
        using var unwrapped = (await key.UnwrapAsync((await key.WrapAsync(local, default)).Value, default)).Value;
        Assert.True(unwrapped.FixedTimeEquals(local.Span));
    }

    private void Write(string content) => Write(System.Text.Encoding.ASCII.GetBytes(content));

    private void Write(byte[] content)
    {
        File.WriteAllBytes(FilePath, content);
        File.SetUnixFileMode(FilePath, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }
}
