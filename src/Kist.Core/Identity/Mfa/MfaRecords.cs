using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Kist.Core.Barrier;
using Kist.Core.Logins;

namespace Kist.Core.Identity.Mfa;

/// <summary>A way to prove a second thing, as stored: codes by time.</summary>
internal sealed record MfaMethodRecord
{
    /// <summary>Version of this record's layout; 1.</summary>
    public int Schema { get; init; } = 1;

    public required string Id { get; init; }

    public string Name { get; init; } = "";

    /// <summary>Shown by authenticator apps.</summary>
    public string Issuer { get; init; } = "";

    public int PeriodSeconds { get; init; } = 30;

    public int KeySize { get; init; } = 20;

    public string Algorithm { get; init; } = "SHA1";

    public int Digits { get; init; } = 6;

    /// <summary>How many periods before and after now count as well: 0 or 1.</summary>
    public int Skew { get; init; } = 1;

    /// <summary>Wrong codes in a row, after which none is looked at for a time.</summary>
    public int MaxValidationAttempts { get; init; } = 5;
}

/// <summary>What an entity's app and this server share, and how it was used.</summary>
internal sealed record MfaSecretRecord
{
    /// <summary>Version of this record's layout; 1.</summary>
    public int Schema { get; init; } = 1;

    public required byte[] Secret { get; init; }

    /// <summary>The period of the last code that was taken: no code of it or of an earlier one is taken again.</summary>
    public long LastStep { get; init; }

    /// <summary>Wrong codes since the last right one.</summary>
    public int Failures { get; init; }

    /// <summary>No code is looked at before.</summary>
    public DateTimeOffset BlockedUntil { get; init; }
}

/// <summary>Who must prove more at a login.</summary>
internal sealed record MfaEnforcement
{
    public required string Name { get; init; }

    /// <summary>One of them is enough.</summary>
    public IReadOnlyList<string> MethodIds { get; init; } = [];

    /// <summary>Logins by mounts with these accessors.</summary>
    public IReadOnlyList<string> Accessors { get; init; } = [];

    /// <summary>Logins by methods of these types.</summary>
    public IReadOnlyList<string> Types { get; init; } = [];

    /// <summary>Logins of members of these groups, direct or not.</summary>
    public IReadOnlyList<string> GroupIds { get; init; } = [];

    /// <summary>Logins of these entities.</summary>
    public IReadOnlyList<string> EntityIds { get; init; } = [];
}

/// <summary>
/// All enforcements: one record, so that a login finds them by one look. Present from the start, since absence cannot be remembered.
/// </summary>
internal sealed record MfaEnforcementsRecord
{
    /// <summary>Version of this record's layout; 1.</summary>
    public int Schema { get; init; } = 1;

    public IReadOnlyList<MfaEnforcement> Items { get; init; } = [];
}

/// <summary>
/// A login that lacks a second proof. The client carries it, encrypted, so that logins which nobody completes leave nothing behind, and any node
/// completes it.
/// </summary>
internal sealed record PendingLogin
{
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

/// <summary>
/// Where the second proofs of logins lie.
/// <code>
/// identity/mfa/method/ID              a method
/// identity/mfa/enforcements           all enforcements
/// identity/mfa/secret/ENTITY/METHOD   what an app shares with this server
/// </code>
/// </summary>
internal sealed class MfaRecords(StorageView root)
{
    public const string EnforcementsName = "enforcements";

    public StorageView Root => root;

    public StorageView Methods { get; } = root.Folder("method/");

    public StorageView Secrets { get; } = root.Folder("secret/");

    public StorageView SecretsOf(string entity) => Secrets.Folder(entity + "/");
}

[JsonSerializable(typeof(MfaMethodRecord))]
[JsonSerializable(typeof(MfaSecretRecord))]
[JsonSerializable(typeof(MfaEnforcementsRecord))]
[JsonSerializable(typeof(PendingLogin))]
internal sealed partial class MfaJson : JsonSerializerContext
{
    private static readonly MfaJson Snake = new(new JsonSerializerOptions { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower });

    public static JsonTypeInfo<MfaMethodRecord> Method => Snake.MfaMethodRecord;

    public static JsonTypeInfo<MfaSecretRecord> Secret => Snake.MfaSecretRecord;

    public static JsonTypeInfo<MfaEnforcementsRecord> Enforcements => Snake.MfaEnforcementsRecord;

    public static JsonTypeInfo<PendingLogin> Pending => Snake.PendingLogin;
}
