using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Kist.Core;
using Kist.Crypto;

namespace Kist.Kubernetes.Kms.RemoteKeys;

/// <summary>Where a key of Google Cloud KMS is and how to reach it.</summary>
public sealed record GoogleKeyOptions
{
    /// <summary><c>projects/P/locations/L/keyRings/R/cryptoKeys/K</c>.</summary>
    public required string Key { get; init; }

    /// <summary>A service account's key file (JSON); null to ask the machine's metadata server.</summary>
    public string? CredentialsFile { get; init; }

    /// <summary>The interface.</summary>
    public Uri Endpoint { get; init; } = new("https://cloudkms.googleapis.com/");

    /// <summary>Carries requests in tests; null for the network.</summary>
    public Func<HttpMessageHandler>? Handler { get; init; }
}

/// <summary>A symmetric key of Google Cloud KMS. The key id is the name of the version.</summary>
public sealed class GoogleKey : IRemoteKey
{
    [SuppressMessage("Security", "S5332", Justification = "The metadata server is on the machine's own link and speaks nothing else.")]
    private static readonly Uri MetadataUrl = new("http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/token");

    private readonly GoogleKeyOptions options;
    private readonly TimeProvider time;
    private readonly RemoteHttp http;
    private readonly AccessToken tokens;

    /// <summary>Connects with the first question.</summary>
    public GoogleKey(GoogleKeyOptions options, TimeProvider time)
    {
        this.options = options;
        this.time = time;
        http = new RemoteHttp(options.Handler ?? (static () => RemoteHttp.Network(null, useProxy: true)));
        tokens = new AccessToken("Google's token service", http, TokenRequest, time);
    }

    /// <inheritdoc/>
    public string Name => $"the Google Cloud KMS key {options.Key}";

    /// <inheritdoc/>
    public async ValueTask<Outcome<string>> VersionAsync(CancellationToken cancellationToken)
    {
        var answer = await SendAsync(HttpMethod.Get, "", null, cancellationToken);
        if (!answer.Succeeded)
            return answer.Failure;
        using var told = answer.Value;
        if (told.Text("primary", "name") is not { } name)
            return RemoteFailures.Refused($"{Name} has no primary version");
        return told.Text("primary", "state") is { } state && state != "ENABLED"
            ? RemoteFailures.Refused($"{Name}: its primary version is not enabled but {state}")
            : KeyId(name);
    }

    /// <inheritdoc/>
    public async ValueTask<Outcome<WrappedKey>> WrapAsync(SecretBytes key, CancellationToken cancellationToken)
    {
        using var body = RemoteBody.Json(json =>
        {
            json.WriteBase64String("plaintext", key.Span);
            json.WriteBase64String("additionalAuthenticatedData", KmsPurpose.LocalKey);
        });
        var answer = await SendAsync(HttpMethod.Post, ":encrypt", body, cancellationToken);
        if (!answer.Succeeded)
            return answer.Failure;
        using var wrapped = answer.Value;
        return wrapped.Text("name") is { } name && wrapped.Bytes("ciphertext") is { Length: <= WrappingFormat.MostBytes } ciphertext
            ? new WrappedKey(KeyId(name), ciphertext)
            : RemoteFailures.Refused($"{Name}: the answer holds no ciphertext with a version");
    }

    /// <inheritdoc/>
    public async ValueTask<Outcome<SecretBytes>> UnwrapAsync(WrappedKey wrapped, CancellationToken cancellationToken)
    {
        using var body = RemoteBody.Json(json =>
        {
            json.WriteBase64String("ciphertext", wrapped.Ciphertext.Span);
            json.WriteBase64String("additionalAuthenticatedData", KmsPurpose.LocalKey);
        });
        var answer = await SendAsync(HttpMethod.Post, ":decrypt", body, cancellationToken);
        if (!answer.Succeeded)
            return answer.Failure;
        using var unwrapped = answer.Value;
        return unwrapped.Secret("plaintext") is { } key ? key : RemoteFailures.Refused($"{Name}: the answer holds no plaintext");
    }

    /// <inheritdoc/>
    public Outcome<Nothing> Reload()
    {
        tokens.Forget();
        return http.Reload();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        tokens.Dispose();
        http.Dispose();
    }

    private static string KeyId(string version) => $"google/{version}";

    private ValueTask<Outcome<RemoteAnswer>> SendAsync(HttpMethod method, string verb, SecretBuffer? body, CancellationToken cancellationToken) =>
        BearerCall.SendAsync(
            Name, http, tokens, new RemoteRequest(method, new Uri(options.Endpoint, $"v1/{options.Key}{verb}")) { Body = body }, cancellationToken);

    private RemoteRequest TokenRequest() => options.CredentialsFile is { } file
        ? GoogleAssertion.Request(File.ReadAllBytes(file), time.GetUtcNow())
        : new RemoteRequest(HttpMethod.Get, MetadataUrl) { Headers = [("Metadata-Flavor", "Google")] };
}

/// <summary>Asks for a token with a service account's key: a JWT signed by it (RFC 7523).</summary>
internal static class GoogleAssertion
{
    private const string Scope = "https://www.googleapis.com/auth/cloudkms";

    /// <summary>The request for a token.</summary>
    /// <param name="credentials">The key file's content.</param>
    /// <param name="now">The time, which Google compares with its own.</param>
    /// <exception cref="IOException">The content is no service account's key.</exception>
    [SuppressMessage("Security", "S5542", Justification = "A signature, which Google wants by this scheme (RS256).")]
    [SuppressMessage("Design", "MA0054", Justification = "A parser's message may quote the key.")]
    public static RemoteRequest Request(byte[] credentials, DateTimeOffset now)
    {
        try
        {
            var account = JsonElement.Parse(credentials);
            var email = account.GetProperty("client_email").GetString()!;
            var audience = account.GetProperty("token_uri").GetString()!;
            using var key = RSA.Create();
            key.ImportFromPem(account.GetProperty("private_key").GetString());
            var issued = now.ToUnixTimeSeconds();
            var claims = new { iss = email, scope = Scope, aud = audience, iat = issued, exp = issued + 3600 };
            var text = $"{Part("{\"alg\":\"RS256\",\"typ\":\"JWT\"}"u8)}.{Part(JsonSerializer.SerializeToUtf8Bytes(claims))}";
            var signature = key.SignData(Encoding.ASCII.GetBytes(text), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
            return new RemoteRequest(HttpMethod.Post, new Uri(audience))
            {
                Body = RemoteBody.Form(("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), ("assertion", $"{text}.{Part(signature)}")),
                ContentType = "application/x-www-form-urlencoded",
            };
        }
        catch (Exception e) when (e
            is JsonException or KeyNotFoundException or InvalidOperationException or ArgumentException or CryptographicException or UriFormatException)
        {
            throw new IOException("the credentials file is no service account's key");
        }
    }

    private static string Part(ReadOnlySpan<byte> bytes) => System.Buffers.Text.Base64Url.EncodeToString(bytes);
}
