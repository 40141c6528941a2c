using Kist.Core;

namespace Kist.Engines.Database.Roles;

/// <summary>What users prove themselves by, and how that is made.</summary>
internal static class CredentialType
{
    /// <summary>The one that there is.</summary>
    public const string Password = "password";

    private const int LongestName = 256;

    /// <summary>What is wrong with a type and its settings; null for nothing.</summary>
    public static Failure? Check(string? type, IReadOnlyDictionary<string, string>? config)
    {
        if (type is "rsa_private_key" or "client_certificate")
            return Failure.Invalid("database.unsupported_credential_type", $"unsupported credential_type: \"{type}\"; this server makes: {Password}");
        if (type is not (null or Password))
            return Failure.Invalid("database.invalid_credential_type", $"field \"credential_type\": must be {Password}");
        if (config is null)
            return null;
        if (config.Keys.Any(key => key != "password_policy"))
            return Failure.Invalid("database.invalid_credential_config", "field \"credential_config\": has something other than password_policy");
        return PolicyOf(config)?.Length > LongestName
            ? Failure.Invalid("database.invalid_credential_config", $"field \"credential_config\": password_policy is longer than {LongestName} characters")
            : null;
    }

    /// <summary>The password policy of settings; null when they do not say.</summary>
    public static string? PolicyOf(IReadOnlyDictionary<string, string>? config) => config is null ? null : config.GetValueOrDefault("password_policy", "");

    /// <summary>Settings for people; null for none.</summary>
    public static IReadOnlyDictionary<string, string>? ConfigOf(string policy) =>
        policy.Length == 0 ? null : new Dictionary<string, string>(StringComparer.Ordinal) { ["password_policy"] = policy };
}
