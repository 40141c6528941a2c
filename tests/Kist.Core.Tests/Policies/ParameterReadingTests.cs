using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using Kist.Core.Pipeline;
using Kist.Core.Policies;
using Kist.Core.Routing.Fields;
using Kist.Core.Tests.Routing;
using Kist.Wire;

namespace Kist.Core.Tests.Policies;

/// <summary>
/// Constraints on parameters against the fields that they guard: whatever a field's converter makes of a value, a denied value of that meaning denies
/// it.
/// </summary>
public sealed class ParameterReadingTests
{
    private static readonly AllFieldsJson Json = new(FieldJson.Options());

    private static readonly Gen<string> Numbers = Gen.OneOf(
        Gen.Elements("0", "-0", "1", "-1", "2", "5", "0.0", "5.0", "5.00000000000000001", "1e0", "50e-1", "1e-400", "1e400"),
        Gen.Elements("1e15", "1e16", "3600", "0.5"),
        Gen.Elements("9007199254740993", "9223372036854775807", "9223372036854775808", "79228162514264337593543950336", "-2147483648", "2147483648"),
        Gen.Choose(-10, 10).Select(n => n.ToString(CultureInfo.InvariantCulture)),
        from whole in Gen.Choose(-10, 10)
        from part in Gen.Elements(".0", ".5", ".00", "e1", "E-1", "0e-1")
        select whole.ToString(CultureInfo.InvariantCulture) + part);

    private static readonly Gen<string> Words = Gen.OneOf(
        Gen.Elements("", " ", "true", "True", "TRUE", "t", "f", "F", "false", "tRue", "0", "1", "5", "+5", "0x5", "0X05", "0x", "-5", "5.0", "1e0"),
        Gen.Elements("1h", "60m", "3600", "3600s", "1h0m", "1.5h", "0s", "-1h", "1d", "5s", "5000ms", "soon", "99999999999999999999h"),
        Gen.Elements("2026-01-31T12:00:00Z", "2026-01-31T13:00:00+01:00", "2026-01-31"),
        Gen.Elements("admin", "Admin", "app-x", "k=v", "k=", "=v", "k=admin", "*", "*a", "a*", "\"", "\\", "ü", "😀"));

    private static readonly Gen<string> Texts =
        from words in Gen.Choose(1, 3).SelectMany(n => Words.ListOf(n))
        from separator in Gen.Elements(",", ", ", " ,")
        from before in Gen.Elements("", "", " ", "\t")
        from after in Gen.Elements("", "", " ", "\u00a0")
        select before + string.Join(separator, words) + after;

    // Scalars and flat lists of them, as JSON.
    private static readonly Gen<string> Values = Gen.Frequency(
        (6, Scalars()),
        (1, Gen.Choose(1, 3).SelectMany(n => Scalars().ListOf(n)).Select(items => $"[{string.Join(',', items)}]")),
        (1, Scalars().Select(value => $"{{\"k\":{value}}}")));

    [Fact]
    public void What_a_converter_reads_from_a_value_denies_it()
    {
        Prop.ForAll(Arb.From(Values), value =>
        {
            foreach (var (field, reading) in Readings(value))
            {
                var acl = Acl("denied_parameters", reading);
                Assert.True(acl.Ask("a", Operation.Update, $"{{\"x\":{value}}}") == AclReason.Parameters, $"{field} reads {reading} from {value}");
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(5000));
    }

    [Fact]
    public void What_a_converter_reads_from_a_scalar_allows_it()
    {
        Prop.ForAll(Arb.From(Scalars()), value =>
        {
            // In a rule a duration is a number of seconds; lists and maps are allowed element by element.
            foreach (var (field, reading) in Readings(value).Where(r => r.Field is "text" or "flag" or "number" or "big" or "seconds"))
            {
                var acl = Acl("allowed_parameters", reading);
                Assert.True(acl.Ask("a", Operation.Update, $"{{\"x\":{value}}}") == AclReason.Granted, $"{field} reads {reading} from {value}");
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(5000));
    }

    [Fact]
    public void Allowed_number_or_boolean_lets_no_value_pass_that_its_field_reads_otherwise()
    {
        var allowed = Gen.Elements("true", "false", "0", "1", "5", "3600", "-1");
        Prop.ForAll(Arb.From(Scalars()), Arb.From(allowed), (value, pattern) =>
        {
            if (Acl("allowed_parameters", pattern).Ask("a", Operation.Update, $"{{\"x\":{value}}}") != AclReason.Granted)
                return;
            var fields = pattern is "true" or "false" ? (string[])["flag"] : ["number", "big", "seconds"];
            Assert.All(Readings(value).Where(r => fields.Contains(r.Field)), r => Assert.Equal(pattern, r.Value));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(5000));
    }

    [Fact]
    public void Generated_values_are_read_by_every_converter()
    {
        // Without this the comparison could pass by never reading anything.
        var read = Values.Sample(2000).SelectMany(Readings).Select(r => r.Field).ToHashSet(StringComparer.Ordinal);
        string[] fields = ["text", "flag", "number", "big", "duration", "seconds", "time", "list", "numbers", "map"];
        Assert.Empty(fields.Except(read));
    }

    private static Gen<string> Scalars() => Gen.Frequency(
        (3, Numbers), (5, Texts.Select(text => JsonSerializer.Serialize(text))), (1, Gen.Elements("true", "false")));

    private static Acl Acl(string constraint, string value)
    {
        var values = new JsonObject { ["x"] = new JsonArray(JsonNode.Parse(value)) };
        var rule = new JsonObject { ["capabilities"] = new JsonArray("update"), [constraint] = values };
        return AclBuilder.Acl(new JsonObject { ["path"] = new JsonObject { ["a"] = rule } }.ToJsonString());
    }

    // Each field that takes the value, with what it reads as JSON, one by one for lists and maps.
    private static IEnumerable<(string Field, string Value)> Readings(string value)
    {
        var all = new List<(string, string)>();
        Add("text", r => [Text(r.Text)]);
        Add("flag", r => [r.Flag ? "true" : "false"]);
        Add("number", r => [Number(r.Number)]);
        Add("big", r => [Number(r.Big)]);
        Add("duration", r => [Text(GoDuration.Format(r.Duration))]);
        Add("duration", r => r.Duration.Ticks % TimeSpan.TicksPerSecond == 0 ? [Number((long)r.Duration.TotalSeconds)] : [], "seconds");
        Add("time", r => [Text(r.Time.ToUniversalTime().ToString("O", CultureInfo.InvariantCulture))]);
        Add("list", r => r.List!.Select(Text));
        Add("numbers", r => r.Numbers!.Select(n => Number(n)));
        Add("map", r => r.Map!.Values.Select(Text));
        return all;

        void Add(string field, Func<AllFields, IEnumerable<string>> read, string? name = null)
        {
            var bound = FieldJson.Read(System.Text.Encoding.UTF8.GetBytes($"{{\"{field}\":{value}}}"), Json.AllFields);
            if (bound.Succeeded)
                all.AddRange(read(bound.Value).Select(v => (name ?? field, v)));
        }
    }

    private static string Text(string text) => JsonSerializer.Serialize(text);

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}
