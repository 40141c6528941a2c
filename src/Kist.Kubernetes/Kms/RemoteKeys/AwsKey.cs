using System.Net;
using System.Text.Json;
using Kist.Core;
using Kist.Crypto;

namespace Kist.Kubernetes.Kms.RemoteKeys;

/// <summary>Where a key of AWS KMS is and how to reach it.</summary>
public sealed record AwsKeyOptions
{
    /// <summary>Id or ARN of a symmetric key; see <see cref="AwsKey.CheckName"/>.</summary>
    public required string Key { get; init; }

    /// <summary>The region.</summary>
    public required string Region { get; init; }

    /// <summary>The interface; null for the region's own.</summary>
    public Uri? Endpoint { get; init; }

    /// <summary>Gives the credentials, anew for each request.</summary>
    public required Func<AwsCredentials> Credentials { get; init; }

    /// <summary>Carries requests in tests; null for the network.</summary>
    public Func<HttpMessageHandler>? Handler { get; init; }
}

/// <summary>
/// A symmetric key of AWS KMS. Its key id holds the ARN and, where AWS tells it, the id of the key material, which a rotation changes.
/// </summary>
public sealed class AwsKey : IRemoteKey
{
    private const string ContentType = "application/x-amz-json-1.1";

    private static readonly string[] Outages =
    [
        "ThrottlingException", "LimitExceededException", "KMSInternalException", "DependencyTimeoutException", "KeyUnavailableException",
        "RequestLimitExceeded", "InternalFailure", "ServiceUnavailable",
    ];

    private readonly AwsKeyOptions options;
    private readonly TimeProvider time;
    private readonly RemoteHttp http;
    private readonly Uri endpoint;
    private volatile string current = "";

    /// <summary>Connects with the first question.</summary>
    public AwsKey(AwsKeyOptions options, TimeProvider time)
    {
        this.options = options;
        this.time = time;
        endpoint = options.Endpoint ?? new Uri($"https://kms.{options.Region}.amazonaws.com/");
        http = new RemoteHttp(options.Handler ?? (static () => RemoteHttp.Network(null, useProxy: true)));
    }

    /// <summary>Why a key cannot be named so, to follow what names it; null for nothing.</summary>
    public static string? CheckName(string key) => key.Contains("alias/", StringComparison.Ordinal)
        ? "takes no alias: once it names another key, nothing that was encrypted before could be read"
        : null;

    /// <inheritdoc/>
    public string Name => $"the AWS KMS key {options.Key} in {options.Region}";

    /// <inheritdoc/>
    public async ValueTask<Outcome<string>> VersionAsync(CancellationToken cancellationToken)
    {
        var answer = await SendAsync("DescribeKey", static _ => { }, cancellationToken);
        if (!answer.Succeeded)
            return answer.Failure;
        using var told = answer.Value;
        if (told.Text("KeyMetadata", "Arn") is not { } arn)
            return RemoteFailures.Refused($"{Name}: the answer names no key");
        if (told.Text("KeyMetadata", "KeyState") is { } state && state != "Enabled")
            return RemoteFailures.Refused($"{Name} is not enabled but {state}");
        var material = told.Text("KeyMetadata", "CurrentKeyMaterialId");
        current = material is null ? $"aws/{arn}" : $"aws/{arn}/{material}";
        return current;
    }

    /// <inheritdoc/>
    public async ValueTask<Outcome<WrappedKey>> WrapAsync(SecretBytes key, CancellationToken cancellationToken)
    {
        // The answer to Encrypt does not name the material.
        if (current.Length == 0 && await VersionAsync(cancellationToken) is { Succeeded: false } unknown)
            return unknown.Failure;
        var id = current;
        var answer = await SendAsync("Encrypt", json => WriteFields(json, "Plaintext", key.Span), cancellationToken);
        if (!answer.Succeeded)
            return answer.Failure;
        using var wrapped = answer.Value;
        return wrapped.Bytes("CiphertextBlob") is { Length: > 0 and <= WrappingFormat.MostBytes } ciphertext
            ? new WrappedKey(id, ciphertext)
            : RemoteFailures.Refused($"{Name}: the answer holds no ciphertext");
    }

    /// <inheritdoc/>
    public async ValueTask<Outcome<SecretBytes>> UnwrapAsync(WrappedKey wrapped, CancellationToken cancellationToken)
    {
        var answer = await SendAsync("Decrypt", json => WriteFields(json, "CiphertextBlob", wrapped.Ciphertext.Span), cancellationToken);
        if (!answer.Succeeded)
            return answer.Failure;
        using var unwrapped = answer.Value;
        return unwrapped.Secret("Plaintext") is { } key ? key : RemoteFailures.Refused($"{Name}: the answer holds no plaintext");
    }

    /// <inheritdoc/>
    public Outcome<Nothing> Reload() => http.Reload();

    /// <inheritdoc/>
    public void Dispose() => http.Dispose();

    private static void WriteFields(Utf8JsonWriter json, string name, ReadOnlySpan<byte> value)
    {
        json.WriteBase64String(name, value);
        // AWS authenticates it with the ciphertext and shows it in its trail.
        json.WriteStartObject("EncryptionContext");
        json.WriteString("purpose", KmsPurpose.LocalKeyText);
        json.WriteEndObject();
    }

    private async ValueTask<Outcome<RemoteAnswer>> SendAsync(string operation, Action<Utf8JsonWriter> write, CancellationToken cancellationToken)
    {
        using var body = RemoteBody.Json(json =>
        {
            json.WriteString("KeyId", options.Key);
            write(json);
        });
        List<(string Name, string Value)> headers = [("content-type", ContentType), ("x-amz-target", $"TrentService.{operation}")];
        AwsCredentials credentials;
        try
        {
            credentials = options.Credentials();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return RemoteFailures.Out($"{Name}: there are no credentials: {e.Message}");
        }
        var signed = SignatureV4.Sign("POST", endpoint, headers, body.Written, $"{options.Region}/kms", credentials, time.GetUtcNow());
        var request = new RemoteRequest(HttpMethod.Post, endpoint) { Body = body, ContentType = ContentType, Headers = [headers[1], .. signed] };
        var answer = await http.SendAsync(request, cancellationToken);
        if (answer.Succeeded)
            return answer;
        using (answer)
            return Explain(answer, operation);
    }

    private Failure Explain(RemoteAnswer answer, string operation)
    {
        var type = (answer.Text("__type") ?? "").Split('#')[^1];
        var detail = answer.Text("message") ?? answer.Text("Message");
        var message = $"{Name} answers {(int)answer.Status} {type} to {operation}{(detail is null ? "" : ": " + detail)}";
        if (RemoteHttp.IsOutage(answer.Status) || Outages.Contains(type, StringComparer.Ordinal))
            return RemoteFailures.Out(message);
        if (type.Length == 0)
            return RemoteFailures.NotFromIt(message);
        return type is "InvalidCiphertextException" or "IncorrectKeyException" && answer.Status == HttpStatusCode.BadRequest
            ? RemoteFailures.NotOurs(message)
            : RemoteFailures.Refused(message);
    }
}
