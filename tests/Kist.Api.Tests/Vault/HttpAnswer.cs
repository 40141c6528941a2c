using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Kist.Api.Tests.Vault;

/// <summary>An answer as it came over the wire.</summary>
internal sealed class HttpAnswer
{
    private readonly Dictionary<string, string> headers = new(StringComparer.OrdinalIgnoreCase);

    private HttpAnswer(int status, byte[] body)
    {
        Status = status;
        Body = body;
    }

    public int Status { get; }

    public byte[] Body { get; }

    public string Text => Encoding.UTF8.GetString(Body);

    public JsonElement Json => JsonDocument.Parse(Body).RootElement;

    public JsonElement Data => Json.GetProperty("data");

    /// <summary>The keys of an answered list.</summary>
    public string Keys => string.Join(',', Data.GetProperty("keys").EnumerateArray().Select(k => k.GetString()));

    /// <summary>A header's value, or null.</summary>
    public string? this[string header] => headers.GetValueOrDefault(header);

    /// <summary>The only message of the body's <c>errors</c>; the body has nothing else.</summary>
    public string Error
    {
        get
        {
            Assert.Equal("errors", Assert.Single(Json.EnumerateObject()).Name);
            return Assert.Single(Json.GetProperty("errors").EnumerateArray()).GetString()!;
        }
    }

    /// <summary>This answer, which must have a status.</summary>
    public HttpAnswer Is(int status)
    {
        Assert.True(status == Status, $"{Status} instead of {status}: {Text}");
        return this;
    }

    public static HttpAnswer Parse(byte[] raw)
    {
        var end = raw.AsSpan().IndexOf("\r\n\r\n"u8);
        Assert.True(end > 0, $"no answer but {raw.Length} bytes");
        var lines = Encoding.Latin1.GetString(raw, 0, end).Split("\r\n");
        var answer = new HttpAnswer(int.Parse(lines[0].Split(' ')[1], CultureInfo.InvariantCulture), raw[(end + 4)..]);
        foreach (var line in lines.Skip(1))
            answer.headers[line[..line.IndexOf(':')]] = line[(line.IndexOf(':') + 1)..].Trim();
        return answer;
    }
}
