namespace Kist.Kubernetes.Encryption;

/// <summary>A KMS plugin as the file names it, defaults filled in as the API server does.</summary>
/// <param name="ApiVersion"><c>v1</c>, also when absent, or <c>v2</c>.</param>
/// <param name="Name">Stored with each value.</param>
/// <param name="Endpoint"><c>unix:///path</c>, or <c>unix:///@name</c> for an abstract socket.</param>
/// <param name="Timeout">A call's deadline; three seconds when absent.</param>
/// <param name="CacheSize">Data keys to remember, with v1 alone: 1000 when absent, off below zero.</param>
/// <param name="Place">Where it stands.</param>
public sealed record KmsConfiguration(string ApiVersion, string Name, string Endpoint, KmsTimeout Timeout, int? CacheSize, Place Place)
{
    /// <summary>The deprecated first version, and the default.</summary>
    public const string V1 = "v1";

    /// <summary>The second version.</summary>
    public const string V2 = "v2";

    internal const int DefaultCacheSize = 1000;

    /// <summary>True for the second version.</summary>
    public bool IsV2 => ApiVersion is V2;
}

/// <summary>A plugin call's deadline.</summary>
/// <param name="Duration">Parts under 100 ns are cut off.</param>
/// <param name="Text">As written.</param>
public sealed record KmsTimeout(TimeSpan Duration, string Text)
{
    internal static KmsTimeout Default { get; } = new(TimeSpan.FromSeconds(3), "3s");

    /// <summary>False for zero and less, which the API server refuses.</summary>
    public bool IsPositive => !Text.StartsWith('-') && Text.AsSpan().ContainsAnyInRange('1', '9');
}
