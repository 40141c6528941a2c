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

    /// <summary>Reads PEM texts, each with one key or several.</summary>
    /// <param name="pems">The texts.</param>
    /// <param name="fault">What is wrong with them, without anything of them; empty when nothing is.</param>
    /// <returns>Null when something is wrong.</returns>
    public static GivenKeys? TryParse(IReadOnlyList<string> pems, out string fault)
    {
        fault = "";
        var keys = new List<VerificationKey>();
        foreach (var pem in pems)
        {
            if (PemPublicKeys.TryParse(pem, out fault) is not { } parsed)
                return null;
            keys.AddRange(parsed);
        }
        // PEM names no key, so that each is tried.
        if (keys.Count > VerificationKeys.MostKeys)
            fault = $"there are more than {VerificationKeys.MostKeys} keys";
        return fault.Length == 0 ? new GivenKeys(keys) : null;
    }

    public override ValueTask<Outcome<TrustedKeys>> VerifyAsync(
        Jws token, IReadOnlyCollection<JwsAlgorithm> allowed, CancellationToken cancellationToken) =>
        new(trusted.Keys.HaveSigned(token, allowed) ? trusted : new Outcome<TrustedKeys>(NotSigned));
}
