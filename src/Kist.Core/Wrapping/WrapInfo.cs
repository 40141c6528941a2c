using Kist.Crypto;

namespace Kist.Core.Wrapping;

/// <summary>What a caller gets in place of a wrapped answer.</summary>
/// <param name="Token">Single-use token that unwraps it.</param>
/// <param name="Accessor">The wrapping token's accessor.</param>
/// <param name="Ttl">How long it can be unwrapped.</param>
/// <param name="CreationTime">When it was wrapped.</param>
/// <param name="CreationPath">The path whose answer is inside.</param>
/// <param name="WrappedAccessor">Accessor of a token inside, or null.</param>
public sealed record WrapInfo(
    SecretText Token, string Accessor, TimeSpan Ttl, DateTimeOffset CreationTime, string CreationPath, string? WrappedAccessor)
{
    /// <summary>The commit that stored the answer, for <c>X-Vault-Index</c>.</summary>
    public long Revision { get; init; }
}
