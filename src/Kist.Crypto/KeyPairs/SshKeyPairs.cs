using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Kist.Crypto.KeyPairs;

/// <summary>
/// New key pairs as OpenSSH has them: the private key in its own format (PROTOCOL.key in its source) without a passphrase, the public one as a line
/// of
/// <c>authorized_keys</c> (RFC 4253 section 6.6, RFC 5656, RFC 8709). Comments are the caller's to check: one line.
/// </summary>
public static class SshKeyPairs
{
    // Of the cipher "none".
    private const int BlockBytes = 8;

    /// <summary><c>ssh-ed25519</c>.</summary>
    /// <exception cref="DllNotFoundException">See <see cref="Ed25519KeyPair.Fault"/>.</exception>
    public static GeneratedKeyPair Ed25519(string comment)
    {
        using var pair = new Ed25519KeyPair();
        return Of(pair, comment);
    }

    /// <summary><c>ssh-rsa</c> of so many bits, with the exponent 65537.</summary>
    public static GeneratedKeyPair Rsa(int bits, string comment)
    {
        const string Type = "ssh-rsa";
        using var rsa = RSA.Create(bits);
        var key = rsa.ExportParameters(includePrivateParameters: true);
        try
        {
            return Pair(
                Type,
                comment,
                blob =>
                {
                    blob.Integer(key.Exponent);
                    blob.Integer(key.Modulus);
                },
                secret =>
                {
                    secret.Integer(key.Modulus);
                    secret.Integer(key.Exponent);
                    secret.Integer(key.D);
                    secret.Integer(key.InverseQ);
                    secret.Integer(key.P);
                    secret.Integer(key.Q);
                });
        }
        finally
        {
            foreach (var part in (byte[]?[])[key.D, key.DP, key.DQ, key.InverseQ, key.P, key.Q])
                CryptographicOperations.ZeroMemory(part);
        }
    }

    /// <summary><c>ecdsa-sha2-nistp256</c>, <c>-nistp384</c> or <c>-nistp521</c>.</summary>
    public static GeneratedKeyPair Ecdsa(EllipticCurve curve, string comment)
    {
        var name = curve switch { EllipticCurve.P256 => "nistp256", EllipticCurve.P384 => "nistp384", _ => "nistp521" };
        using var ecdsa = ECDsa.Create(PemKeyPairs.Named(curve));
        var key = ecdsa.ExportParameters(includePrivateParameters: true);
        try
        {
            byte[] point = [4, .. key.Q.X!, .. key.Q.Y!];
            return Pair(
                "ecdsa-sha2-" + name,
                comment,
                blob => Public(blob),
                secret =>
                {
                    Public(secret);
                    secret.Integer(key.D);
                });

            void Public(SshWriter to)
            {
                to.Text(name);
                to.Bytes(point);
            }
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key.D);
        }
    }

    internal static GeneratedKeyPair Of(Ed25519KeyPair pair, string comment) => Pair(
        "ssh-ed25519",
        comment,
        blob => blob.Bytes(pair.PublicKey),
        secret =>
        {
            secret.Bytes(pair.PublicKey);
            secret.Number(2 * Ed25519KeyPair.KeyBytes);
            secret.Raw(pair.Seed);
            secret.Raw(pair.PublicKey);
        });

    private static GeneratedKeyPair Pair(string type, string comment, Action<SshWriter> publicParts, Action<SshWriter> privateParts)
    {
        using var blob = new SshWriter();
        blob.Text(type);
        publicParts(blob);

        using var secret = new SshWriter();
        // Twice the same number: who decrypts with a wrong passphrase sees two that differ.
        var check = BinaryPrimitives.ReadUInt32BigEndian(RandomNumberGenerator.GetBytes(sizeof(uint)));
        secret.Number(check);
        secret.Number(check);
        secret.Text(type);
        privateParts(secret);
        secret.Text(comment);
        ReadOnlySpan<byte> padding = [1, 2, 3, 4, 5, 6, 7];
        secret.Raw(padding[..((BlockBytes - secret.Written.Length % BlockBytes) % BlockBytes)]);

        using var file = new SshWriter();
        file.Raw("openssh-key-v1\0"u8);
        file.Text("none");
        file.Text("none");
        file.Text("");
        file.Number(1);
        file.Bytes(blob.Written);
        file.Bytes(secret.Written);
        var line = $"{type} {Convert.ToBase64String(blob.Written)}{(comment.Length > 0 ? " " : "")}{comment}";
        return new GeneratedKeyPair(SecretPem.Write("OPENSSH PRIVATE KEY", file.Written), line);
    }
}
