using System.Buffers.Text;
using System.ComponentModel;
using System.Security.Cryptography;
using Kist.Core.Pipeline;
using Kist.Core.Routing;

namespace Kist.Core.Sys;

/// <summary>Hashes data.</summary>
public sealed record HashRequest
{
    /// <summary>The algorithm.</summary>
    [Description("sha2-256 (default), sha2-384, sha2-512, sha3-256, sha3-384 or sha3-512. Hashes of 224 bits are not supported.")]
    public string Algorithm { get; set; } = "sha2-256";

    /// <summary>What to hash.</summary>
    [Description("The input, base64.")]
    public string? Input { get; set; }

    /// <summary>How to write the sum.</summary>
    [Description("hex (default) or base64.")]
    public string Format { get; set; } = "hex";
}

/// <summary>A hash.</summary>
public sealed record HashResponse
{
    /// <summary>The hash in the requested format.</summary>
    public string Sum { get; init; } = "";
}

/// <summary>Asks for random bytes.</summary>
public sealed record RandomRequest
{
    /// <summary>How many.</summary>
    [Description("How many bytes, 1 to 131072; 32 if not given.")]
    public int Bytes { get; set; } = 32;

    /// <summary>How to write them.</summary>
    [Description("base64 (default) or hex.")]
    public string Format { get; set; } = "base64";

    /// <summary>From where.</summary>
    [Description("platform (default), seal or all; all mean the operating system's generator.")]
    public string Source { get; set; } = "platform";
}

/// <summary>Random bytes.</summary>
public sealed record RandomResponse
{
    /// <summary>The bytes in the requested format.</summary>
    public string RandomBytes { get; init; } = "";
}

/// <summary><c>sys/tools</c>: hashing and randomness for clients that lack them.</summary>
internal static class ToolRoutes
{
    private const int MostBytes = 128 * 1024;

    // What the runtime has: SHA-3 by the system's OpenSSL, and nothing of 224 bits.
    private static readonly SortedDictionary<string, HashAlgorithmName> Algorithms = Supported();

    public static void Add(RouteMap map)
    {
        map.Write<HashRequest, HashResponse>("tools/hash", Hash, "Hash base64 input.");
        map.Write<HashRequest, HashResponse>("tools/hash/{algorithm}", Hash, "Hash base64 input by the named algorithm.");
        map.Write<RandomRequest, RandomResponse>("tools/random", Random, "Answer random bytes.");
        map.Write<RandomRequest, RandomResponse>("tools/random/{bytes}", Random, "Answer so many random bytes.");
        foreach (var source in new[] { "platform", "seal", "all" })
        {
            map.Write<RandomRequest, RandomResponse>("tools/random/" + source, Random, "Answer random bytes of the operating system's generator.");
            map.Write<RandomRequest, RandomResponse>($"tools/random/{source}/{{bytes}}", Random, "Answer so many random bytes of the operating system's generator.");
        }
    }

    private static ValueTask<Outcome<HashResponse>> Hash(HashRequest request, RequestContext context, CancellationToken ct)
    {
        if (request.Input is null)
            return Fail<HashResponse>("field \"input\" is required");
        var input = new byte[Base64.GetMaxDecodedFromUtf8Length(request.Input.Length) + 3];
        if (!Convert.TryFromBase64String(request.Input, input, out var length))
            return Fail<HashResponse>("field \"input\" is not valid base64");
        if (!Algorithms.TryGetValue(request.Algorithm, out var algorithm))
            return Fail<HashResponse>($"unsupported algorithm \"{request.Algorithm}\"; must be one of {string.Join(", ", Algorithms.Keys)}");
        if (request.Format is not ("hex" or "base64"))
            return Fail<HashResponse>($"unsupported encoding format \"{request.Format}\"; must be \"hex\" or \"base64\"");
        var sum = CryptographicOperations.HashData(algorithm, input.AsSpan(0, length));
        CryptographicOperations.ZeroMemory(input);
        return new(new HashResponse { Sum = Encode(sum, request.Format) });
    }

    private static ValueTask<Outcome<RandomResponse>> Random(RandomRequest request, RequestContext context, CancellationToken ct)
    {
        if (request.Bytes is < 1 or > MostBytes)
            return Fail<RandomResponse>($"field \"bytes\": expected 1 to {MostBytes}");
        if (request.Format is not ("hex" or "base64"))
            return Fail<RandomResponse>($"unsupported encoding format \"{request.Format}\"; must be \"hex\" or \"base64\"");
        if (request.Source is not ("platform" or "seal" or "all"))
            return Fail<RandomResponse>($"unsupported entropy source \"{request.Source}\"; must be \"platform\", \"seal\" or \"all\"");
        return new(new RandomResponse { RandomBytes = Encode(RandomNumberGenerator.GetBytes(request.Bytes), request.Format) });
    }

    private static SortedDictionary<string, HashAlgorithmName> Supported()
    {
        var algorithms = new SortedDictionary<string, HashAlgorithmName>(StringComparer.Ordinal)
        {
            ["sha2-256"] = HashAlgorithmName.SHA256,
            ["sha2-384"] = HashAlgorithmName.SHA384,
            ["sha2-512"] = HashAlgorithmName.SHA512,
        };
        if (SHA3_256.IsSupported)
        {
            algorithms["sha3-256"] = HashAlgorithmName.SHA3_256;
            algorithms["sha3-384"] = HashAlgorithmName.SHA3_384;
            algorithms["sha3-512"] = HashAlgorithmName.SHA3_512;
        }
        return algorithms;
    }

    private static string Encode(byte[] bytes, string format) =>
        string.Equals(format, "hex", StringComparison.Ordinal) ? Convert.ToHexStringLower(bytes) : Convert.ToBase64String(bytes);

    private static ValueTask<Outcome<T>> Fail<T>(string message) => new(Failure.Invalid("tools.invalid", message));
}
