using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Kist.Client.Agent.Configuration;
using Kist.Client.Agent.Sinks;
using Kist.Client.Tests.Agent.Login;
using Kist.Crypto;

namespace Kist.Client.Tests.Agent.Sinks;

/// <summary>Tokens encrypted for a reader, as the readers of Vault Agent's sinks open them.</summary>
public sealed class SinkEnvelopeTests : IDisposable
{
    private readonly AgentWorld world = new();
    private readonly X25519KeyPair reader = new();

    public void Dispose()
    {
        reader.Dispose();
        world.Dispose();
    }

    [Theory]
    [InlineData(true, "")]
    [InlineData(true, "pod-7")]
    [InlineData(false, "")]
    [InlineData(false, "pod-7")]
    public async Task Reader_opens_the_file_and_nobody_finds_the_token_in_it(bool derives, string associated)
    {
        var path = world.Folder.At("token");
        var encryption = new SinkEncryption(KeyFile(reader.PublicKey)) { DerivesKey = derives, AssociatedData = associated };
        world.Token.Set(new SecretText("t-1"));
        await Sinks(new FileSinkConfig(path) { Encryption = encryption }).RunAsync(once: true, default);
        var written = File.ReadAllText(path);
        Assert.DoesNotContain("t-1", written, StringComparison.Ordinal);
        Assert.Equal("t-1", Open(written, derives, associated));
        Assert.Null(Open(written, derives, associated + "x"));
        Assert.Null(Open(written, !derives, associated));
    }

    [Fact]
    public async Task Each_file_has_a_key_of_its_own()
    {
        var (one, other) = (world.Folder.At("one"), world.Folder.At("other"));
        var encryption = new SinkEncryption(KeyFile(reader.PublicKey)) { DerivesKey = true };
        world.Token.Set(new SecretText("t-1"));
        await Sinks(new FileSinkConfig(one) { Encryption = encryption }, new FileSinkConfig(other) { Encryption = encryption }).RunAsync(once: true, default);
        Assert.NotEqual(Part(File.ReadAllText(one), "curve25519_public_key"), Part(File.ReadAllText(other), "curve25519_public_key"));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("no JSON")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"curve25519_public_key":7}""")]
    [InlineData("""{"curve25519_public_key":"AAAA"}""")]
    [InlineData("""{"curve25519_public_key":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}""")]
    public async Task Without_a_good_key_nothing_is_written_until_there_is_one(string? content)
    {
        var (path, keyFile) = (world.Folder.At("token"), world.Folder.At("key"));
        if (content is not null)
            File.WriteAllText(keyFile, content);
        world.Token.Set(new SecretText("t-1"));
        var running = Sinks(new FileSinkConfig(path) { Encryption = new SinkEncryption(keyFile) }).RunAsync(once: true, default);
        await world.UntilAsync(() => world.Status.Parts.Any(static p => !p.IsGood));
        Assert.False(File.Exists(path));
        File.Move(KeyFile(reader.PublicKey), keyFile, overwrite: true);
        await world.UntilAsync(() => running.IsCompleted);
        Assert.Equal("t-1", Open(File.ReadAllText(path), derives: false, ""));
    }

    private TokenSinks Sinks(params FileSinkConfig[] sinks) => new(sinks, world.Client, world.Token, world.Status, world.Note, world.Clock);

    private string KeyFile(ReadOnlySpan<byte> key) =>
        world.Folder.File(Path.GetRandomFileName(), $$"""{"curve25519_public_key":"{{Convert.ToBase64String(key)}}"}""");

    private static byte[] Part(string envelope, string name) => JsonElement.Parse(envelope).GetProperty(name).GetBytesFromBase64();

    // Null when the key or the associated data is not the writer's.
    private string? Open(string envelope, bool derives, string associated)
    {
        var (theirs, payload) = (Part(envelope, "curve25519_public_key"), Part(envelope, "encrypted_payload"));
        using var agreed = reader.Agree(theirs);
        byte[][] keys = [theirs, reader.PublicKey.ToArray()];
        Array.Sort(keys, static (a, b) => a.AsSpan().SequenceCompareTo(b));
        var key = derives ? HKDF.DeriveKey(HashAlgorithmName.SHA256, agreed.Span.ToArray(), 32, keys[0], keys[1]) : agreed.Span.ToArray();
        var text = new byte[payload.Length - AesGcmKey.TagBytes];
        var isGood = AesGcmKey.TryDecryptOnce(
            key, Part(envelope, "nonce"), payload.AsSpan(0, text.Length), payload.AsSpan(text.Length), text, Encoding.UTF8.GetBytes(associated));
        return isGood ? Encoding.UTF8.GetString(text) : null;
    }
}
