using System.Security.Cryptography;
using Kist.Core.Storage;

namespace Kist.Core.Tests.Nodes;

/// <summary><c>sys/tools/hash</c> and <c>sys/tools/random</c>.</summary>
public sealed class ToolRoutesTests : IAsyncLifetime
{
    // "abc"; the sums are those of FIPS 180-4 and FIPS 202.
    private const string Input = "YWJj";

    private readonly MemoryStore store = new();
    private TestNode node = null!;

    public static TheoryData<string, string> Sums => new()
    {
        { "sha2-256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
        { "sha2-384", "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7" },
        {
            "sha2-512",
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
        },
        { "sha3-256", "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532" },
        { "sha3-384", "ec01498288516fc926459f58e2c6ad8df9b473cb0fc08c2596da7cf0e49be4b298d88cea927ac7f539f1edf228376d25" },
        {
            "sha3-512",
            "b751850b1a57168a5693cd924b6b096e08f621827444f70d884f5d0240d2712e10e116e9192af3c91a7ec57647e3934057340b4cf408d5a56592f8274eec53f0"
        },
    };

    public async Task InitializeAsync() => node = await TestNode.CreateAsync(store);

    public async Task DisposeAsync()
    {
        await node.DisposeAsync();
        await store.DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(Sums))]
    public async Task Every_algorithm_gives_the_standards_sum(string algorithm, string sum)
    {
        if (algorithm.StartsWith("sha3", StringComparison.Ordinal) && !SHA3_256.IsSupported)
        {
            await node.WriteAsync("sys/tools/hash/" + algorithm, $$"""{"input":"{{Input}}"}""").Fails(FailureKind.Invalid);
            return;
        }
        Assert.Equal(sum, await SumAsync("sys/tools/hash/" + algorithm, $$"""{"input":"{{Input}}"}"""));
        Assert.Equal(sum, await SumAsync("sys/tools/hash", $$"""{"input":"{{Input}}","algorithm":"{{algorithm}}","format":"hex"}"""));
        var base64 = await SumAsync("sys/tools/hash", $$"""{"input":"{{Input}}","algorithm":"{{algorithm}}","format":"base64"}""");
        Assert.Equal(sum, Convert.ToHexStringLower(Convert.FromBase64String(base64)));
    }

    [Fact]
    public async Task Hashes_are_sha2_256_in_hex_unless_asked_otherwise_and_an_empty_input_has_one()
    {
        Assert.Equal("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", await SumAsync("sys/tools/hash", $$"""{"input":"{{Input}}"}"""));
        Assert.Equal("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", await SumAsync("sys/tools/hash", """{"input":""}"""));
    }

    [Theory]
    [InlineData("sha2-224")]
    [InlineData("sha3-224")]
    [InlineData("md5")]
    [InlineData("SHA2-256")]
    public async Task An_algorithm_that_is_lacking_is_told_with_those_that_are_not(string algorithm)
    {
        var message = (await node.WriteAsync("sys/tools/hash/" + algorithm, $$"""{"input":"{{Input}}"}""").Fails(FailureKind.Invalid)).Message;
        Assert.Contains($"\"{algorithm}\"", message, StringComparison.Ordinal);
        Assert.Contains("sha2-256, sha2-384, sha2-512", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{}", "\"input\" is required")]
    [InlineData("""{"input":null}""", "\"input\" is required")]
    [InlineData("""{"input":"planted!"}""", "base64")]
    [InlineData("""{"input":"YWJj","format":"base32"}""", "\"base32\"")]
    [InlineData("""{"input":["YWJj"]}""", "\"input\"")]
    public async Task Faulty_requests_for_a_hash_are_told_what_is_wrong(string body, string told)
    {
        var message = (await node.WriteAsync("sys/tools/hash", body).Fails(FailureKind.Invalid)).Message;
        Assert.Contains(told, message, StringComparison.Ordinal);
        Assert.DoesNotContain("planted", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("sys/tools/random", "", 32)]
    [InlineData("sys/tools/random", """{"bytes":1}""", 1)]
    [InlineData("sys/tools/random", """{"bytes":"131072"}""", 131072)]
    [InlineData("sys/tools/random/16", "", 16)]
    [InlineData("sys/tools/random/seal", """{"bytes":8}""", 8)]
    [InlineData("sys/tools/random/platform/24", "", 24)]
    [InlineData("sys/tools/random/all/24", """{"source":"seal"}""", 24)]
    public async Task So_many_random_bytes_are_answered_as_are_asked_for(string path, string body, int bytes)
    {
        var first = Convert.FromBase64String((await node.WriteAsync(path, body)).Json().Text("random_bytes"));
        Assert.Equal(bytes, first.Length);
        if (bytes >= 8)
            Assert.NotEqual(first, Convert.FromBase64String((await node.WriteAsync(path, body)).Json().Text("random_bytes")));
    }

    [Fact]
    public async Task Random_bytes_come_in_hex_too() =>
        Assert.Matches("^[0-9a-f]{20}$", (await node.WriteAsync("sys/tools/random/10", """{"format":"hex"}""")).Json().Text("random_bytes"));

    [Theory]
    [InlineData("sys/tools/random/0", "", "bytes")]
    [InlineData("sys/tools/random/-1", "", "bytes")]
    [InlineData("sys/tools/random/131073", "", "131072")]
    [InlineData("sys/tools/random/many", "", "bytes")]
    [InlineData("sys/tools/random/99999999999", "", "bytes")]
    [InlineData("sys/tools/random", """{"format":"binary"}""", "\"binary\"")]
    [InlineData("sys/tools/random", """{"source":"dice"}""", "\"dice\"")]
    public async Task Faulty_requests_for_randomness_are_told_what_is_wrong(string path, string body, string told) =>
        Assert.Contains(told, (await node.WriteAsync(path, body).Fails(FailureKind.Invalid)).Message, StringComparison.Ordinal);

    private async Task<string> SumAsync(string path, string body) => (await node.WriteAsync(path, body)).Json().Text("sum");
}
