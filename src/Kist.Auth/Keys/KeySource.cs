using Kist.Core;
using Kist.Crypto.Jose;

namespace Kist.Auth.Keys;

/// <summary>Keys that are trusted, with what came along with them.</summary>
/// <param name="Keys">The keys.</param>
/// <param name="Issuer">Who uses them, when their source says so.</param>
internal sealed record TrustedKeys(VerificationKeys Keys, string? Issuer = null);

/// <summary>Where the keys come from that verify a mount's tokens.</summary>
internal abstract class KeySource
{
    /// <summary>The keys that have signed a token; an outcome without them when none has, or when they cannot be had.</summary>
    /// <param name="token">The token.</param>
    /// <param name="allowed">Algorithms that are taken.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public abstract ValueTask<Outcome<TrustedKeys>> VerifyAsync(
        Jws token, IReadOnlyCollection<JwsAlgorithm> allowed, CancellationToken cancellationToken);

    /// <summary>Gets the keys now; what is wrong when they cannot be had.</summary>
    public virtual ValueTask<Failure?> ProbeAsync(CancellationToken cancellationToken) => default;

    /// <summary>The same answer for every token that no key has signed.</summary>
    protected static Failure NotSigned { get; } = new(FailureKind.Denied, "jwt.not_verified", "the token is not signed by a key that is trusted here");
}

/// <summary>Keys that an operator has given.</summary>
internal sealed class GivenKeys(IReadOnlyList<VerificationKey> keys) : KeySource
{
    private readonly TrustedKeys trusted = new(new VerificationKeys(keys));

    public override ValueTask<Outcome<TrustedKeys>> VerifyAsync(
        Jws token, IReadOnlyCollection<JwsAlgorithm> allowed, CancellationToken cancellationToken) =>
        new(trusted.Keys.HaveSigned(token, allowed) ? trusted : new Outcome<TrustedKeys>(NotSigned));
}
