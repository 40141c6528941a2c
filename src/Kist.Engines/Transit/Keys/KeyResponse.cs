using System.ComponentModel;
using System.Globalization;
using System.Text.Json.Serialization;
using Kist.Core.Audit;
using Kist.Engines.Transit.Stored;

namespace Kist.Engines.Transit.Keys;

internal sealed record KeyResponse
{
    [Description("Name of the key.")]
    [AuditPlain]
    public string Name { get; init; } = "";

    [Description("aes256-gcm96 or aes128-gcm96.")]
    [AuditPlain]
    public string Type { get; init; } = "";

    [Description("The version that encrypts.")]
    [AuditPlain]
    public int LatestVersion { get; init; }

    [Description("The first version that was not trimmed away; 0 until some were.")]
    [AuditPlain]
    public int MinAvailableVersion { get; init; }

    [Description("The first version that decrypts.")]
    [AuditPlain]
    public int MinDecryptionVersion { get; init; }

    [Description("The first version that encrypts when it is asked for; 0 for any that decrypts.")]
    [AuditPlain]
    public int MinEncryptionVersion { get; init; }

    [Description("When each version that decrypts was made, in seconds since 1970.")]
    [AuditPlain]
    public IReadOnlyDictionary<string, long> Keys { get; init; } = new Dictionary<string, long>(StringComparer.Ordinal);

    [Description("The key may be deleted.")]
    [AuditPlain]
    public bool DeletionAllowed { get; init; }

    [Description("Each use needs a context, from which a key of its own is derived.")]
    [AuditPlain]
    public bool Derived { get; init; }

    [Description("How keys are derived; for derived keys only.")]
    [AuditPlain]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Kdf { get; init; }

    [Description("Equal plaintexts in equal contexts give equal ciphertexts; for derived keys only.")]
    [AuditPlain]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? ConvergentEncryption { get; init; }

    [Description("The scheme of convergent encryption; for convergent keys only.")]
    [AuditPlain]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? ConvergentEncryptionVersion { get; init; }

    [Description("The key itself can be read under export/.")]
    [AuditPlain]
    public bool Exportable { get; init; }

    [Description("A backup in clear is allowed.")]
    [AuditPlain]
    public bool AllowPlaintextBackup { get; init; }

    [Description("Age of the latest version, in seconds, at which a new one is made; 0 for never.")]
    [AuditPlain]
    public TimeSpan AutoRotatePeriod { get; init; }

    [Description("Always false: keys are made here.")]
    [AuditPlain]
    public bool ImportedKey { get; init; }

    [Description("The type can encrypt.")]
    [AuditPlain]
    public bool SupportsEncryption { get; init; } = true;

    [Description("The type can decrypt.")]
    [AuditPlain]
    public bool SupportsDecryption { get; init; } = true;

    [Description("The type can derive.")]
    [AuditPlain]
    public bool SupportsDerivation { get; init; } = true;

    [Description("The type can sign.")]
    [AuditPlain]
    public bool SupportsSigning { get; init; }

    public static KeyResponse Of(string name, KeyRecord key, IEnumerable<KeyValuePair<int, DateTimeOffset>> ages) => new()
    {
        Name = name,
        Type = key.Type,
        LatestVersion = key.Latest,
        MinAvailableVersion = key.MinAvailable,
        MinDecryptionVersion = key.MinDecryption,
        MinEncryptionVersion = key.MinEncryption,
        Keys = ages.ToDictionary(
            age => age.Key.ToString(CultureInfo.InvariantCulture), age => age.Value.ToUnixTimeSeconds(), StringComparer.Ordinal),
        DeletionAllowed = key.DeletionAllowed,
        Derived = key.Derived,
        Kdf = key.Derived ? "hkdf_sha256" : null,
        ConvergentEncryption = key.Derived ? key.Convergent : null,
        ConvergentEncryptionVersion = key.Convergent ? 3 : null,
        Exportable = key.Exportable,
        AllowPlaintextBackup = key.AllowPlaintextBackup,
        AutoRotatePeriod = key.AutoRotatePeriod,
    };
}
