using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Kist.Kubernetes.Kms.RemoteKeys;

/// <summary>Keys to AWS's interface.</summary>
/// <param name="AccessKeyId">Names the key.</param>
/// <param name="SecretAccessKey">The key; never printed.</param>
/// <param name="SessionToken">Of temporary keys; else empty.</param>
public sealed record AwsCredentials(string AccessKeyId, string SecretAccessKey, string SessionToken)
{
    /// <inheritdoc/>
    public override string ToString() => $"{AccessKeyId} [redacted]";
}

/// <summary>Signs requests as AWS's Signature Version 4 wants it.</summary>
internal static class SignatureV4
{
    private const string Algorithm = "AWS4-HMAC-SHA256";

    /// <summary>The headers to send with a request: date, session token and authorization.</summary>
    /// <param name="method">The HTTP method.</param>
    /// <param name="url">Where it goes; its query is in order and escaped.</param>
    /// <param name="headers">Further headers to sign, with lower-case names; <c>host</c> is added.</param>
    /// <param name="body">The body.</param>
    /// <param name="scope">Region and service, such as <c>eu-central-1/kms</c>.</param>
    /// <param name="credentials">Who signs.</param>
    /// <param name="now">The time, which the server compares with its own.</param>
    public static IReadOnlyList<(string Name, string Value)> Sign(
        string method,
        Uri url,
        IReadOnlyList<(string Name, string Value)> headers,
        ReadOnlySpan<byte> body,
        string scope,
        AwsCredentials credentials,
        DateTimeOffset now)
    {
        var time = now.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        var day = time[..8];
        List<(string Name, string Value)> added = [("x-amz-date", time)];
        if (credentials.SessionToken.Length > 0)
            added.Add(("x-amz-security-token", credentials.SessionToken));
        List<(string Name, string Value)> signed = [("host", url.Authority), .. headers, .. added];
        signed.Sort(static (a, b) => string.CompareOrdinal(a.Name, b.Name));
        var names = string.Join(';', signed.Select(static h => h.Name));
        var canonical = string.Join(
            '\n',
            [method, url.AbsolutePath, url.Query.TrimStart('?'), .. signed.Select(static h => $"{h.Name}:{h.Value.Trim()}"), "", names, Hash(body)]);
        var full = $"{day}/{scope}/aws4_request";
        var text = $"{Algorithm}\n{time}\n{full}\n{Hash(Encoding.UTF8.GetBytes(canonical))}";
        var key = Encoding.UTF8.GetBytes("AWS4" + credentials.SecretAccessKey);
        foreach (var part in (string[])[day, .. scope.Split('/'), "aws4_request"])
            key = HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(part));
        var signature = Convert.ToHexStringLower(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text)));
        CryptographicOperations.ZeroMemory(key);
        added.Add(("authorization", $"{Algorithm} Credential={credentials.AccessKeyId}/{full}, SignedHeaders={names}, Signature={signature}"));
        return added;
    }

    private static string Hash(ReadOnlySpan<byte> data) => Convert.ToHexStringLower(SHA256.HashData(data));
}
