using FsCheck;
using FsCheck.Fluent;
using Kist.Core;

namespace Kist.Engines.Tests.Transit;

/// <summary>Requests that nobody meant: each is answered, and none with a fault of the server.</summary>
public sealed class TransitFuzzTests
{
    private static readonly string[] Values =
    [
        "null", "true", "0", "-1", "1", "2", "99999999999999999999", "1e400", "\"\"", "\"x\"", "\"YQ==\"", "\"YQ\"", "\"\\u0000\"", "\"vault:v1:YQ==\"", "[]", "{}", "[null]",
        "[{}]", "[{\"plaintext\":\"YQ==\"}]", "[{\"ciphertext\":\"vault:v1:YQ==\"}]", "[[]]", "\"1h\"", "\"aes128-gcm96\"",
    ];

    private static readonly string[] Fields =
    [
        "plaintext", "ciphertext", "context", "associated_data", "key_version", "nonce", "batch_input", "type", "convergent_encryption",
        "partial_failure_response_code", "bits", "min_decryption_version", "min_encryption_version", "min_available_version", "deletion_allowed",
        "exportable", "auto_rotate_period", "derived", "name", "disable_upsert", "version", "unheard_of",
    ];

    private static readonly string[] Paths =
    [
        "encrypt/k", "encrypt/new", "decrypt/k", "rewrap/k", "datakey/plaintext/k", "datakey/wrapped/k", "keys/k", "keys/k/config", "keys/k/rotate", "keys/k/trim",
        "keys/other", "config/keys", "encrypt/-", "decrypt/d", "encrypt/d",
    ];

    [Fact]
    public void A_mutated_ciphertext_never_opens_and_never_is_a_fault()
    {
        var mutation = from kind in Gen.Choose(0, 3) from at in Gen.Choose(0, 200) from value in Gen.Choose(0, 0x17f) select (kind, at, value);
        var mutations = mutation.NonEmptyListOf().Resize(4);
        Prop.ForAll(mutations.ToArbitrary(), list => Task.Run(async () =>
        {
            using var host = await TransitHost.StartAsync();
            await host.WriteAsync("keys/k").Ok();
            var ciphertext = (await host.EncryptAsync("k", "a secret of some length").Ok()).Ciphertext;
            var mutated = list.Aggregate(ciphertext, Mutate);
            var answer = await host.WriteAsync("decrypt/k", new System.Text.Json.Nodes.JsonObject { ["ciphertext"] = mutated }.ToJsonString());
            if (SameBytes(ciphertext, mutated))
                return;
            Assert.True(answer.Failure?.Kind == FailureKind.Invalid, $"{mutated}: {answer}");
            Assert.DoesNotContain("a secret", answer.ToString(), StringComparison.Ordinal);
        }).GetAwaiter().GetResult()).Check(Config.QuickThrowOnFailure.WithMaxTest(400));
    }

    [Fact]
    public void No_body_is_a_fault_of_the_server()
    {
        var member = Gen.Zip(Gen.Elements(Fields), Gen.Elements(Values));
        var requests = Gen.Zip(Gen.Elements(Paths), member.ListOf().Resize(4)).NonEmptyListOf().Resize(12);
        Prop.ForAll(requests.ToArbitrary(), list => Task.Run(async () =>
        {
            using var host = await TransitHost.StartAsync();
            await host.WriteAsync("keys/k").Ok();
            await host.WriteAsync("keys/d", """{"derived":true,"convergent_encryption":true}""").Ok();
            foreach (var (path, members) in list)
            {
                var body = $"{{{string.Join(',', members.DistinctBy(m => m.Item1).Select(m => $"\"{m.Item1}\":{m.Item2}"))}}}";
                var answer = await host.WriteAsync(path, body);
                Assert.True(answer.Failure is null or { Kind: FailureKind.Invalid }, $"{path} {body}: {answer}");
            }
            await host.ReadAsync("keys/k").Ok();
        }).GetAwaiter().GetResult()).Check(Config.QuickThrowOnFailure.WithMaxTest(500));
    }

    [Fact]
    public async Task A_key_that_the_store_lost_a_version_of_is_a_fault_and_no_wrong_answer()
    {
        using var host = await TransitHost.StartAsync();
        await host.WriteAsync("keys/k").Ok();
        var ciphertext = (await host.EncryptAsync("k", "x").Ok()).Ciphertext;
        var lost = (await host.StoredPathsAsync()).Single(path => path.StartsWith("v/", StringComparison.Ordinal));
        await host.Storage.Begin().Delete(host.Storage, lost).CommitAsync(default);
        await host.EncryptAsync("k", "x").Is("transit.version_missing");
        await host.DecryptAsync("k", ciphertext).Is("transit.version_missing");
        await host.WriteAsync("decrypt/k", $$"""{"batch_input":[{"ciphertext":"{{ciphertext}}"}]}""").Is("transit.version_missing");
        await host.WriteAsync("datakey/plaintext/k").Is("transit.version_missing");
        await Assert.ThrowsAsync<InvalidDataException>(() => host.ReadAsync("keys/k"));
    }

    private static string Mutate(string text, (int Kind, int At, int Value) mutation)
    {
        var at = mutation.At % text.Length;
        var character = (char)mutation.Value;
        return mutation.Kind switch
        {
            0 => text[..at] + character + text[(at + 1)..],
            1 => text[..at] + character + text[at..],
            2 when text.Length > 1 => text.Remove(at, 1),
            _ => text + text[at..],
        };
    }

    // Spaces in base64 and the bits that it leaves over change the text and not what it says; v0 and v01 are v1.
    private static bool SameBytes(string one, string other)
    {
        var buffer = new byte[other.Length + 3];
        var colon = other.IndexOf(':', Math.Min(7, other.Length));
        return other.StartsWith("vault:v", StringComparison.Ordinal)
            && colon > 7
            && int.TryParse(other.AsSpan(7, colon - 7), System.Globalization.NumberStyles.None, null, out var version) && version <= 1
            && Convert.TryFromBase64String(other[(colon + 1)..], buffer, out var length)
            && buffer.AsSpan(0, length).SequenceEqual(Convert.FromBase64String(one["vault:v1:".Length..]));
    }
}
