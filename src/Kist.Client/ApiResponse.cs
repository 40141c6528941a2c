using System.Net;
using System.Text;
using System.Text.Json;

namespace Kist.Client;

/// <summary>An answer of the server, of any status.</summary>
public sealed class ApiResponse
{
    private readonly ApiRequest request;
    private readonly string url;

    internal ApiResponse(ApiRequest request, string url, HttpStatusCode status, ReadOnlyMemory<byte> body)
    {
        this.request = request;
        this.url = url;
        Status = status;
        Body = body;
        Json = ParseObject(body.Span);
    }

    /// <summary>The status.</summary>
    public HttpStatusCode Status { get; }

    /// <summary>The body as received.</summary>
    public ReadOnlyMemory<byte> Body { get; }

    /// <summary>The body's JSON object, or null when it is none.</summary>
    public JsonElement? Json { get; }

    /// <summary>True for 2xx.</summary>
    public bool Succeeded => (int)Status is >= 200 and < 300;

    /// <summary>True when there is an answer to show: a success, or a 404 that explains itself (a deleted version has metadata).</summary>
    public bool Found => Succeeded || (Status == HttpStatusCode.NotFound && Data is not null);

    /// <summary>True when there is data to show, under whatever status: a batch of which parts failed is answered so. The status still counts.</summary>
    public bool HasData => Succeeded || (Data is not null && Errors.Count == 0);

    /// <summary>True when nothing stands at the path: a 404 without a word.</summary>
    public bool IsNothing => Status == HttpStatusCode.NotFound && !Found && Errors.Count == 0;

    /// <summary>The object under <c>data</c>, or null.</summary>
    public JsonElement? Data => Json?.Object("data");

    /// <summary>What went wrong, by the server's words; empty after a success.</summary>
    public IReadOnlyList<string> Errors => Succeeded ? [] : Json?.Texts("errors") ?? [];

    /// <summary>Hints of the server that are no failures.</summary>
    public IReadOnlyList<string> Warnings => Json?.Texts("warnings") ?? [];

    /// <summary>Answers itself after a success or a 404 that explains itself.</summary>
    /// <exception cref="ApiException">The request failed.</exception>
    public ApiResponse EnsureFound() => Found ? this : throw Failure();

    /// <summary>Answers itself after a success or when it has data and names no error; see <see cref="HasData"/>.</summary>
    /// <exception cref="ApiException">The request failed.</exception>
    public ApiResponse EnsureData() => HasData ? this : throw Failure();

    /// <summary>Answers itself after a success.</summary>
    /// <exception cref="ApiException">The request failed.</exception>
    public ApiResponse EnsureSuccess() => Succeeded ? this : throw Failure();

    private ApiException Failure() => new(request.Method, url, Status, Errors.Count > 0 || Json is not null ? Errors : Unstructured())
    {
        Warnings = Warnings,
    };

    /// <summary>The start of a body that is not the API's, such as a proxy's page.</summary>
    private string[] Unstructured()
    {
        const int Enough = 300;
        var text = Encoding.UTF8.GetString(Body.Span[..Math.Min(Body.Length, Enough)]).Trim();
        return text.Length == 0 ? [] : [text];
    }

    private static JsonElement? ParseObject(ReadOnlySpan<byte> body)
    {
        if (!body.TrimStart(" \t\r\n"u8).StartsWith("{"u8))
            return null;
        try
        {
            return JsonElement.Parse(body);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
