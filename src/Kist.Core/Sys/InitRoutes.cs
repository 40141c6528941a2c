using System.ComponentModel;
using System.Text.Json.Serialization;
using Kist.Core.Pipeline;
using Kist.Core.Routing;
using Kist.Crypto;

namespace Kist.Core.Sys;

/// <summary>Tells whether the store is initialised.</summary>
public sealed record InitStatusResponse(bool Initialized);

/// <summary>Initialises the store.</summary>
public sealed record InitRequest
{
    /// <summary>Shares to split the root key into.</summary>
    [Description("Number of shares to split the root key into.")]
    public int? SecretShares { get; set; }

    /// <summary>Shares needed to unseal.</summary>
    [Description("Number of shares needed to unseal.")]
    public int? SecretThreshold { get; set; }

    /// <summary>Shares to split the recovery key into.</summary>
    [Description("With auto-unseal: number of shares to split the recovery key into.")]
    public int? RecoveryShares { get; set; }

    /// <summary>Recovery shares needed.</summary>
    [Description("With auto-unseal: number of recovery shares needed to authorise an operation.")]
    public int? RecoveryThreshold { get; set; }

    /// <summary>Sent by clients; not supported.</summary>
    [Description("Not supported; must be empty.")]
    public IReadOnlyList<string>? PgpKeys { get; set; }

    /// <summary>Sent by clients; not supported.</summary>
    [Description("Not supported; must be empty.")]
    public IReadOnlyList<string>? RecoveryPgpKeys { get; set; }

    /// <summary>Sent by clients; not supported.</summary>
    [Description("Not supported; must be empty.")]
    public string RootTokenPgpKey { get; set; } = "";

    /// <summary>Sent by clients; has no effect.</summary>
    [Description("Accepted for compatibility.")]
    public int? StoredShares { get; set; }
}

/// <summary>The new keys and root token, shown once.</summary>
public sealed record InitResponse
{
    /// <summary>Unseal shares, hexadecimal; empty with auto-unseal.</summary>
    public IReadOnlyList<SecretText> Keys { get; init; } = [];

    /// <summary>Unseal shares, base64; empty with auto-unseal.</summary>
    [JsonPropertyName("keys_base64")]
    public IReadOnlyList<SecretText> KeysBase64 { get; init; } = [];

    /// <summary>Recovery shares, hexadecimal, or null.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<SecretText>? RecoveryKeys { get; init; }

    /// <summary>Recovery shares, base64, or null.</summary>
    [JsonPropertyName("recovery_keys_base64")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<SecretText>? RecoveryKeysBase64 { get; init; }

    /// <summary>A root token; empty when none could be made.</summary>
    public required SecretText RootToken { get; init; }

    /// <summary>Set when something went wrong after the shares were made.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Warnings { get; init; }
}

/// <summary><c>sys/init</c>.</summary>
internal sealed class InitRoutes(Node node)
{
    private const string Incomplete =
        "The shares were made, but then the store failed; see the server's log. Keep them: there are no others. Once the store works again, unseal the server "
        + "and ask sys/init; if it says that the server is not initialised, throw them away and initialise again.";

    private const string NoRootToken = "No root token was made: once the server is unsealed, make one with these shares, with generate-root.";

    public void Add(RouteMap map)
    {
        map.Read<Nothing, InitStatusResponse>("init", StatusAsync, "Tell whether the store is initialised.")
            .AllowUnauthenticated().AllowSealed().Answers(ResponseShape.Bare);
        map.Write<InitRequest, InitResponse>("init", InitAsync, "Initialise the store; answers the key shares and a root token, once.")
            .AllowUnauthenticated().AllowSealed().Answers(ResponseShape.Bare);
    }

    private async ValueTask<Outcome<InitStatusResponse>> StatusAsync(Nothing request, RequestContext context, CancellationToken ct) =>
        new InitStatusResponse((await node.Seals.StatusAsync(ct)).Initialized);

    private async ValueTask<Outcome<InitResponse>> InitAsync(InitRequest request, RequestContext context, CancellationToken ct)
    {
        if (request.PgpKeys is { Count: > 0 } || request.RecoveryPgpKeys is { Count: > 0 } || request.RootTokenPgpKey.Length > 0)
            return Failure.Invalid("init.pgp", "encryption of shares with PGP keys is not supported; leave pgp_keys, recovery_pgp_keys and root_token_pgp_key out");
        var recovery = node.Seals.HasAutoSeal;
        var shares = (recovery ? request.RecoveryShares ?? request.SecretShares : request.SecretShares) ?? 5;
        var threshold = (recovery ? request.RecoveryThreshold ?? request.SecretThreshold : request.SecretThreshold) ?? Math.Min(3, shares);
        var made = await node.InitializeAsync(shares, threshold, rootTokenId: null, ct);
        if (!made.Succeeded)
            return made.Failure;
        node.Report(context.Request.Id, made.Value.Keys.Trouble);
        return Show(made.Value);
    }

    private static InitResponse Show(Initialization made)
    {
        var hex = made.Keys.Shares.Select(ShareText.Hex).ToList();
        var base64 = made.Keys.Shares.Select(ShareText.Base64).ToList();
        foreach (var share in made.Keys.Shares)
            share.Dispose();
        var recovery = made.Keys.AreRecoveryShares;
        string[] warnings = made.RootToken.Utf8.IsEmpty ? [Incomplete, NoRootToken] : [Incomplete];
        return new InitResponse
        {
            Keys = recovery ? [] : hex,
            KeysBase64 = recovery ? [] : base64,
            RecoveryKeys = recovery ? hex : null,
            RecoveryKeysBase64 = recovery ? base64 : null,
            RootToken = made.RootToken,
            Warnings = made.Keys.Trouble is null ? null : warnings,
        };
    }
}
