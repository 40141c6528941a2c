using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Kist.Core.Barrier;

namespace Kist.Core.Identity.Oidc;

/// <summary>
/// A named key as stored, with the public halves. The private half of a version lies in an entry of its own, as long as it may sign.
/// </summary>
internal sealed record OidcKeyRecord
{
    /// <summary>Version of this record's layout; 1.</summary>
    public int Schema { get; init; } = 1;

    public required string Algorithm { get; init; }

    public TimeSpan RotationPeriod { get; init; }

    /// <summary>How long a version is published after it has signed its last token; no token lives longer.</summary>
    public TimeSpan VerificationTtl { get; init; }

    /// <summary>Client ids of the roles that may use the key; <c>*</c> for all.</summary>
    public IReadOnlyList<string> AllowedClientIds { get; init; } = [];

    public DateTimeOffset RotatesAt { get; init; }

    /// <summary>Signs.</summary>
    public required OidcKeyVersion Current { get; init; }

    /// <summary>Signs from the next rotation on. It is published before, since verifiers keep what they have read for a time.</summary>
    public required OidcKeyVersion Next { get; init; }

    /// <summary>Verify what they have signed.</summary>
    public IReadOnlyList<OidcKeyVersion> Former { get; init; } = [];
}

/// <summary>A version of a key.</summary>
/// <param name="Id">The <c>kid</c>.</param>
/// <param name="Algorithm">The key's when it was made.</param>
/// <param name="PublicKey">SubjectPublicKeyInfo in DER.</param>
/// <param name="Until">Until when a former version is published; null for the others.</param>
internal sealed record OidcKeyVersion(string Id, string Algorithm, byte[] PublicKey, DateTimeOffset? Until);

/// <summary>A role as stored: what tokens it makes.</summary>
internal sealed record OidcRoleRecord
{
    /// <summary>Version of this record's layout; 1.</summary>
    public int Schema { get; init; } = 1;

    public required string Key { get; init; }

    /// <summary>Claims as JSON with templates; empty for none.</summary>
    public string Template { get; init; } = "";

    public required string ClientId { get; init; }

    public TimeSpan Ttl { get; init; }
}

/// <summary>The settings of identity tokens.</summary>
internal sealed record OidcConfigRecord
{
    /// <summary>Version of this record's layout; 1.</summary>
    public int Schema { get; init; } = 1;

    /// <summary>Empty for the server's own address.</summary>
    public string Issuer { get; init; } = "";
}

/// <summary>
/// Written with each change of a key: its revision tells nodes that the keys which they know are old. And when a role begins to use a key, so that
/// nobody deletes it meanwhile. Present from the start, since absence cannot be remembered.
/// </summary>
internal sealed record OidcStamp
{
    /// <summary>Version of this record's layout; 1.</summary>
    public int Schema { get; init; } = 1;
}

/// <summary>
/// Where identity tokens' keys and roles lie.
/// <code>
/// identity/oidc/config               the settings
/// identity/oidc/stamp                see <see cref="OidcStamp"/>
/// identity/oidc/key/NAME             a key, without its private halves
/// identity/oidc/private/NAME/ID      the private half of a version, PKCS #8
/// identity/oidc/role/NAME            a role
/// </code>
/// </summary>
internal sealed class OidcRecords
{
    public const string Stamp = "stamp";
    public const string Config = "config";

    public OidcRecords(StorageView root)
    {
        Root = root;
        Keys = root.Folder("key/");
        Roles = root.Folder("role/");
        Private = root.Folder("private/");
    }

    public StorageView Root { get; }

    public StorageView Keys { get; }

    public StorageView Roles { get; }

    public StorageView Private { get; }

    /// <summary>Writes the settings and the stamp where they are absent.</summary>
    public async Task SetUpAsync(CancellationToken cancellationToken)
    {
        var change = Root.Begin();
        if (await Root.ReadRecordAsync(Config, OidcJson.Settings, cancellationToken) is null)
            change.Require(Root, Config, 0).Put(Root, Config, new OidcConfigRecord(), OidcJson.Settings);
        if (await Root.ReadRecordAsync(Stamp, OidcJson.StampType, cancellationToken) is null)
            change.Require(Root, Stamp, 0).Put(Root, Stamp, new OidcStamp(), OidcJson.StampType);
        // A conflict means that another node was first.
        if (change.Changes.Count > 0)
            _ = await change.CommitAsync(cancellationToken);
    }

    /// <summary>Letters, digits, <c>_</c>, and between them <c>-</c> and <c>.</c>, as names of token roles.</summary>
    public static bool IsName(string? name) => name is not null && Tokens.TokenRoles.IsName(name);
}

[JsonSerializable(typeof(OidcKeyRecord))]
[JsonSerializable(typeof(OidcRoleRecord))]
[JsonSerializable(typeof(OidcConfigRecord))]
[JsonSerializable(typeof(OidcStamp))]
[JsonSerializable(typeof(OidcJwks))]
internal sealed partial class OidcJson : JsonSerializerContext
{
    private static readonly OidcJson Snake = new(new JsonSerializerOptions { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower });

    public static JsonTypeInfo<OidcKeyRecord> Key => Snake.OidcKeyRecord;

    public static JsonTypeInfo<OidcRoleRecord> Role => Snake.OidcRoleRecord;

    public static JsonTypeInfo<OidcConfigRecord> Settings => Snake.OidcConfigRecord;

    public static JsonTypeInfo<OidcStamp> StampType => Snake.OidcStamp;

    /// <summary>As verifiers read it.</summary>
    public static JsonTypeInfo<OidcJwks> KeySet => Snake.OidcJwks;
}
