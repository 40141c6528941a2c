using System.Text.Json.Serialization;
using Kist.Auth.Roles;
using Kist.Core.Barrier;

namespace Kist.Auth.Jwt;

/// <summary>Where things lie in the mount's storage: settings at <c>config</c>, roles at <c>role/name</c>.</summary>
internal static class JwtStore
{
    /// <summary>The settings' path.</summary>
    public const string Config = "config";

    /// <summary>The roles.</summary>
    public static RoleStore<JwtRole> Roles { get; } = new("jwt", JwtStoredJson.Default.JwtRole, caseMatters: true);

    /// <summary>The settings; null before they are written.</summary>
    public static ValueTask<StoredRecord<JwtConfig>?> ReadConfigAsync(StorageView storage, CancellationToken cancellationToken) =>
        storage.ReadRecordAsync(Config, JwtStoredJson.Default.JwtConfig, cancellationToken);
}

/// <summary>The stored records' JSON, apart from the wire's: changing one never changes the other.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, IgnoreReadOnlyProperties = true)]
[JsonSerializable(typeof(JwtConfig))]
[JsonSerializable(typeof(JwtRole))]
internal sealed partial class JwtStoredJson : JsonSerializerContext;
