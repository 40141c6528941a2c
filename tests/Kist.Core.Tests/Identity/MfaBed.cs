using System.Text.Json;
using Kist.Core.Identity.Mfa;
using Kist.Core.Pipeline;
using Kist.Core.Tests.Nodes;
using Kist.Core.Tokens;
using Kist.Crypto;

namespace Kist.Core.Tests.Identity;

/// <summary>Two nodes, on which Bob has an app for the method <c>app</c>, and each login at <c>auth/call/</c> must prove more.</summary>
internal sealed class MfaBed : IAsyncDisposable
{
    public static readonly SecretText Nobody = new("");

    private MfaBed(IdentityBed bed) => Bed = bed;

    public IdentityBed Bed { get; }

    /// <summary>Bob's.</summary>
    public string Entity { get; private set; } = "";

    public string Method { get; private set; } = "";

    /// <summary>What Bob's app has.</summary>
    public byte[] Secret { get; private set; } = [];

    public static async Task<MfaBed> CreateAsync()
    {
        var bed = new MfaBed(await IdentityBed.CreateAsync());
        bed.Entity = (await bed.Bed.LoginAsync("bob")).EntityId;
        bed.Method = await bed.MethodAsync("app");
        var url = await bed.EnrolAsync(bed.Method, bed.Entity);
        Assert.StartsWith($"otpauth://totp/Kist:{bed.Entity}?algorithm=SHA1&digits=6&issuer=Kist&period=30&secret=", url, StringComparison.Ordinal);
        bed.Secret = SecretOf(url);
        await bed.EnforceAsync("all", $$"""{"mfa_method_ids":"{{bed.Method}}","auth_method_accessors":"{{bed.Bed.Accessor}}"}""");
        return bed;
    }

    public async Task<string> MethodAsync(string name) =>
        (await Bed.WriteAsync("mfa/method/totp", $$"""{"issuer":"Kist","method_name":"{{name}}"}""").Ok()).Json().Text("method_id");

    /// <summary>Writes an enforcement, as both nodes know then.</summary>
    public async Task EnforceAsync(string name, string body)
    {
        await Bed.WriteAsync("mfa/login-enforcement/" + name, body).Ok();
        await Bed.AtOtherAsync(Operation.Read, "identity/mfa/login-enforcement/" + name).Ok();
    }

    /// <summary>The URL for an entity's app.</summary>
    public async Task<string> EnrolAsync(string method, string entity) => (await Bed.WriteAsync(
        "mfa/method/totp/admin-generate", $$"""{"method_id":"{{method}}","entity_id":"{{entity}}"}""").Ok()).Json().Text("url");

    /// <summary>A login that waits: its id, and what it was answered.</summary>
    public async Task<(string Id, IssuedToken Answer)> SuspendedAsync(string name = "bob", string more = "", string path = "call")
    {
        var answer = await Bed.LoginAtAsync(path, name, more);
        Assert.NotNull(answer.MfaRequirement);
        return (answer.MfaRequirement.RequestId.Reveal(), answer);
    }

    public Task<Response> ProveAsync(string id, string code, TestNode? at = null, string? name = null) => ProveAsync(id, at, (name ?? Method, code));

    public Task<Response> ProveAsync(string id, TestNode? at, params (string Method, string Code)[] codes) => (at ?? Bed.Node).WriteAsync(
        "sys/mfa/validate",
        JsonSerializer.Serialize(new { mfa_request_id = id, mfa_payload = codes.ToDictionary(c => c.Method, c => (string[])[c.Code]) }),
        Nobody);

    public async Task<Response> WithHeaderAsync(string value) => await Bed.Node.Node.Pipeline.HandleAsync(
        new Request
        {
            Id = "1",
            Path = "auth/call/login",
            Operation = Operation.Update,
            Body = """{"name":"bob"}"""u8.ToArray(),
            Header = name => string.Equals(name, "X-Vault-MFA", StringComparison.OrdinalIgnoreCase) ? value : null,
        },
        default);

    /// <summary>What an app shows now, or some periods later. The skew of one period lets it count although a period ends meanwhile.</summary>
    public string Code(int ahead = 0, byte[]? secret = null) =>
        Totp.Code(secret ?? Secret, Totp.StepAt(TimeProvider.System.GetUtcNow(), 30) + ahead, "SHA1", 6);

    /// <summary>The secret in an app's URL.</summary>
    public static byte[] SecretOf(string url)
    {
        var bytes = new List<byte>();
        var buffer = 0;
        var bits = 0;
        foreach (var c in url[(url.LastIndexOf('=') + 1)..])
        {
            buffer = (buffer << 5) | "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".IndexOf(c, StringComparison.Ordinal);
            bits += 5;
            if (bits < 8)
                continue;
            bits -= 8;
            bytes.Add((byte)(buffer >> bits));
            buffer &= (1 << bits) - 1;
        }
        return [.. bytes];
    }

    public ValueTask DisposeAsync() => Bed.DisposeAsync();
}
