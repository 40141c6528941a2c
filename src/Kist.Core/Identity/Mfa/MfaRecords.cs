using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Kist.Core.Barrier;
using Kist.Core.Identity.Stored;

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

    /// <summary>Pixels of a barcode; kept for clients that ask, since none is drawn.</summary>
    public int QrSize { get; init; } = 200;
}

/// <summary>
/// What an entity's app and this server share, and how it was used. How the app makes its codes is kept as it was told at its enrolment: it does not
/// learn of later settings of the method.
/// </summary>
internal sealed record MfaSecretRecord
{
    /// <summary>Version of this record's layout; 1.</summary>
    public int Schema { get; init; } = 1;

    public required byte[] Secret { get; init; }

    public required int PeriodSeconds { get; init; }

    public required string Algorithm { get; init; }

    public required int Digits { get; init; }

    /// <summary>See <see cref="MfaMethodRecord.Skew"/>.</summary>
    public required int Skew { get; init; }

    /// <summary>The period of the last code that was taken: no code of it or of an earlier one is taken again.</summary>
    public long LastStep { get; init; }

    /// <summary>Wrong codes since the last right one.</summary>
    public int Failures { get; init; }

    /// <summary>No code is looked at before.</summary>
    public DateTimeOffset BlockedUntil { get; init; }
}

/// <summary>The logins of an entity that have waited and got their token, as long as somebody could send them once more.</summary>
internal sealed record MfaCompletedRecord
{
    /// <summary>Version of this record's layout; 1.</summary>
    public int Schema { get; init; } = 1;

    public IReadOnlyList<MfaCompleted> Items { get; init; } = [];
}

/// <summary>A login that was completed.</summary>
/// <param name="Id">See <see cref="PendingLogin.Id"/>.</param>
/// <param name="Until">From then on it is refused for its age.</param>
internal sealed record MfaCompleted(string Id, DateTimeOffset Until);

/// <summary>Who must prove more at a login.</summary>
internal sealed record MfaEnforcement
{
    public required string Id { get; init; }

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
/// Where the second proofs of logins lie.
/// <code>
/// identity/mfa/method/ID                 a method
/// identity/mfa/method-name/NAME          → method
/// identity/mfa/enforcements              all enforcements
/// identity/mfa/secret/ENTITY/METHOD      what an app shares with this server
/// identity/mfa/secret/ENTITY/completed   logins that waited and are completed
/// </code>
/// </summary>
internal sealed class MfaRecords(StorageView root)
{
    public const string EnforcementsName = "enforcements";
    public const string CompletedName = "completed";

    public StorageView Root => root;

    public StorageView Methods { get; } = root.Folder("method/");

    public StorageView MethodNames { get; } = root.Folder("method-name/");

    public StorageView Secrets { get; } = root.Folder("secret/");

    public StorageView SecretsOf(string entity) => Secrets.Folder(entity + "/");

    public ValueTask<StoredRecord<MfaEnforcementsRecord>?> ReadEnforcementsAsync(CancellationToken cancellationToken) =>
        Root.ReadRecordAsync(EnforcementsName, MfaJson.Enforcements, cancellationToken);

    public ValueTask<StoredRecord<MfaMethodRecord>?> ReadMethodAsync(string? id, CancellationToken cancellationToken) =>
        IdentityRecords.IsId(id) ? Methods.ReadRecordAsync(id!, MfaJson.Method, cancellationToken) : default;
}

[JsonSerializable(typeof(MfaMethodRecord))]
[JsonSerializable(typeof(MfaSecretRecord))]
[JsonSerializable(typeof(MfaCompletedRecord))]
[JsonSerializable(typeof(MfaEnforcementsRecord))]
[JsonSerializable(typeof(PendingLogin))]
internal sealed partial class MfaJson : JsonSerializerContext
{
    private static readonly MfaJson Snake = new(new JsonSerializerOptions { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower });

    public static JsonTypeInfo<MfaMethodRecord> Method => Snake.MfaMethodRecord;

    public static JsonTypeInfo<MfaSecretRecord> Secret => Snake.MfaSecretRecord;

    public static JsonTypeInfo<MfaCompletedRecord> Completed => Snake.MfaCompletedRecord;

    public static JsonTypeInfo<MfaEnforcementsRecord> Enforcements => Snake.MfaEnforcementsRecord;

    public static JsonTypeInfo<PendingLogin> Pending => Snake.PendingLogin;
}
