using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Kist.Crypto;

namespace Kist.Kubernetes.Tests.Kms;

/// <summary>The transit engine as its HTTP interface shows it, with one key, and what can go wrong with it.</summary>
internal sealed class FakeTransit : HttpMessageHandler
{
    public const string Token = "the-token";

    private readonly ConcurrentDictionary<int, (byte[] Key, long Made)> versions = [];
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private long clock = 1_700_000_000;

    public FakeTransit() => Rotate();

    public int Latest => versions.Keys.Max();

    public int MinDecryption { get; set; } = 1;

    /// <summary>The last version that <c>keys</c> tells of, as a node does that lags behind the one that encrypts; null for all.</summary>
    public int? Lags { get; set; }

    /// <summary>Changes how the answer to <c>decrypt</c> is written, without changing what it says.</summary>
    public Func<string, string>? Escape { get; set; }

    /// <summary>No connection can be made.</summary>
    public bool IsDown { get; set; }

    /// <summary>Packets to it vanish, so that the time for a connection ends: what the web client throws then.</summary>
    public bool IsBlackHole { get; set; }

    /// <summary>What a proxy in front of it answers to all with a page of its own, as an ingress without its routes does; null for none.</summary>
    public HttpStatusCode? Page { get; set; }

    /// <summary>Requests get no answer until cancelled.</summary>
    public bool Hangs { get; set; }

    /// <summary>What it answers to a request, by the word in its path, in the place of its own answer.</summary>
    public ConcurrentDictionary<string, HttpStatusCode> Refusals { get; } = [];

    /// <summary>Requests by the word in their path.</summary>
    public ConcurrentDictionary<string, int> Requests { get; } = [];

    /// <summary>The last request's headers.</summary>
    public Dictionary<string, string> Headers { get; private set; } = [];

    public void Rotate() => versions[versions.Count + 1] = (RandomNumberGenerator.GetBytes(32), Interlocked.Increment(ref clock));

    /// <summary>The key was deleted and made again under its name.</summary>
    public void Recreate()
    {
        versions.Clear();
        Rotate();
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var segments = request.RequestUri!.AbsolutePath.Split('/');
        var word = segments[^1] == "renew-self" ? "renew-self" : segments[^2];
        Requests.AddOrUpdate(word, 1, static (_, n) => n + 1);
        Headers = request.Headers.ToDictionary(h => h.Key, h => string.Join(',', h.Value), StringComparer.OrdinalIgnoreCase);
        if (Hangs)
            await Task.Delay(Timeout.Infinite, cancellationToken);
        if (IsBlackHole)
            throw new TaskCanceledException("a task was canceled", new TimeoutException("no connection within the configured ConnectTimeout"));
        if (IsDown)
            throw new HttpRequestException("connection refused");
        if (Page is { } page)
            return new HttpResponseMessage(page) { Content = new StringContent("<html>default backend") };
        if (Refusals.TryGetValue(word, out var status))
            return Answer(status, new JsonObject { ["errors"] = new JsonArray("the fake says no") });
        if (Headers.GetValueOrDefault("X-Vault-Token") != Token)
            return Answer(HttpStatusCode.Forbidden, new JsonObject { ["errors"] = new JsonArray("permission denied") });
        var body = request.Content is null ? null : JsonNode.Parse(await request.Content.ReadAsStringAsync(cancellationToken));
        return word switch
        {
            "keys" => Answer(HttpStatusCode.OK, Data(("latest_version", Lags ?? Latest), ("keys", Versions()))),
            "encrypt" => Encrypt(body!),
            "decrypt" => Decrypt(body!),
            "renew-self" => Answer(HttpStatusCode.OK, new JsonObject { ["auth"] = new JsonObject { ["lease_duration"] = 3600, ["renewable"] = true } }),
            _ => Answer(HttpStatusCode.NotFound, new JsonObject { ["errors"] = new JsonArray() }),
        };
    }

    private JsonObject Versions()
    {
        var all = new JsonObject();
        foreach (var (number, version) in versions.Where(v => v.Key <= (Lags ?? Latest)))
            all[$"{number}"] = version.Made;
        return all;
    }

    private HttpResponseMessage Encrypt(JsonNode body)
    {
        var plaintext = Convert.FromBase64String(body["plaintext"]!.GetValue<string>());
        var bytes = new byte[12 + plaintext.Length + 16];
        RandomNumberGenerator.Fill(bytes.AsSpan(0, 12));
        using var key = new AeadKey(versions[Latest].Key);
        key.Encrypt(bytes.AsSpan(0, 12), plaintext, bytes.AsSpan(12, plaintext.Length), bytes.AsSpan(12 + plaintext.Length), AssociatedData(body));
        return Answer(HttpStatusCode.OK, Data(("ciphertext", $"vault:v{Latest}:{Convert.ToBase64String(bytes)}")));
    }

    private HttpResponseMessage Decrypt(JsonNode body)
    {
        var parts = body["ciphertext"]!.GetValue<string>().Split(':');
        if (parts is not ["vault", ['v', .. var digits], var base64]
            || !int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            || Base64(base64) is not { Length: > 28 } bytes)
        {
            return Answer(HttpStatusCode.BadRequest, new JsonObject { ["errors"] = new JsonArray("invalid ciphertext") });
        }
        if (number < MinDecryption || !versions.TryGetValue(number, out var version))
            return Answer(HttpStatusCode.BadRequest, new JsonObject { ["errors"] = new JsonArray("ciphertext or signature version is disallowed by policy (too old)") });
        var plaintext = new byte[bytes.Length - 28];
        using var key = new AeadKey(version.Key);
        return key.TryDecrypt(bytes.AsSpan(0, 12), bytes.AsSpan(12..^16), bytes.AsSpan(^16..), plaintext, AssociatedData(body))
            ? Answer(HttpStatusCode.OK, Data(("plaintext", Convert.ToBase64String(plaintext))), Escape)
            : Answer(HttpStatusCode.BadRequest, new JsonObject { ["errors"] = new JsonArray("cipher: message authentication failed") });
    }

    private static byte[]? Base64(string text)
    {
        var bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text, bytes, out var length) ? bytes[..length] : null;
    }

    private static byte[] AssociatedData(JsonNode body) => Convert.FromBase64String(body["associated_data"]?.GetValue<string>() ?? "");

    private static JsonObject Data(params (string Name, JsonNode Value)[] fields)
    {
        var data = new JsonObject();
        foreach (var (name, value) in fields)
            data[name] = value;
        return new JsonObject { ["data"] = data };
    }

    private static HttpResponseMessage Answer(HttpStatusCode status, JsonObject body, Func<string, string>? escape = null)
    {
        var text = body.ToJsonString(Plain);
        return new(status) { Content = new StringContent(escape?.Invoke(text) ?? text, Encoding.UTF8, "application/json") };
    }
}
