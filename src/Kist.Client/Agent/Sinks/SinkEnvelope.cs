using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Kist.Client.Agent.Configuration;
using Kist.Crypto;

namespace Kist.Client.Agent.Sinks;

/// <summary>
/// A token for whoever has the private key to a public one: X25519, AES-256-GCM, in Vault Agent's JSON
/// (https://developer.hashicorp.com/vault/docs/agent-and-proxy/autoauth, "Encrypting tokens").
/// </summary>
internal static class SinkEnvelope
{
    private const string PublicKey = "curve25519_public_key";
    private const int LongestKeyFile = 4096;

    /// <summary>Encrypts, under a key pair that is used for nothing else.</summary>
    /// <exception cref="IOException">The public key's file cannot be read, or holds none.</exception>
    /// <exception cref="UnauthorizedAccessException">It must not be read.</exception>
    public static SecretText Seal(SinkEncryption encryption, SecretText content)
    {
        var theirs = ReadPublicKey(encryption.PublicKeyPath);
        using var pair = new X25519KeyPair();
        using var key = Key(encryption, pair, theirs);
        var nonce = RandomNumberGenerator.GetBytes(AesGcmKey.NonceBytes);
        var payload = new byte[content.Utf8.Length + AesGcmKey.TagBytes];
        var ciphertext = payload.AsSpan(0, content.Utf8.Length);
        AesGcmKey.EncryptOnce(
            key.Span, nonce, content.Utf8, ciphertext, payload.AsSpan(ciphertext.Length), Encoding.UTF8.GetBytes(encryption.AssociatedData));
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteBase64String(PublicKey, pair.PublicKey);
            json.WriteBase64String("nonce", nonce);
            json.WriteBase64String("encrypted_payload", payload);
            json.WriteEndObject();
        }
        return new SecretText(buffer.ToArray());
    }

    private static SecretBytes Key(SinkEncryption encryption, X25519KeyPair pair, byte[] theirs)
    {
        SecretBytes agreed;
        try
        {
            agreed = pair.Agree(theirs);
        }
        catch (CryptographicException e)
        {
            throw new IOException($"{encryption.PublicKeyPath}: {e.Message}", e);
        }
        if (!encryption.DerivesKey)
            return agreed;
        using (agreed)
        {
            // Both sides put the smaller public key first.
            var oursFirst = pair.PublicKey.SequenceCompareTo(theirs) < 0;
            var (first, second) = oursFirst ? (pair.PublicKey.ToArray(), theirs) : (theirs, pair.PublicKey.ToArray());
            return SecretBytes.Create(
                X25519KeyPair.KeyBytes, 0, (span, _) => HKDF.DeriveKey(HashAlgorithmName.SHA256, agreed.Span, span, salt: first, info: second));
        }
    }

    private static byte[] ReadPublicKey(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            var content = new byte[LongestKeyFile];
            var length = file.ReadAtLeast(content, content.Length, throwOnEndOfStream: false);
            var json = JsonElement.Parse(content.AsSpan(0, length));
            if (json.ValueKind == JsonValueKind.Object && json.TryGetProperty(PublicKey, out var key) && key.ValueKind == JsonValueKind.String
                && key.TryGetBytesFromBase64(out var bytes) && bytes.Length == X25519KeyPair.KeyBytes)
                return bytes;
        }
        catch (JsonException)
        {
            // Told below; the parser would quote the file.
        }
        throw new IOException($"{path} holds no public key: it must be JSON with {X25519KeyPair.KeyBytes} bytes in base64 as \"{PublicKey}\"");
    }
}
