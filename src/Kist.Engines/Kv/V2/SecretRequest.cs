using System.ComponentModel;

namespace Kist.Engines.Kv.V2;

/// <summary>A request that names a secret and nothing else.</summary>
internal sealed record SecretRequest
{
    [Description("Path of the secret.")]
    public required string Path { get; init; }
}
