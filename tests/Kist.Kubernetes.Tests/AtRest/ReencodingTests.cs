using System.Buffers;
using Kist.Crypto;
using Kist.Kubernetes.AtRest;
using Kist.Kubernetes.AtRest.Bodies;
using Kist.Kubernetes.AtRest.Kms;
using Kist.Kubernetes.Encryption;

namespace Kist.Kubernetes.Tests.AtRest;

/// <summary>With the captured nonces and keys, the same plaintext gives the same bytes.</summary>
public sealed class ReencodingTests
{
    public static TheoryData<string, string> Keyed => Of(
        "aescbc", "aesgcm", "secretbox", "aescbc-key-sizes", "aesgcm-key-sizes", "rotation-aescbc", "large-aescbc", "large-aesgcm", VectorFile.SnapshotName);

    public static TheoryData<string, string> KmsV1 => Of("kmsv1-cbc-k8s1.20", "kmsv1-gcm-k8s1.36");

    public static TheoryData<string, string> KmsV2 => Of("kmsv2-seed", "kmsv2-aesgcmkey", "large-kmsv2");

    [Theory]
    [MemberData(nameof(Keyed))]
    public async Task Value_under_a_key_of_the_file_is_written_again(string file, string key)
    {
        var vectors = new VectorFile(file);
        var vector = vectors[key];
        var output = new ArrayBufferWriter<byte>();
        Seal(vector, await PlaintextAsync(vectors, vector), vectors.Config, output);
        Assert.Equal(vector.Body, output.WrittenSpan.ToArray());
    }

    [Theory]
    [MemberData(nameof(KmsV1))]
    public void Kms_v1_value_is_written_again(string file, string key)
    {
        var vector = new VectorFile(file)[key];
        var wrapped = vector.Bytes("encrypted_dek_base64")!;
        var dataKey = vector.Bytes("dek_base64")!;
        var inner = vector.Body[(2 + wrapped.Length)..];
        var output = new ArrayBufferWriter<byte>();

        KmsV1Transformer.WriteWrapped(wrapped, output);
        if (file.Contains("cbc", StringComparison.Ordinal))
        {
            using var cbc = new AesCbcKey(dataKey);
            AesCbcBody.Seal(cbc, inner.AsSpan(0, 16), vector.Plaintext, output);
        }
        else
        {
            using var gcm = new AesGcmKey(dataKey);
            AesGcmBody.Seal(gcm, inner.AsSpan(0, 12), vector.KeyBytes, vector.Plaintext, output);
        }

        Assert.Equal(vector.Body, output.WrittenSpan.ToArray());
    }

    [Theory]
    [MemberData(nameof(KmsV2))]
    public void Kms_v2_envelope_is_decoded_and_written_again(string file, string key)
    {
        var vector = new VectorFile(file)[key];
        var expected = vector.Encrypted;

        var decoded = EncryptedObject.Parse(vector.Body).Ok();

        Assert.Equal(expected.GetProperty("keyID").GetString(), decoded.Wrapped.KeyId);
        Assert.Equal(expected.GetProperty("encryptedDEKSource_base64").GetBytesFromBase64(), decoded.Wrapped.Ciphertext.ToArray());
        Assert.Equal(expected.GetProperty("encryptedDEKSourceType").GetInt32(), (int)decoded.DekSource);
        Assert.Equal(
            expected.GetProperty("annotations_base64").EnumerateObject().ToDictionary(a => a.Name, a => a.Value.GetString()),
            decoded.Wrapped.Annotations.ToDictionary(a => a.Name, a => (string?)Convert.ToBase64String(a.Value.Span)));
        var output = new ArrayBufferWriter<byte>();
        decoded.Write(output);
        Assert.Equal(vector.Body, output.WrittenSpan.ToArray());
    }

    [Theory]
    [MemberData(nameof(KmsV2))]
    public async Task Kms_v2_ciphertext_is_written_again(string file, string key)
    {
        var vectors = new VectorFile(file);
        var vector = vectors[key];
        var plaintext = await PlaintextAsync(vectors, vector);
        var expected = vector.Encrypted;
        var nonce = expected.GetProperty("nonce_base64").GetBytesFromBase64();
        var output = new ArrayBufferWriter<byte>();

        if (expected.TryGetProperty("seed_base64", out var seedText))
        {
            using var seed = new AesGcmSeed(seedText.GetBytesFromBase64());
            SeededGcmBody.Seal(seed, expected.GetProperty("info_base64").GetBytesFromBase64(), nonce, vector.KeyBytes, plaintext, output);
        }
        else
        {
            using var gcm = new AesGcmKey(expected.GetProperty("dek_base64").GetBytesFromBase64());
            AesGcmBody.Seal(gcm, nonce, vector.KeyBytes, plaintext, output);
        }

        Assert.Equal(EncryptedObject.Parse(vector.Body).Ok().Data.ToArray(), output.WrittenSpan.ToArray());
    }

    // Of large and of mixed ones no plaintext was captured; what is decrypted, VectorTests compares with its hash and its object.
    private static async Task<byte[]> PlaintextAsync(VectorFile vectors, Vector vector)
    {
        if (vector.Plaintext is { } captured)
            return captured;
        using var chains = Chains.Of(vectors.Config, vectors.Plugin);
        using var plaintext = new SecretBuffer();
        var resource = StorageKey.Parse(StorageKey.DefaultPrefix, vector.KeyBytes)!.Resource;
        (await chains.For(resource).ReadAsync(vector.KeyBytes, vector.Value, plaintext, CancellationToken.None)).Ok();
        return plaintext.Written.ToArray();
    }

    private static void Seal(Vector vector, byte[] plaintext, string config, ArrayBufferWriter<byte> output)
    {
        // Providers of one file may give their keys the same names.
        var providers = ConfigurationFile.Load(config, Chains.Facts).Ok().Rules.SelectMany(r => r.Providers).Where(p => p.Kind?.Name() == vector.Provider);
        var keys = providers.SelectMany(p => p.Keyed?.Keys ?? []);
        using var secret = keys.First(k => k.Name == vector.KeyName).Decode()!;
        switch (vector.Provider)
        {
            case "aescbc":
                using (var cbc = new AesCbcKey(secret.Span))
                    AesCbcBody.Seal(cbc, vector.Body.AsSpan(0, 16), plaintext, output);
                break;
            case "aesgcm":
                using (var gcm = new AesGcmKey(secret.Span))
                    AesGcmBody.Seal(gcm, vector.Body.AsSpan(0, 12), vector.KeyBytes, plaintext, output);
                break;
            default:
                using (var box = new SodiumSecretboxKey(secret.Span))
                    SecretboxBody.Seal(box, vector.Body.AsSpan(0, 24), plaintext, output);
                break;
        }
    }

    private static TheoryData<string, string> Of(params string[] files)
    {
        var data = new TheoryData<string, string>();
        foreach (var file in files)
        {
            foreach (var entry in new VectorFile(file).Entries.Where(e => IsWanted(file, e.Provider)))
                data.Add(file, entry.Key);
        }
        return data;
    }

    // The snapshot mixes all providers; of its KMS values no data keys were captured.
    private static bool IsWanted(string file, string provider) =>
        provider != ProviderKind.Identity.Name() && (file != VectorFile.SnapshotName || !provider.StartsWith("kms", StringComparison.Ordinal));
}
