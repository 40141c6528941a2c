using System.Collections.Frozen;
using System.Security.Cryptography;

namespace Kist.Crypto.Jose;

/// <summary>
/// A signature algorithm of JSON Web Signatures that needs a public key to verify. There is none for <c>none</c> and for the keyed hashes (HS256 and so
/// on): whoever could verify those could sign.
/// </summary>
public sealed class JwsAlgorithm
{
    private static readonly JwsAlgorithm[] Known =
    [
        new("RS256", JwsKind.RsaPkcs1, HashAlgorithmName.SHA256),
        new("RS384", JwsKind.RsaPkcs1, HashAlgorithmName.SHA384),
        new("RS512", JwsKind.RsaPkcs1, HashAlgorithmName.SHA512),
        new("PS256", JwsKind.RsaPss, HashAlgorithmName.SHA256),
        new("PS384", JwsKind.RsaPss, HashAlgorithmName.SHA384),
        new("PS512", JwsKind.RsaPss, HashAlgorithmName.SHA512),
        new("ES256", JwsKind.Ecdsa, HashAlgorithmName.SHA256),
        new("ES384", JwsKind.Ecdsa, HashAlgorithmName.SHA384),
        new("ES512", JwsKind.Ecdsa, HashAlgorithmName.SHA512),
        new("EdDSA", JwsKind.EdDsa, default),
    ];

    private static readonly FrozenDictionary<string, JwsAlgorithm> ByName = Known.ToFrozenDictionary(a => a.Name, StringComparer.Ordinal);

    private JwsAlgorithm(string name, JwsKind kind, HashAlgorithmName hash) => (Name, Kind, Hash) = (name, kind, hash);

    /// <summary>All of them.</summary>
    public static IReadOnlyList<JwsAlgorithm> All => Known;

    /// <summary>The name in headers.</summary>
    public string Name { get; }

    internal JwsKind Kind { get; }

    internal HashAlgorithmName Hash { get; }

    /// <summary>The algorithm of a name, which is exact; null when there is none.</summary>
    public static JwsAlgorithm? Find(string name) => ByName.GetValueOrDefault(name);

    /// <inheritdoc/>
    public override string ToString() => Name;
}

/// <summary>What kind of key an algorithm needs, and how it is used.</summary>
internal enum JwsKind
{
    RsaPkcs1,
    RsaPss,
    Ecdsa,
    EdDsa,
}
