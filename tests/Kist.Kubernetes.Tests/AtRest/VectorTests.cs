using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Kist.Crypto;
using Kist.Kubernetes.AtRest;
using Kist.Kubernetes.AtRest.Objects;

namespace Kist.Kubernetes.Tests.AtRest;

/// <summary>What real API servers wrote is read as they read it.</summary>
public sealed class VectorTests
{
    [Theory]
    [MemberData(nameof(VectorFile.All), MemberType = typeof(VectorFile))]
    public async Task Captured_value_decodes_to_its_object(string file, string key)
    {
        var vectors = new VectorFile(file);
        var vector = vectors[key];
        var name = StorageKey.Parse(StorageKey.DefaultPrefix, vector.KeyBytes)!;
        using var chains = Chains.Of(vectors.Config, vectors.Plugin);
        using var plaintext = new SecretBuffer();

        var chain = chains.For(name.Resource);
        var inspection = await chain.InspectAsync(name, vector.KeyBytes, vector.Value, plaintext, CancellationToken.None);

        Assert.Null(inspection.Failure);
        Assert.Equal(vector.Provider, inspection.Label.Provider);
        Assert.Equal(vector.KeyName, inspection.Label.KeyName);
        Assert.False(inspection.IsMoved);
        if (vector.IsStale is { } stale)
            Assert.Equal(stale, inspection.Stale != StaleReasons.None);
        CheckPlaintext(vector, plaintext.Written);
        if (vector.Expected is { } expected)
            CheckObject(expected, inspection.Object!, plaintext.Written);
    }

    [Theory]
    [MemberData(nameof(VectorFile.All), MemberType = typeof(VectorFile))]
    public async Task Without_decrypting_the_prefixes_tell_the_same_state(string file, string key)
    {
        var vectors = new VectorFile(file);
        var vector = vectors[key];
        var name = StorageKey.Parse(StorageKey.DefaultPrefix, vector.KeyBytes)!;
        using var chains = Chains.Of(vectors.Config, vectors.Plugin);
        using var plaintext = new SecretBuffer();

        var chain = chains.For(name.Resource);
        var inspection = await chain.InspectAsync(name, vector.KeyBytes, vector.Value, plaintext, CancellationToken.None);
        var classified = chain.Classify(vector.Value);

        Assert.Equal(inspection.Label, classified.Label);
        // Which form a KMS v1 body has, only decrypting it shows.
        Assert.Equal(inspection.Stale & ~StaleReasons.KmsV1Body, classified.Stale);
    }

    [Fact]
    public void A_custom_resource_stored_by_an_old_server_is_plaintext_json()
    {
        var vector = new VectorFile("json-storage")["/registry/example.test/widgets/default/w1"];

        var stored = StoredObject.Parse(vector.Value).Ok();

        Assert.Equal(("example.test/v1", "Widget", "default", "w1"), (stored.ApiVersion, stored.Kind, stored.Namespace, stored.Name));
        Assert.Equal("7256310f-2e37-45f7-bab9-03e9c3496a55", stored.Uid);
        Assert.Empty(stored.Data);
    }

    private static void CheckPlaintext(Vector vector, ReadOnlySpan<byte> plaintext)
    {
        if (vector.Plaintext is { } expected)
            Assert.Equal(expected, plaintext.ToArray());
        if (vector.Text("plaintext_sha256") is { } hash)
            Assert.Equal(hash, Convert.ToHexStringLower(SHA256.HashData(plaintext)));
    }

    private static void CheckObject(JsonNode expected, StoredObject stored, ReadOnlySpan<byte> plaintext)
    {
        Assert.Equal("v1", stored.ApiVersion);
        Assert.Equal(Text(expected, "kind"), stored.Kind);
        Assert.Equal(Text(expected, "namespace"), stored.Namespace);
        Assert.Equal(Text(expected, "name"), stored.Name);
        Assert.Equal(Text(expected, "uid"), stored.Uid);
        Assert.Equal(Text(expected, "type"), stored.Type);
        if (expected["immutable"] is { } immutable)
            Assert.Equal((bool)immutable, stored.Immutable);
        CheckText(expected["labels"], stored.Labels.ToDictionary());
        CheckText(expected["annotations"], Values(stored.Annotations, plaintext, Utf8));
        CheckText(expected["binaryData"], Values(stored.BinaryData, plaintext, Convert.ToBase64String));
        // Of the large ones, the hash is given.
        if (expected["data_sha256"] is { } hashes)
            CheckText(hashes, Values(stored.Data, plaintext, bytes => Convert.ToHexStringLower(SHA256.HashData(bytes))));
        else
            CheckText(expected["data"], Values(stored.Data, plaintext, stored.Kind == "Secret" ? Convert.ToBase64String : Utf8));
        foreach (var (key, length) in expected["data_length"]?.AsObject() ?? [])
            Assert.Equal((int)length!, stored.Data.Single(d => d.Name == key).Size);
    }

    private static void CheckText(JsonNode? expected, Dictionary<string, string> found) =>
        Assert.Equal((expected?.AsObject() ?? []).ToDictionary(p => p.Key, p => (string)p.Value!), found);

    private static Dictionary<string, string> Values(IReadOnlyList<StoredField> fields, ReadOnlySpan<byte> plaintext, Func<byte[], string> show)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        using var value = new SecretBuffer();
        foreach (var field in fields)
        {
            value.Clear();
            StoredValues.Copy(plaintext, field, value);
            if (field.Form != StoredForm.JsonText)
                Assert.Equal(field.Size, value.Written.Length);
            values.Add(field.Name, show(value.Written.ToArray()));
        }
        return values;
    }

    private static string Utf8(byte[] bytes) => System.Text.Encoding.UTF8.GetString(bytes);

    private static string Text(JsonNode node, string name) => (string?)node[name] ?? "";
}
