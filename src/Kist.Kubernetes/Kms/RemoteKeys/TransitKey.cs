using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Kist.Core;
using Kist.Crypto;
using Kist.Wire.Grpc;

namespace Kist.Kubernetes.Kms.RemoteKeys;

/// <summary>Where a transit key is and how to reach it.</summary>
public sealed record TransitKeyOptions
{
    /// <summary>The server, such as <c>https://kist.example.org:8200</c>.</summary>
    public required Uri Address { get; init; }

    /// <summary>The key's name.</summary>
    public required string Key { get; init; }

    /// <summary>Where the engine is mounted.</summary>
    public string Mount { get; init; } = "transit";

    /// <summary>The tenant namespace; empty for the root.</summary>
    public string Namespace { get; init; } = "";

    /// <summary>Gives the token, anew for each request, so that whoever renews a token file is followed. Throws <see cref="IOException"/>.</summary>
    public required Func<SecretText> Token { get; init; }

    /// <summary>Renews the token while the plugin runs. Off when somebody else does.</summary>
    public bool RenewToken { get; init; } = true;

    /// <summary>File of the authorities to trust; null trusts what the system trusts.</summary>
    public string? CaFile { get; init; }

    /// <summary>The client's certificate; null for none.</summary>
    public string? CertificateFile { get; init; }

    /// <summary>Its key.</summary>
    public string? KeyFile { get; init; }

    /// <summary>Carries requests in tests; null for the network.</summary>
    public Func<HttpMessageHandler>? Handler { get; init; }
}

/// <summary>
/// A key of the transit engine of a Kist or Vault server. The key id holds mount, name, version and when the version was made: a key that was deleted and
/// made again is another one.
/// </summary>
public sealed class TransitKey : IRemoteKey
{
    private readonly TransitKeyOptions options;
    private readonly RemoteHttp http;
    private readonly TransitTokenRenewal renewal;
    private readonly string keyPath;
    private volatile TransitVersions versions = TransitVersions.None;

    /// <summary>Connects with the first question.</summary>
    /// <exception cref="TlsFileException">A file cannot be used.</exception>
    public TransitKey(TransitKeyOptions options, TimeProvider time)
    {
        this.options = options;
        http = new RemoteHttp(options.Handler ?? (() => RemoteHttp.Network(
            TlsFiles.Read(options.CaFile, options.CertificateFile, options.KeyFile), useProxy: !options.Address.IsLoopback)));
        renewal = new TransitTokenRenewal(SendAsync, time);
        keyPath = $"{Escape(options.Mount)}/{{0}}/{Uri.EscapeDataString(options.Key)}";
    }

    /// <inheritdoc/>
    public string Name => $"the transit key \"{options.Key}\" at {options.Address.GetLeftPart(UriPartial.Authority)}";

    /// <inheritdoc/>
    public async ValueTask<Outcome<string>> VersionAsync(CancellationToken cancellationToken)
    {
        if (options.RenewToken)
            await renewal.RenewAsync(cancellationToken);
        var answer = await SendAsync(HttpMethod.Get, string.Format(CultureInfo.InvariantCulture, keyPath, "keys"), null, cancellationToken);
        if (!answer.Succeeded)
            return answer.Failure;
        using var told = answer.Value;
        if (told.Number("data", "latest_version") is not { } latest || told.Find("data", "keys") is not { } keys)
            return RemoteFailures.Refused($"{Name}: the answer tells no versions; is {options.Mount} a transit engine?");
        versions = TransitVersions.Read(keys);
        return KeyId(latest);
    }

    /// <inheritdoc/>
    public async ValueTask<Outcome<WrappedKey>> WrapAsync(SecretBytes key, CancellationToken cancellationToken)
    {
        using var body = RemoteBody.Json(json =>
        {
            json.WriteBase64String("plaintext", key.Span);
            json.WriteBase64String("associated_data", KmsPurpose.LocalKey);
        });
        var answer = await SendAsync(HttpMethod.Post, string.Format(CultureInfo.InvariantCulture, keyPath, "encrypt"), body, cancellationToken);
        if (!answer.Succeeded)
            return answer.Failure;
        using var wrapped = answer.Value;
        if (wrapped.Text("data", "ciphertext") is not { Length: <= WrappingFormat.MostBytes } ciphertext || Version(ciphertext) is not { } version)
            return RemoteFailures.Refused($"{Name}: the answer holds no ciphertext with a version");
        // Rotated since the version was asked for.
        if (!versions.Knows(version) && await VersionAsync(cancellationToken) is { Succeeded: false } unknown)
            return unknown.Failure;
        var id = KeyId(version);
        return id.Succeeded ? new WrappedKey(id.Value, Encoding.ASCII.GetBytes(ciphertext)) : id.Failure;
    }

    /// <inheritdoc/>
    public async ValueTask<Outcome<SecretBytes>> UnwrapAsync(WrappedKey wrapped, CancellationToken cancellationToken)
    {
        using var body = RemoteBody.Json(json =>
        {
            json.WriteString("ciphertext", Encoding.ASCII.GetString(wrapped.Ciphertext.Span));
            json.WriteBase64String("associated_data", KmsPurpose.LocalKey);
        });
        var answer = await SendAsync(HttpMethod.Post, string.Format(CultureInfo.InvariantCulture, keyPath, "decrypt"), body, cancellationToken);
        if (!answer.Succeeded)
            return answer.Failure;
        using var unwrapped = answer.Value;
        return unwrapped.Secret("data", "plaintext") is { } key ? key : RemoteFailures.Refused($"{Name}: the answer holds no key in base64");
    }

    /// <inheritdoc/>
    public Outcome<Nothing> Reload() => http.Reload();

    /// <inheritdoc/>
    public void Dispose() => http.Dispose();

    private static string Escape(string path) => string.Join('/', path.Trim('/').Split('/').Select(Uri.EscapeDataString));

    // "vault:v3:..." and whatever a server writes in the place of "vault".
    private static long? Version(string ciphertext)
    {
        var parts = ciphertext.Split(':', 3);
        return parts.Length == 3 && parts[1].StartsWith('v') && long.TryParse(parts[1].AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var version)
            ? version
            : null;
    }

    // A node that lags behind the one that wrapped, or a server that is not whole yet: an id without the time would be another id for the same version, and
    // all that was written would count as stale.
    private Outcome<string> KeyId(long version) => versions.Made(version) is { } made
        ? $"transit/{options.Mount.Trim('/')}/{options.Key}/v{version}/{made}"
        : RemoteFailures.Out($"{Name}: the server does not tell when version {version} was made; does the node that answers lag behind?");

    private async ValueTask<Outcome<RemoteAnswer>> SendAsync(HttpMethod method, string path, SecretBuffer? body, CancellationToken cancellationToken)
    {
        List<(string, string)> headers = [("X-Vault-Request", "true")];
        try
        {
            headers.Add(("X-Vault-Token", options.Token().Reveal()));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Like a server that is away: whoever writes the token will write it again.
            return RemoteFailures.Out($"{Name}: there is no token: {e.Message}");
        }
        if (options.Namespace.Length > 0)
            headers.Add(("X-Vault-Namespace", options.Namespace));
        var url = new Uri($"{options.Address.AbsoluteUri.TrimEnd('/')}/v1/{path}");
        var answer = await http.SendAsync(new RemoteRequest(method, url) { Body = body, Headers = headers }, cancellationToken);
        if (answer.Succeeded && answer.IsObject)
            return answer;
        using (answer)
            return Explain(answer, path);
    }

    private Failure Explain(RemoteAnswer answer, string path)
    {
        var told = answer.Find("errors") is { ValueKind: JsonValueKind.Array } list ? list : (JsonElement?)null;
        var errors = told is { } texts
            ? string.Join("; ", texts.EnumerateArray().Where(static e => e.ValueKind == JsonValueKind.String).Select(static e => e.GetString()))
            : "";
        var message = $"{Name} answers {(int)answer.Status} to {path}{(errors.Length > 0 ? ": " + errors : "")}";
        if (RemoteHttp.IsOutage(answer.Status))
            return RemoteFailures.Out(message);
        // Vault and Kist send the array with every failure, and be it empty.
        if (told is null)
            return RemoteFailures.NotFromIt(message);
        return answer.Status == HttpStatusCode.BadRequest ? RemoteFailures.NotOurs(message) : RemoteFailures.Refused(message);
    }
}
