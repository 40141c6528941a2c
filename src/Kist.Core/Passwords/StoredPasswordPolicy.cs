using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Kist.Core.Passwords;

/// <summary>A password policy as stored under its name.</summary>
internal sealed record StoredPasswordPolicy
{
    /// <summary>Version of this record's layout; 1.</summary>
    public int Schema { get; init; } = 1;

    /// <summary>HCL or JSON, as the author wrote it.</summary>
    public required string Text { get; init; }
}

[JsonSerializable(typeof(StoredPasswordPolicy))]
internal sealed partial class PasswordPolicyJson : JsonSerializerContext
{
    private static readonly PasswordPolicyJson Relaxed = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    /// <summary>The form in which password policies are stored.</summary>
    public static JsonTypeInfo<StoredPasswordPolicy> Stored => Relaxed.StoredPasswordPolicy;
}
