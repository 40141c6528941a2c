using Kist.Core;
using Kist.Crypto;
using Kist.Kubernetes.AtRest;

namespace Kist.Kubernetes.Encryption.Rotation;

/// <summary>A configuration file on a control-plane node.</summary>
public interface IConfigurationFile
{
    /// <summary>Its path.</summary>
    string Path { get; }

    /// <summary>When it was changed.</summary>
    DateTimeOffset Changed { get; }

    /// <summary>Its content.</summary>
    byte[] Read();

    /// <summary>Puts other content into its place in one step, if the expected one is still there, and keeps a copy of that.</summary>
    /// <returns>The path of the copy.</returns>
    string Replace(ReadOnlySpan<byte> expected, ReadOnlySpan<byte> content);
}

/// <summary>The API servers, each by an address of its own.</summary>
public interface IApiServers
{
    /// <summary>Their names; empty when none can be asked.</summary>
    IReadOnlyList<string> Names { get; }

    /// <summary>The text of a server's <c>/metrics</c>.</summary>
    Task<Outcome<string>> MetricsAsync(string name, CancellationToken cancellationToken);
}

/// <summary>What lies in etcd.</summary>
public interface IStoredObjects
{
    /// <summary>Counts the objects of some resources by what encrypted them, which is judged by a configuration.</summary>
    Task<Outcome<IReadOnlyList<StoredCount>>> CountAsync(
        EncryptionConfiguration configuration, IReadOnlyList<GroupResource> resources, CancellationToken cancellationToken);

    /// <summary>
    /// The leases by which API servers (1.26 and later) show that they live, by name; one that has gone is forgotten within an hour or so.
    /// </summary>
    Task<Outcome<IReadOnlyList<string>>> ServerLeasesAsync(CancellationToken cancellationToken);
}

/// <summary>Objects of one resource that are stored in one way.</summary>
/// <param name="Resource">The resource.</param>
/// <param name="Kind">What encrypted them; null when that is unknown.</param>
/// <param name="KeyName">Under which key, for a KMS the provider's name; null in plaintext.</param>
/// <param name="Objects">How many.</param>
public sealed record StoredCount(GroupResource Resource, ProviderKind? Kind, string? KeyName, long Objects)
{
    /// <summary>One of their keys in etcd.</summary>
    public string Example { get; init; } = "";

    /// <summary>The slot that they belong to; null when that is unknown.</summary>
    internal Slot? Slot => Kind is { } kind ? new Slot(kind, KeyName ?? "") : null;
}

/// <summary>Rewrites what the API server would store otherwise today.</summary>
public interface IObjectRewriter
{
    /// <summary>Rewrites all objects of some resources, of each of which etcd has some; to call it again after an interruption goes on.</summary>
    Task<Outcome<Nothing>> RewriteAsync(IReadOnlyList<GroupResource> resources, CancellationToken cancellationToken);
}

/// <summary>Writes a configuration in the form that a file has.</summary>
internal static class ConfigurationForm
{
    public static void Write(EncryptionConfiguration configuration, ReadOnlySpan<byte> like, SecretBuffer output)
    {
        if (like.TrimStart(" \t\r\n"u8).StartsWith("{"u8))
            ConfigurationWriter.WriteJson(configuration, output);
        else
            ConfigurationWriter.WriteYaml(configuration, output);
    }
}
