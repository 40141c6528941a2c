using System.Text.Json.Nodes;
using Kist.Core.Pipeline;
using Kist.Engines.Transit.Data;

namespace Kist.Engines.Tests.Transit.Data;

public sealed class BatchTests
{
    [Fact]
    public async Task A_batch_is_answered_in_order_with_references()
    {
        using var host = await WithKeyAsync();
        const string items = """[{"plaintext":"YQ==","reference":"first"},{"plaintext":"","associated_data":"YQ=="},{"plaintext":"Yg==","key_version":"1"}]""";
        var encrypted = await host.WriteAsync("encrypt/k", $$"""{"batch_input":{{items}}}""").Ok();
        Assert.Equal(["first", "", ""], encrypted.Results.Select(result => result!["reference"]!.GetValue<string>()));
        Assert.Null(encrypted.Body!["ciphertext"]);
        var back = new JsonArray([.. encrypted.Results.Select((result, i) => new JsonObject
        {
            ["ciphertext"] = result!["ciphertext"]!.DeepClone(),
            ["associated_data"] = i == 1 ? "YQ==" : null,
            ["reference"] = i,
        })]);
        var decrypted = await host.WriteAsync("decrypt/k", new JsonObject { ["batch_input"] = back }.ToJsonString()).Ok();
        Assert.Equal(
            """[{"plaintext":"YQ==","reference":"0"},{"plaintext":"","reference":"1"},{"plaintext":"Yg==","reference":"2"}]""",
            decrypted.Results.ToJsonString());
    }

    [Fact]
    public async Task Items_that_fail_say_why_and_the_others_succeed()
    {
        using var host = await WithKeyAsync();
        const string items = """
            [{"plaintext":"YQ=="},{"plaintext":"%"},{"plaintext":"YQ==","key_version":7},{"plaintext":"YQ==","nonce":"YQ=="},{"plaintext":"YQ==","associated_data":"%"}]
            """;
        var encrypted = await host.WriteAsync("encrypt/k", $$"""{"batch_input":{{items}}}""").Is("partial");
        Assert.Equal(new PartialFailure(null), encrypted.PartialFailure);
        Assert.Equal(
            [
                null,
                "field \"plaintext\": expected standard base64 with padding",
                "requested version for encryption is higher than the latest key version",
                "nonce provided when not allowed: the server chooses it",
                "field \"associated_data\": expected standard base64 with padding",
            ],
            encrypted.Results.Select(result => result!["error"]?.GetValue<string>()));
        Assert.NotNull(encrypted.Results[0]!["ciphertext"]);
        Assert.Null(encrypted.Results[1]!["ciphertext"]);
        Assert.Null(encrypted.Results[1]!["key_version"]);
    }

    [Fact]
    public async Task Ciphertexts_that_fail_say_why_and_the_others_succeed()
    {
        using var host = await WithKeyAsync();
        var good = (await host.EncryptAsync("k", "x").Ok()).Ciphertext;
        var bad = good[..^4] + (good[^4] == 'A' ? 'B' : 'A') + good[^3..];
        var items = $$"""[{"ciphertext":"{{good}}"},{"ciphertext":""},{"ciphertext":"{{bad}}"},{"ciphertext":"what"}]""";
        var decrypted = await host.WriteAsync("decrypt/k", $$"""{"batch_input":{{items}}}""").Is("partial");
        Assert.Equal(
            """[{"plaintext":"eA==","reference":""},{"plaintext":"","error":"missing ciphertext to decrypt","reference":""},""" +
            """{"plaintext":"","error":"cipher: message authentication failed","reference":""},""" +
            """{"plaintext":"","error":"invalid ciphertext: no prefix","reference":""}]""",
            decrypted.Results.ToJsonString());

        // A rewrap with faulty items is a success, as in Vault.
        var rewrapped = await host.WriteAsync("rewrap/k", $$"""{"batch_input":{{items}}}""").Ok();
        Assert.Equal([true, false, false, false], rewrapped.Results.Select(result => result!["ciphertext"] is not null));
        Assert.Equal("cipher: message authentication failed", rewrapped.Results[2]!["error"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("202", 202, false)]
    [InlineData("\"207\"", 207, false)]
    [InlineData("0", null, true)]
    [InlineData("100", null, true)]
    [InlineData("204", null, true)]
    [InlineData("600", null, true)]
    public async Task A_client_may_choose_the_code_for_a_batch_of_which_only_parts_fail(string code, int? expected, bool warned)
    {
        using var host = await WithKeyAsync();
        var answer = await host.WriteAsync(
            "encrypt/k", $$"""{"batch_input":[{"plaintext":"YQ=="},{"plaintext":"%"}],"partial_failure_response_code":{{code}}}""").Is("partial");
        Assert.Equal(new PartialFailure(expected), answer.PartialFailure);
        Assert.Equal(warned ? 1 : 0, answer.Warnings.Count);
        var none = await host.WriteAsync(
            "encrypt/k", $$"""{"batch_input":[{"plaintext":"%"}],"partial_failure_response_code":{{code}}}""").Is("partial");
        Assert.Equal(new PartialFailure(null), none.PartialFailure);
        var all = await host.WriteAsync("encrypt/k", $$"""{"batch_input":[{"plaintext":"YQ=="}],"partial_failure_response_code":{{code}}}""").Ok();
        Assert.Empty(all.Warnings);
    }

    [Theory]
    [InlineData("encrypt", "[]", "missing batch input to process")]
    [InlineData("encrypt", """[{"plaintext":"YQ=="},{}]""", "failed to parse batch input: item 1: missing plaintext to encrypt")]
    [InlineData("encrypt", """[{"plaintext":"YQ=="},null]""", "failed to parse batch input: item 1: missing plaintext to encrypt")]
    [InlineData("decrypt", """[{"plaintext":"YQ=="}]""", "failed to parse batch input: item 0: missing ciphertext to decrypt")]
    [InlineData(
        "encrypt", """[{"plaintext":"YQ==","context":"YQ=="},{"plaintext":"YQ=="}]""", "context should be set either in all the request blocks or in none")]
    [InlineData("encrypt", "\"text\"", "field \"batch_input\": expected a list of objects")]
    [InlineData("encrypt", "[1]", "field \"batch_input[0]\": expected another type")]
    [InlineData("encrypt", """[{"plaintext":[]}]""", "field \"batch_input[0].plaintext\": expected a string")]
    [InlineData("encrypt", """[{"plaintext":"YQ==","key_version":"one"}]""", "field \"batch_input[0].key_version\": expected a whole number")]
    public async Task A_malformed_batch_is_refused_whole(string path, string items, string message)
    {
        using var host = await WithKeyAsync();
        var refused = await host.WriteAsync($"{path}/k", $$"""{"batch_input":{{items}}}""");
        Assert.Equal(message, refused.Failure?.Message);
    }

    // As in Vault, where decrypt refuses the batch and rewrap does not.
    [Fact]
    public async Task A_rewrap_of_items_without_ciphertexts_does_the_others()
    {
        using var host = await WithKeyAsync();
        var good = (await host.EncryptAsync("k", "x").Ok()).Ciphertext;
        var items = $$"""[{},{"ciphertext":"{{good}}","reference":"r"},null,{"ciphertext":null,"reference":"n"}]""";
        var rewrapped = await host.WriteAsync("rewrap/k", $$"""{"batch_input":{{items}}}""").Ok();
        Assert.Equal(
            ["missing ciphertext to decrypt", null, "missing ciphertext to decrypt", "missing ciphertext to decrypt"],
            rewrapped.Results.Select(result => result!["error"]?.GetValue<string>()));
        Assert.Equal(["", "r", "", "n"], rewrapped.Results.Select(result => result!["reference"]!.GetValue<string>()));
        Assert.NotNull(rewrapped.Results[1]!["ciphertext"]);
    }

    [Fact]
    public async Task A_batch_has_a_largest_size()
    {
        using var host = await WithKeyAsync();
        var full = string.Join(',', Enumerable.Repeat("""{"plaintext":"YQ=="}""", Batch.MostItems));
        Assert.Equal(Batch.MostItems, (await host.WriteAsync("encrypt/k", $$"""{"batch_input":[{{full}}]}""").Ok()).Results.Count);
        await host.WriteAsync("encrypt/k", $$"""{"batch_input":[{{full}},{"plaintext":"YQ=="}]}""").Is("transit.batch_too_large");
    }

    [Fact]
    public async Task The_fields_of_a_single_text_count_for_nothing_beside_a_batch()
    {
        using var host = await WithKeyAsync();
        var encrypted = await host.WriteAsync("encrypt/k", """{"plaintext":"%","context":"%","batch_input":[{"plaintext":"YQ=="}]}""").Ok();
        Assert.Single(encrypted.Results);
    }

    [Fact]
    public async Task A_batch_makes_a_key_with_those_of_its_items_that_can_be_encrypted()
    {
        using var host = await TransitHost.StartAsync();
        var items = """[{"plaintext":"YQ==","context":"YQ=="},{"plaintext":"%","context":"YQ=="}]""";
        var encrypted = await host.WriteAsync("encrypt/new", $$"""{"batch_input":{{items}}}""").Is("partial");
        await host.DecryptAsync("new", encrypted.Results[0]!["ciphertext"]!.GetValue<string>(), "\"context\":\"YQ==\"").Ok();
    }

    private static async Task<TransitHost> WithKeyAsync()
    {
        var host = await TransitHost.StartAsync();
        await host.WriteAsync("keys/k").Ok();
        return host;
    }
}
