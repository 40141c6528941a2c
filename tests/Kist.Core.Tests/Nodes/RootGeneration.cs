using System.Text;
using System.Text.Json;
using Kist.Core.Pipeline;
using Kist.Crypto;

namespace Kist.Core.Tests.Nodes;

/// <summary>Operators who make a root token together, through <c>sys/generate-root</c>.</summary>
public sealed class RootGeneration(TestNode node, string root = "sys/generate-root")
{
    /// <summary>What only the one who started has.</summary>
    public string Pad { get; private set; } = "";

    /// <summary>Names the attempt.</summary>
    public string Nonce { get; private set; } = "";

    /// <summary>Starts with a pad that the server makes.</summary>
    public async Task<JsonElement> StartAsync(string body = "")
    {
        var started = (await node.WriteAsync(root + "/attempt", body).Ok()).Json();
        (Pad, Nonce) = (started.Text("otp"), started.Text("nonce"));
        return started;
    }

    /// <summary>Gives a share to the attempt.</summary>
    public Task<Response> GiveAsync(string share, string? nonce = null) =>
        node.WriteAsync(root + "/update", $$"""{"key":"{{share}}","nonce":"{{nonce ?? Nonce}}"}""");

    /// <summary>From the start to the token.</summary>
    public async Task<SecretText> RunAsync(params string[] shares)
    {
        await StartAsync();
        JsonElement answer = default;
        foreach (var share in shares)
            answer = (await GiveAsync(share).Ok()).Json();
        Assert.True(answer.GetProperty("complete").GetBoolean());
        return Decode(answer.Text("encoded_token"), Pad);
    }

    /// <summary>Takes the pad off.</summary>
    public static SecretText Decode(string encoded, string pad)
    {
        var bytes = Convert.FromBase64String(encoded + new string('=', (4 - (encoded.Length % 4)) % 4));
        for (var i = 0; i < bytes.Length; i++)
            bytes[i] ^= Encoding.ASCII.GetBytes(pad)[i];
        return new SecretText(bytes);
    }
}
