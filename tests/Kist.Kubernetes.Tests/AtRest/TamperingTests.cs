using System.Text.Json;
using Kist.Crypto;
using Kist.Kubernetes.AtRest;

namespace Kist.Kubernetes.Tests.AtRest;

/// <summary>Changed values, and what real API servers say of them.</summary>
public sealed class TamperingTests
{
    private const string Basic = "/registry/secrets/default/basic";

    // Read by the API server, although the object names another key.
    private static readonly string[] Moved = ["aescbc-unchanged-moved", "secretbox-unchanged-moved", "aescbc-malleable"];

    public static TheoryData<string> Corrupted => [.. Values().Select(v => v.Key).Distinct()];

    // The KMS's wrapped key and annotations are authenticated by the plugin: this one checks both.
    [Theory]
    [InlineData("aesgcm")]
    [InlineData("secretbox")]
    [InlineData("kmsv1-gcm-k8s1.36")]
    [InlineData("kmsv2-seed")]
    [InlineData("kmsv2-aesgcmkey")]
    public async Task Every_flipped_bit_of_an_authenticated_value_is_refused(string file)
    {
        var vectors = new VectorFile(file);
        var (key, value) = (vectors[Basic].KeyBytes, vectors[Basic].Value);
        using var chains = Chains.Of(vectors.Config, vectors.Plugin);
        var chain = chains.For(GroupResource.Parse("secrets"));
        using var plaintext = new SecretBuffer();
        Assert.NotEqual(ObjectState.Undecryptable, (await chain.InspectAsync(null, key, value, plaintext, CancellationToken.None)).State);

        for (var bit = 0; bit < value.Length * 8; bit++)
        {
            value[bit / 8] ^= (byte)(1 << (bit % 8));
            var inspection = await chain.InspectAsync(null, key, value, plaintext, CancellationToken.None);
            Assert.True(inspection.State == ObjectState.Undecryptable, $"bit {bit} was accepted");
            value[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Theory]
    [MemberData(nameof(Corrupted))]
    public async Task Corrupted_value_is_read_or_refused_as_by_the_api_server(string key)
    {
        var vector = Values().First(v => v.Key == key);
        var vectors = new VectorFile("corrupted");
        using var chains = Chains.Of(vectors.Config, vectors.Plugin);
        var chain = chains.For(GroupResource.Parse("secrets"));
        using var plaintext = new SecretBuffer();

        var read = await chain.ReadAsync(vector.KeyBytes, vector.Value, plaintext, CancellationToken.None);

        if (vector.Member("library_0_36_4_transform") is { } transform)
            CheckTransform(transform, read, plaintext);
        var inspection = await chain.InspectAsync(
            StorageKey.Parse("/registry", vector.KeyBytes),
            vector.KeyBytes,
            vector.Value,
            plaintext,
            CancellationToken.None);
        CheckGet(vector.Member("library_0_36_4_get")!.Value, inspection);
        Assert.Equal(Moved.Contains(key[(key.LastIndexOf('/') + 1)..]), inspection.IsMoved);
    }

    private static IEnumerable<Vector> Values()
    {
        var file = VectorFile.Read("corrupted");
        return file.GetProperty("originals").EnumerateArray().Concat(file.GetProperty("entries").EnumerateArray()).Select(e => new Vector(e));
    }

    private static void CheckTransform(JsonElement transform, Core.Outcome<ReadResult> read, SecretBuffer plaintext)
    {
        if (transform.TryGetProperty("error", out var error))
        {
            // Go's protobuf puts a space of one kind or another, so that nobody relies on its texts; at a vector without a block the server panics.
            var message = error.GetString()!.Replace('\u00a0', ' ');
            Assert.Equal(
                message.Contains("panic", StringComparison.Ordinal) ? "invalid PKCS7 data (empty or not padded)" : message,
                read.Failure?.Message);
            return;
        }
        Assert.Equal(transform.GetProperty("stale").GetBoolean(), read.Ok().Stale != StaleReasons.None);
        Assert.Equal(
            transform.GetProperty("plaintext_sha256").GetString(),
            Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(plaintext.Written)));
    }

    // Null data: the server reads an object without a name out of nothing.
    private static void CheckGet(JsonElement get, Inspection inspection)
    {
        if (!get.TryGetProperty("data", out var data) || data.ValueKind == JsonValueKind.Null)
        {
            Assert.Equal(ObjectState.Undecryptable, inspection.State);
            return;
        }
        Assert.Null(inspection.Failure);
        Assert.Equal(
            data.EnumerateObject().Select(p => (p.Name, p.Value.GetBytesFromBase64().Length)).Order(),
            inspection.Object!.Data.Select(f => (f.Name, f.Size)).Order());
    }
}
