using System.Buffers.Text;
using System.Text.Json;
using Kist.Core.Barrier;
using Kist.Core.Identity.Stored;
using Kist.Core.Logins;
using Kist.Crypto;
using Kist.Crypto.Jose;

namespace Kist.Core.Identity.Mfa;

/// <summary>
/// A login that lacks a second proof. The client carries it, encrypted, so that logins which nobody completes leave nothing behind, and any node
/// completes it.
/// </summary>
internal sealed record PendingLogin
{
    /// <summary>Random, so that each is completed once.</summary>
    public string Id { get; init; } = "";

    /// <summary>The namespace that the token is for.</summary>
    public required ulong Namespace { get; init; }

    public required ulong Mount { get; init; }

    public required string EntityId { get; init; }

    public required string Path { get; init; }

    public required string Role { get; init; }

    public required TokenSettings Token { get; init; }

    public required IReadOnlyList<string> Policies { get; init; }

    public required string DisplayName { get; init; }

    public required IReadOnlyDictionary<string, string> Metadata { get; init; }

    public DateTimeOffset Until { get; init; }
}

/// <summary>Lets clients keep logins that lack a second proof.</summary>
internal sealed class PendingLogins(BarrierStore barrier, TimeProvider clock)
{
    private const string Purpose = "mfa-request";
    private const int MostIdBytes = 64 * 1024;

    // How long a client has for the second proof.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private static readonly Failure TooLarge = new(
        FailureKind.TooLarge,
        "mfa.login_too_large",
        "the login has too many policies or too much metadata to wait for a second proof: send the code with it, in the header X-Vault-MFA");

    /// <summary>One answer for an id that is none, and for a login that is too late, completed, or in need of no second proof any more.</summary>
    public static Failure None { get; } = Failure.Invalid("mfa.no_request", "invalid or expired mfa_request_id: log in again");

    /// <summary>The id by which a client completes a login.</summary>
    public async ValueTask<Outcome<SecretText>> SuspendAsync(PendingLogin login, CancellationToken cancellationToken)
    {
        var waiting = login with { Id = IdentityRecords.NewId(), Until = clock.GetUtcNow() + Patience };
        var plain = JsonSerializer.SerializeToUtf8Bytes(waiting, MfaJson.Pending);
        var id = Base64Url.EncodeToUtf8(await barrier.EncryptTokenAsync(plain, Purpose, cancellationToken));
        return id.Length <= MostIdBytes ? new SecretText(id) : TooLarge;
    }

    /// <summary>The login that a client completes; null when the id is none, or too late.</summary>
    public async ValueTask<PendingLogin?> ResumeAsync(SecretText id, CancellationToken cancellationToken)
    {
        if (id.Utf8.Length is 0 or > MostIdBytes || Base64UrlText.TryDecode(id.Utf8) is not { } cipher)
            return null;
        var plain = await barrier.TryDecryptTokenAsync(cipher, Purpose, cancellationToken);
        return plain is not null && JsonSerializer.Deserialize(plain, MfaJson.Pending) is { } login && clock.GetUtcNow() < login.Until ? login : null;
    }
}
