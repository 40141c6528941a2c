using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using Kist.Core;
using Kist.Crypto;

namespace Kist.Kubernetes.Kms.RemoteKeys;

/// <summary>Where a key of Azure Key Vault is and how to reach it.</summary>
public sealed record AzureKeyOptions
{
    /// <summary><c>https://VAULT.vault.azure.net/keys/NAME</c>, without a version: the newest one wraps.</summary>
    public required Uri Key { get; init; }

    /// <summary>The tenant, for a client secret.</summary>
    public string? Tenant { get; init; }

    /// <summary>The application, for a client secret; or which of the machine's managed identities to use.</summary>
    public string? ClientId { get; init; }

    /// <summary>Gives the client secret; null to use the machine's managed identity.</summary>
    public Func<SecretText>? ClientSecret { get; init; }

    /// <summary>Where tokens come from for a client secret.</summary>
    public Uri Authority { get; init; } = new("https://login.microsoftonline.com/");

    /// <summary>Carries requests in tests; null for the network.</summary>
    public Func<HttpMessageHandler>? Handler { get; init; }
}

/// <summary>
/// An RSA key of Azure Key Vault, which wraps by RSA-OAEP with SHA-256. That takes no additional data: what a local key is for is bound by what it
/// encrypts alone. Accepted risk: whoever knows the public key can wrap, so who can also write to etcd can put objects there that decrypt; nobody can read
/// by it. The key id is the URL of the version.
/// </summary>
public sealed class AzureKey : IRemoteKey
{
    private const string ApiVersion = "?api-version=7.4";
    private const string Algorithm = "RSA-OAEP-256";

    private static readonly SearchValues<char> Hexadecimal = SearchValues.Create("0123456789abcdef");

    private readonly AzureKeyOptions options;
    private readonly RemoteHttp http;
    private readonly AccessToken tokens;
    private readonly string key;
    private volatile string current = "";

    /// <summary>Connects with the first question.</summary>
    public AzureKey(AzureKeyOptions options, TimeProvider time)
    {
        this.options = options;
        key = options.Key.AbsoluteUri.TrimEnd('/');
        http = new RemoteHttp(options.Handler ?? (static () => RemoteHttp.Network(null, useProxy: true)));
        tokens = new AccessToken("Azure's token service", http, TokenRequest, time);
    }

    /// <inheritdoc/>
    public string Name => $"the Azure key {key}";

    /// <inheritdoc/>
    public async ValueTask<Outcome<string>> VersionAsync(CancellationToken cancellationToken)
    {
        var answer = await SendAsync(HttpMethod.Get, key, null, cancellationToken);
        if (!answer.Succeeded)
            return answer.Failure;
        using var told = answer.Value;
        if (told.Find("attributes", "enabled") is { ValueKind: JsonValueKind.False })
            return RemoteFailures.Refused($"{Name} is disabled");
        if (told.Text("key", "kid") is not { } kid || !IsVersion(kid))
            return RemoteFailures.Refused($"{Name}: the answer names no version of it");
        current = kid;
        return KeyId(kid);
    }

    /// <inheritdoc/>
    public async ValueTask<Outcome<WrappedKey>> WrapAsync(SecretBytes key, CancellationToken cancellationToken)
    {
        if (current.Length == 0 && await VersionAsync(cancellationToken) is { Succeeded: false } unknown)
            return unknown.Failure;
        using var body = RemoteBody.Json(json =>
        {
            json.WriteString("alg", Algorithm);
            json.WriteBase64Url("value", key.Span);
        });
        var answer = await SendAsync(HttpMethod.Post, current + "/wrapkey", body, cancellationToken);
        if (!answer.Succeeded)
            return answer.Failure;
        using var wrapped = answer.Value;
        return wrapped.Text("kid") is { } kid && IsVersion(kid) && Bytes(wrapped) is { Length: > 0 and <= WrappingFormat.MostBytes } ciphertext
            ? new WrappedKey(KeyId(kid), ciphertext)
            : RemoteFailures.Refused($"{Name}: the answer holds no wrapped key");
    }

    /// <inheritdoc/>
    public async ValueTask<Outcome<SecretBytes>> UnwrapAsync(WrappedKey wrapped, CancellationToken cancellationToken)
    {
        // The id comes from what was stored: it must not send the token elsewhere.
        var kid = wrapped.KeyId.StartsWith(KeyId(""), StringComparison.Ordinal) ? wrapped.KeyId[KeyId("").Length..] : "";
        if (!IsVersion(kid))
            return RemoteFailures.NotOurs($"{Name} has no version {wrapped.KeyId}");
        using var body = RemoteBody.Json(json =>
        {
            json.WriteString("alg", Algorithm);
            json.WriteBase64Url("value", wrapped.Ciphertext.Span);
        });
        var answer = await SendAsync(HttpMethod.Post, kid + "/unwrapkey", body, cancellationToken);
        if (!answer.Succeeded)
            return answer.Failure;
        using var unwrapped = answer.Value;
        return unwrapped.UrlSecret("value") is { } local ? local : RemoteFailures.Refused($"{Name}: the answer holds no key");
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

    private static string KeyId(string kid) => $"azure/{kid}";

    private static byte[]? Bytes(RemoteAnswer answer)
    {
        try
        {
            return answer.Text("value") is { } text ? Base64Url.DecodeFromChars(text) : null;
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private bool IsVersion(string kid) =>
        kid.Length > key.Length + 1 && kid.StartsWith(key + "/", StringComparison.Ordinal)
        && !kid.AsSpan(key.Length + 1).ContainsAnyExcept(Hexadecimal);

    private ValueTask<Outcome<RemoteAnswer>> SendAsync(HttpMethod method, string url, SecretBuffer? body, CancellationToken cancellationToken) =>
        BearerCall.SendAsync(Name, http, tokens, new RemoteRequest(method, new Uri(url + ApiVersion)) { Body = body }, cancellationToken);

    private RemoteRequest TokenRequest()
    {
        const string Resource = "https://vault.azure.net";
        if (options.ClientSecret is null)
        {
            var identity = options.ClientId is { } id ? $"&client_id={Uri.EscapeDataString(id)}" : "";
            return new RemoteRequest(
                HttpMethod.Get,
                new Uri($"http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource={Uri.EscapeDataString(Resource)}{identity}"))
            {
                Headers = [("Metadata", "true")],
            };
        }
        return new RemoteRequest(HttpMethod.Post, new Uri(options.Authority, $"{Uri.EscapeDataString(options.Tenant ?? "")}/oauth2/v2.0/token"))
        {
            Body = RemoteBody.Form(
                ("grant_type", "client_credentials"),
                ("client_id", options.ClientId ?? ""),
                ("client_secret", Encoding.UTF8.GetString(options.ClientSecret().Utf8)),
                ("scope", Resource + "/.default")),
            ContentType = "application/x-www-form-urlencoded",
        };
    }
}
