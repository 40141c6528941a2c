using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;
using Kist.Commands.Cli;
using Kist.Wire.Kubernetes;

namespace Kist.Commands.K8s;

/// <summary>
/// What a cluster publishes so that its service-account tokens can be verified: keys (RFC 7517) and issuer (OpenID Connect Discovery 1.0).
/// </summary>
/// <param name="Issuer">What tokens name as their issuer.</param>
/// <param name="Pem">The public keys, each as PEM.</param>
internal sealed record ClusterKeys(string Issuer, IReadOnlyList<string> Pem)
{
    /// <summary>Reads them from the API server.</summary>
    /// <exception cref="ExitException">It publishes none that can be used.</exception>
    public static async Task<ClusterKeys> ReadAsync(KubeClient cluster, CancellationToken cancellation)
    {
        var discovery = await cluster.GetRawAsync("/.well-known/openid-configuration", cancellation);
        return Parse(discovery, await cluster.GetRawAsync("/openid/v1/jwks", cancellation));
    }

    /// <summary>Reads both answers.</summary>
    /// <exception cref="ExitException">They hold nothing that can be used.</exception>
    public static ClusterKeys Parse(ReadOnlyMemory<byte> discovery, ReadOnlyMemory<byte> keys)
    {
        try
        {
            using var described = JsonDocument.Parse(discovery);
            using var published = JsonDocument.Parse(keys);
            var pem = published.RootElement.GetProperty("keys").EnumerateArray().Select(ToPem).ToList();
            if (pem.Count == 0)
                throw new FormatException("there is none under /openid/v1/jwks");
            return described.RootElement.GetProperty("issuer").GetString() is { Length: > 0 } issuer
                ? new ClusterKeys(issuer, pem)
                : throw new FormatException("no issuer is named");
        }
        catch (Exception e) when (IsUnreadable(e))
        {
            throw ExitException.Failed($"the API server publishes no keys that can be read: {e.Message}");
        }
    }

    private static bool IsUnreadable(Exception e) =>
        e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException or CryptographicException or ArgumentException;

    private static string ToPem(JsonElement key)
    {
        switch (key.GetProperty("kty").GetString())
        {
            case "RSA":
                using (var rsa = RSA.Create(new RSAParameters { Modulus = Bytes(key, "n"), Exponent = Bytes(key, "e") }))
                    return rsa.ExportSubjectPublicKeyInfoPem();
            case "EC":
                var point = new ECPoint { X = Bytes(key, "x"), Y = Bytes(key, "y") };
                using (var ec = ECDsa.Create(new ECParameters { Curve = Curve(key.GetProperty("crv").GetString()), Q = point }))
                    return ec.ExportSubjectPublicKeyInfoPem();
            case var other:
                throw new FormatException($"a key of type \"{other}\"");
        }
    }

    private static ECCurve Curve(string? name) => name switch
    {
        "P-256" => ECCurve.NamedCurves.nistP256,
        "P-384" => ECCurve.NamedCurves.nistP384,
        "P-521" => ECCurve.NamedCurves.nistP521,
        _ => throw new FormatException($"a key on the curve \"{name}\""),
    };

    private static byte[] Bytes(JsonElement key, string field) =>
        Base64Url.DecodeFromChars(key.GetProperty(field).GetString()) is { Length: > 0 } bytes
            ? bytes
            : throw new FormatException($"\"{field}\" is empty");
}
