using System.Text;
using System.Text.Json;
using Kist.Api.Vault;
using Kist.Core.Pipeline;
using Kist.Core.Tokens;
using Kist.Crypto;

namespace Kist.Api.Tests.Vault;

/// <summary>How answers look in Vault's envelope.</summary>
public sealed class VaultJsonTests
{
    [Fact]
    public void A_login_that_waits_for_a_second_proof_shows_what_clients_look_for()
    {
        var requirement = new MfaRequirement(new SecretText("r"), [new MfaConstraint("all", [new MfaChoice("m", "app"), new MfaChoice("n", "")])]);
        var auth = Auth(new IssuedToken { ClientToken = new SecretText(""), EntityId = "e", MfaRequirement = requirement });
        Assert.Equal(
            """{"mfa_request_id":"r","mfa_constraints":{"all":{"any":[{"type":"totp","id":"m","uses_passcode":true,"name":"app"},"""
            + """{"type":"totp","id":"n","uses_passcode":true,"name":""}]}}}""",
            auth.GetProperty("mfa_requirement").GetRawText());
        Assert.Equal(("", "e"), (auth.GetProperty("client_token").GetString(), auth.GetProperty("entity_id").GetString()));
    }

    [Fact]
    public void A_token_needs_no_second_proof() =>
        Assert.Equal(JsonValueKind.Null, Auth(new IssuedToken { ClientToken = new SecretText("t") }).GetProperty("mfa_requirement").ValueKind);

    private static JsonElement Auth(IssuedToken token)
    {
        using var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes))
            VaultJson.WriteEnvelope(writer, "1", new Response { Auth = token });
        return JsonDocument.Parse(Encoding.UTF8.GetString(bytes.ToArray())).RootElement.GetProperty("auth");
    }
}
