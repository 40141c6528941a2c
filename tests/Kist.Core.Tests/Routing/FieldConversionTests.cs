using System.Text.Json;
using System.Text.Json.Serialization;
using Kist.Core.Pipeline;
using Kist.Core.Routing;
using Kist.Core.Routing.Fields;
using Kist.Crypto;

namespace Kist.Core.Tests.Routing;

/// <summary>Each field type in each form that Vault's clients send, and the forms that cannot be converted.</summary>
public sealed class FieldConversionTests
{
    private static readonly AllFieldsJson Json = new(FieldJson.Options());

    [Theory]
    [InlineData("\"abc\"", "abc")]
    [InlineData("12", "12")]
    [InlineData("1.50", "1.50")]
    [InlineData("true", "1")]
    [InlineData("false", "0")]
    [InlineData("\"\"", "")]
    public void Strings_take_numbers_and_booleans(string json, string expected) => Assert.Equal(expected, Read($"{{\"text\":{json}}}").Text);

    [Theory]
    [InlineData("\"abc\"", "abc")]
    [InlineData("\"\"", "")]
    [InlineData("\"ä€😀\"", "ä€😀")]
    [InlineData("\"\\u0061\\n\\\"\\ud83d\\ude00/\\/\"", "a\n\"😀//")]
    [InlineData("12", "12")]
    [InlineData("1.50", "1.50")]
    [InlineData("true", "1")]
    [InlineData("false", "0")]
    public void Secrets_take_what_strings_take(string json, string expected) => Assert.Equal(expected, Read($"{{\"secret\":{json}}}").Secret!.Reveal());

    [Theory]
    [InlineData("true", true)]
    [InlineData("\"true\"", true)]
    [InlineData("\"T\"", true)]
    [InlineData("\"1\"", true)]
    [InlineData("1", true)]
    [InlineData("-3", true)]
    [InlineData("false", false)]
    [InlineData("\"FALSE\"", false)]
    [InlineData("\"0\"", false)]
    [InlineData("\"\"", false)]
    [InlineData("0", false)]
    public void Booleans_take_words_and_numbers(string json, bool expected) => Assert.Equal(expected, Read($"{{\"flag\":{json}}}").Flag);

    [Theory]
    [InlineData("7", 7)]
    [InlineData("-7", -7)]
    [InlineData("7.0", 7)]
    [InlineData("\"7\"", 7)]
    [InlineData("\" 7 \"", 7)]
    [InlineData("\"0x1f\"", 31)]
    [InlineData("\"\"", 0)]
    [InlineData("true", 1)]
    [InlineData("false", 0)]
    public void Numbers_take_strings_and_booleans(string json, int expected)
    {
        Assert.Equal(expected, Read($"{{\"number\":{json}}}").Number);
        Assert.Equal(expected, Read($"{{\"big\":{json}}}").Big);
    }

    [Theory]
    [InlineData("90", 90)]
    [InlineData("\"90\"", 90)]
    [InlineData("\"90s\"", 90)]
    [InlineData("\"1m30s\"", 90)]
    [InlineData("\"1h\"", 3600)]
    [InlineData("\"1d\"", 86400)]
    [InlineData("\"\"", 0)]
    [InlineData("0", 0)]
    public void Durations_take_seconds_and_words(string json, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), Read($"{{\"duration\":{json}}}").Duration);

    [Theory]
    [InlineData("[\"a\",\"b\"]", "a|b")]
    [InlineData("\"a,b\"", "a|b")]
    [InlineData("\"a, b ,\"", "a|b")]
    [InlineData("\"\"", "")]
    [InlineData("[]", "")]
    [InlineData("[1,true]", "1|1")]
    [InlineData("5", "5")]
    public void Lists_take_commas(string json, string expected) => Assert.Equal(expected, string.Join('|', Read($"{{\"list\":{json}}}").List!));

    [Theory]
    [InlineData("[1,\"2\"]", "1|2")]
    [InlineData("3", "3")]
    [InlineData("\"1, 2\"", "1|2")]
    public void Lists_of_numbers_take_strings(string json, string expected) =>
        Assert.Equal(expected, string.Join('|', Read($"{{\"numbers\":{json}}}").Numbers!));

    [Theory]
    [InlineData("{\"a\":\"1\",\"b\":2}", "a=1|b=2")]
    [InlineData("[\"a=1\",\"b=2=3\"]", "a=1|b=2=3")]
    [InlineData("\"a=1, b=2\"", "a=1|b=2")]
    [InlineData("\"\"", "")]
    public void Maps_take_pairs(string json, string expected) =>
        Assert.Equal(expected, string.Join('|', Read($"{{\"map\":{json}}}").Map!.Select(p => $"{p.Key}={p.Value}")));

    [Theory]
    [InlineData("\"2026-01-31T12:00:00Z\"")]
    [InlineData("\"2026-01-31T13:30:00+01:30\"")]
    [InlineData("\"2026-01-31T12:00:00.000000000Z\"")]
    [InlineData("1769860800")]
    [InlineData("\"1769860800\"")]
    public void Times_take_seconds_since_1970(string json) =>
        Assert.Equal(new DateTimeOffset(2026, 1, 31, 12, 0, 0, TimeSpan.Zero), Read($"{{\"time\":{json}}}").Time.ToUniversalTime());

    [Theory]
    [InlineData("text")]
    [InlineData("flag")]
    [InlineData("number")]
    [InlineData("big")]
    [InlineData("duration")]
    [InlineData("time")]
    [InlineData("list")]
    [InlineData("numbers")]
    [InlineData("map")]
    [InlineData("secret")]
    public void Null_means_that_the_field_is_absent(string field) => Assert.Equal(new AllFields(), Bind($"{{\"{field}\":null}}"));

    [Fact]
    public void Null_is_a_value_where_any_value_is_taken() => Assert.Equal("null", System.Text.Encoding.UTF8.GetString(Bind("{\"raw\":null}").Raw.Utf8.Span));

    [Fact]
    public void Secrets_and_raw_values_are_kept_as_sent()
    {
        var read = Read("{\"secret\":\"s3cr3t\",\"raw\":{ \"b\":[1, 2] }}");
        Assert.Equal("s3cr3t", read.Secret!.Reveal());
        Assert.Equal("{ \"b\":[1, 2] }", System.Text.Encoding.UTF8.GetString(read.Raw.Utf8.Span));
        Assert.DoesNotContain("s3cr3t", read.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("text", "[]")]
    [InlineData("text", "{}")]
    [InlineData("flag", "\"maybe\"")]
    [InlineData("flag", "[]")]
    [InlineData("number", "\"seven\"")]
    [InlineData("number", "7.5")]
    [InlineData("number", "3000000000")]
    [InlineData("number", "1e400")]
    [InlineData("big", "\"99999999999999999999\"")]
    [InlineData("duration", "\"soon\"")]
    [InlineData("duration", "true")]
    [InlineData("duration", "1e300")]
    [InlineData("list", "{}")]
    [InlineData("list", "[[]]")]
    [InlineData("numbers", "[\"x\"]")]
    [InlineData("map", "7")]
    [InlineData("map", "[\"novalue\"]")]
    [InlineData("map", "{\"a\":[]}")]
    [InlineData("list", "[null]")]
    [InlineData("numbers", "[null]")]
    [InlineData("map", "{\"a\":null}")]
    [InlineData("time", "\"yesterday\"")]
    [InlineData("time", "\"\"")]
    [InlineData("time", "true")]
    [InlineData("time", "1.5")]
    [InlineData("time", "\"2026-01-31\"")]
    [InlineData("time", "\"2026-01-31T12:00:00\"")]
    [InlineData("time", "999999999999")]
    [InlineData("time", "\"-999999999999\"")]
    public void What_cannot_be_converted_is_refused_by_name_without_the_value(string field, string json)
    {
        var error = Assert.Throws<JsonException>(() => Read($"{{\"{field}\":{json}}}"));
        var failure = FieldErrors.From(error, Json.AllFields);
        Assert.Equal(FailureKind.Invalid, failure.Kind);
        Assert.Contains($"\"{field}", failure.Message, StringComparison.Ordinal);
        Assert.Contains("expected", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("yesterday", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("Kist.", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Durations_are_written_as_seconds_and_times_in_utc()
    {
        var text = JsonSerializer.Serialize(
            new AllFields { Duration = TimeSpan.FromMinutes(2), Time = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.FromHours(1)) }, Json.AllFields);
        Assert.Contains("\"duration\":120", text, StringComparison.Ordinal);
        Assert.Contains("\"time\":\"2026-01-02T02:04:05Z\"", text, StringComparison.Ordinal);
    }

    // As a route does it: from a body.
    private static AllFields Bind(string body)
    {
        var route = new RouteMap(Json).Write<AllFields, Nothing>("x", static (_, _, _) => throw new NotSupportedException(), "For tests.");
        var context = new RequestContext
        {
            Request = new Request { Id = "1", Path = "x", Operation = Operation.Update },
            Mount = null!,
            Storage = null!,
            Route = route,
            Parameters = default,
            // Nothing that is tested here issues secrets.
            Leases = null!,
        };
        return FieldJson.Read(FieldBinder.Bind(context, JsonBody.Check(System.Text.Encoding.UTF8.GetBytes(body)).Value), Json.AllFields).Value;
    }

    private static AllFields Read(string json) => JsonSerializer.Deserialize(json, Json.AllFields)!;
}

internal sealed record AllFields
{
    public string Text { get; set; } = "";

    public bool Flag { get; set; }

    public int Number { get; set; }

    public long Big { get; set; }

    public TimeSpan Duration { get; set; }

    public DateTimeOffset Time { get; set; }

    public IReadOnlyList<string>? List { get; set; }

    public IReadOnlyList<int>? Numbers { get; set; }

    public IReadOnlyDictionary<string, string>? Map { get; set; }

    public SecretText? Secret { get; set; }

    public RawJson Raw { get; set; }
}

[JsonSerializable(typeof(AllFields))]
internal sealed partial class AllFieldsJson : JsonSerializerContext;
