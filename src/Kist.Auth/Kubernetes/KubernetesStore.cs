using System.Text.Json.Serialization;
using Kist.Auth.Roles;
using Kist.Core.Barrier;

namespace Kist.Auth.Kubernetes;

/// <summary>Where things lie in the mount's storage: settings at <c>config</c>, roles at <c>role/name</c>.</summary>
internal static class KubernetesStore
{
    /// <summary>The settings' path.</summary>
    public const string Config = "config";

    /// <summary>The roles.</summary>
    public static RoleStore<KubernetesRole> Roles { get; } = new("kubernetes", KubernetesStoredJson.Default.KubernetesRole, caseMatters: false);

    /// <summary>The settings; null before they are written.</summary>
    public static ValueTask<StoredRecord<KubernetesConfig>?> ReadConfigAsync(StorageView storage, CancellationToken cancellationToken) =>
        storage.ReadRecordAsync(Config, KubernetesStoredJson.Default.KubernetesConfig, cancellationToken);
}

/// <summary>The stored records' JSON, apart from the wire's: changing one never changes the other.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, IgnoreReadOnlyProperties = true)]
[JsonSerializable(typeof(KubernetesConfig))]
[JsonSerializable(typeof(KubernetesRole))]
internal sealed partial class KubernetesStoredJson : JsonSerializerContext;
