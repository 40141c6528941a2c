using System.ComponentModel;
using Kist.Crypto;

namespace Kist.Core.Identity.Mfa;

internal sealed record TotpMethodRequest
{
    [Description("The method's id.")]
    public string? MethodId { get; init; }

    [Description("A name that logins may use in place of the id. A method is created once with it: the same again changes that method.")]
    public string? MethodName { get; init; }

    [Description("Shown by authenticator apps.")]
    public string? Issuer { get; init; }

    [Description("Seconds that a code is good for; 30 if not given.")]
    public TimeSpan? Period { get; init; }

    [Description("Bytes of a secret; 20 if not given.")]
    public int? KeySize { get; init; }

    [Description("Taken for compatibility: no barcodes are drawn, apps read the URL.")]
    public int? QrSize { get; init; }

    [Description("SHA1 (default), SHA256 or SHA512.")]
    public string? Algorithm { get; init; }

    [Description("6 (default) or 8.")]
    public int? Digits { get; init; }

    [Description("How many periods before and after now count as well: 0 or 1 (default).")]
    public int? Skew { get; init; }

    [Description("Wrong codes in a row, after which none is looked at for a time; 5 if not given.")]
    public int? MaxValidationAttempts { get; init; }
}

internal sealed record MfaMethodRequest
{
    [Description("The method's id.")]
    public string? MethodId { get; init; }
}

internal sealed record TotpEntityRequest
{
    [Description("The method's id.")]
    public string? MethodId { get; init; }

    [Description("The entity.")]
    public string? EntityId { get; init; }
}

internal sealed record MfaMethodWritten(string MethodId);

internal sealed record TotpMethodResponse
{
    public string Type { get; init; } = "totp";

    public required string Id { get; init; }

    public required string Name { get; init; }

    public required string Issuer { get; init; }

    public required int Period { get; init; }

    public required int KeySize { get; init; }

    public required int QrSize { get; init; }

    public required string Algorithm { get; init; }

    public required int Digits { get; init; }

    public required int Skew { get; init; }

    public required int MaxValidationAttempts { get; init; }

    public string NamespaceId { get; init; } = Namespaces.NamespaceId.Root.ToString();

    public string NamespacePath { get; init; } = "";

    public static TotpMethodResponse Of(MfaMethodRecord method) => new()
    {
        Id = method.Id,
        Name = method.Name,
        Issuer = method.Issuer,
        Period = method.PeriodSeconds,
        KeySize = method.KeySize,
        QrSize = method.QrSize,
        Algorithm = method.Algorithm,
        Digits = method.Digits,
        Skew = method.Skew,
        MaxValidationAttempts = method.MaxValidationAttempts,
    };
}

/// <summary>What an authenticator app needs, once.</summary>
/// <param name="Url">Holds the secret.</param>
/// <param name="Barcode">Always empty: no barcodes are drawn.</param>
internal sealed record TotpSecretResponse(SecretText Url, string Barcode);

internal sealed record EnforcementRequest
{
    [Description("The name.")]
    public string? Name { get; init; }

    [Description("Methods, one of which is enough.")]
    public IReadOnlyList<string>? MfaMethodIds { get; init; }

    [Description("Applies to logins by mounts with these accessors.")]
    public IReadOnlyList<string>? AuthMethodAccessors { get; init; }

    [Description("Applies to logins by auth methods of these types.")]
    public IReadOnlyList<string>? AuthMethodTypes { get; init; }

    [Description("Applies to logins of members of these groups, direct or not.")]
    public IReadOnlyList<string>? IdentityGroupIds { get; init; }

    [Description("Applies to logins of these entities.")]
    public IReadOnlyList<string>? IdentityEntityIds { get; init; }
}

internal sealed record EnforcementNameRequest
{
    [Description("The name.")]
    public string? Name { get; init; }
}

internal sealed record EnforcementResponse
{
    public required string Id { get; init; }

    public required string Name { get; init; }

    public required IReadOnlyList<string> MfaMethodIds { get; init; }

    public required IReadOnlyList<string> AuthMethodAccessors { get; init; }

    public required IReadOnlyList<string> AuthMethodTypes { get; init; }

    public required IReadOnlyList<string> IdentityGroupIds { get; init; }

    public required IReadOnlyList<string> IdentityEntityIds { get; init; }

    public string NamespaceId { get; init; } = Namespaces.NamespaceId.Root.ToString();

    public string NamespacePath { get; init; } = "";

    public static EnforcementResponse Of(MfaEnforcement enforcement) => new()
    {
        Id = enforcement.Id,
        Name = enforcement.Name,
        MfaMethodIds = enforcement.MethodIds,
        AuthMethodAccessors = enforcement.Accessors,
        AuthMethodTypes = enforcement.Types,
        IdentityGroupIds = enforcement.GroupIds,
        IdentityEntityIds = enforcement.EntityIds,
    };
}
