using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;
using Kist.Commands.Cli;
using Kist.Wire.Kubernetes;

namespace Kist.Commands.K8s;

/// <summary>What a cluster publishes so that its service-account tokens can be verified: keys (RFC 7517) and issuer (OpenID Connect Discovery 1.0).</summary>
/// <param name="Issuer">What tokens name as their issuer.</param>
/// <param name="Pem">The public keys, each as PEM.</param>
internal sealed record ClusterKeys(string Issuer, IReadOnlyList<string> Pem)
{
    /// <summary>Reads them from the API server.</summary>
    /// <exception cref="ExitException">It publishes none that can be used.</exception>
    public static async Task<ClusterKeys> ReadAsync(KubeClient cluster, CancellationToken cancellation)
    {
        using var discovery = JsonDocument.Parse(await cluster.GetRawAsync("/.well-known/openid-configuration", cancellation));
        using var keys = JsonDocument.Parse(await cluster.GetRawAsync("/openid/v1/jwks", cancellation));
        try
        {
            var pem = keys.RootElement.GetProperty("keys").EnumerateArray().Select(ToPem).ToList();
            return pem.Count > 0
                ? new ClusterKeys(discovery.RootElement.GetProperty("issuer").GetString()!, pem)
                : throw ExitException.Failed("the API server publishes no key under /openid/v1/jwks");
        }
        catch (Exception e) when (e is InvalidOperationException or KeyNotFoundException or FormatException or CryptographicException)
        {
            throw ExitException.Failed($"the API server publishes keys that cannot be read: {e.Message}");
        }
    }

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

    private static byte[] Bytes(JsonElement key, string field) => Base64Url.DecodeFromChars(key.GetProperty(field).GetString());
}
