using System.Text;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using Kist.Client.Tests.Fakes;
using Kist.Commands.Arguments;
using Kist.Commands.Cli;

namespace Kist.Client.Tests.Commands;

public sealed class DataArgumentsTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    [Theory]
    [InlineData("a=b", """{"a":"b"}""")]
    [InlineData("a=", """{"a":""}""")]
    [InlineData("a=b=c", """{"a":"b=c"}""")]
    [InlineData("a=1", """{"a":"1"}""")]
    [InlineData("a=true", """{"a":"true"}""")]
    [InlineData("a=b|c=d", """{"a":"b","c":"d"}""")]
    [InlineData("a=1|a=2|a=3", """{"a":["1","2","3"]}""")]
    [InlineData(@"a=\@b", """{"a":"@b"}""")]
    [InlineData(@"a=\b", """{"a":"\\b"}""")]
    [InlineData("a=é", """{"a":"é"}""")]
    public void Pairs_become_json(string arguments, string json) => AssertJson(json, Read("", arguments.Split('|')));

    [Fact]
    public void A_value_can_come_from_a_file_as_it_is() =>
        AssertJson("""{"a":"line 1\nline 2\n"}""", Read("", $"a=@{folder.File("f", "line 1\nline 2\n")}"));

    [Fact]
    public void A_value_can_come_from_standard_input() => AssertJson("""{"a":"in\n"}""", Read("in\n", "a=-"));

    [Fact]
    public void An_object_can_come_from_standard_input_with_its_types() =>
        AssertJson("""{"n":12345678901234567890,"l":[1],"b":"x"}""", Read("""{"n":12345678901234567890,"l":[1]}""", "-", "b=x"));

    [Fact]
    public void An_object_can_come_from_a_file() => AssertJson("""{"a":null}""", Read("", $"@{folder.File("f", "{\"a\":null}")}"));

    [Theory]
    [InlineData("marked-secret")]
    [InlineData("=marked-secret")]
    public void What_has_no_key_is_refused_without_quoting_it(string argument)
    {
        var error = Assert.Throws<ExitException>(() => Read("", "a=b", argument));
        Assert.Contains("argument 2", error.Message);
        Assert.DoesNotContain("marked", error.Message);
    }

    [Theory]
    [InlineData("[1]", "must be a JSON object")]
    [InlineData("{\"marked\":", "is not JSON")]
    [InlineData("", "is not JSON")]
    [InlineData("{\"a\":1,\"a\":2}", "is not JSON")]
    [InlineData("{\"a\":[\"marked\\ud83d\"]}", "without its other half")]
    [InlineData("{\"marked\\udd11\":1}", "without its other half")]
    public void Json_that_is_no_object_is_refused_without_quoting_it(string input, string message)
    {
        var error = Assert.Throws<ExitException>(() => Read(input, "-"));
        Assert.Contains(message, error.Message);
        Assert.DoesNotContain("marked", error.Message);
    }

    [Fact]
    public void Standard_input_serves_one_value_only() =>
        Assert.Contains("one value only", Assert.Throws<ExitException>(() => Read("x", "a=-", "b=-")).Message);

    [Fact]
    public void A_missing_file_is_named() => Assert.Contains("absent", Assert.Throws<ExitException>(() => Read("", "a=@absent")).Message);

    [Fact]
    public void Bytes_that_are_no_text_are_refused_rather_than_changed()
    {
        var arguments = new DataArguments(new InputText(new MemoryStream([0x61, 0xff, 0x62])));
        Assert.Contains("base64", Assert.Throws<ExitException>(() => arguments.Read(["a=-"])).Message);
    }

    [Theory]
    [InlineData("a=b", false)]
    [InlineData("a=-", true)]
    public void Values_from_outside_are_marked(string argument, bool outside)
    {
        var arguments = new DataArguments(new InputText(new MemoryStream("x"u8.ToArray())));
        arguments.Read([argument]);
        Assert.Equal(outside, arguments.CameFromOutside);
    }

    [Fact]
    public void Every_text_arrives_unchanged() => Prop.ForAll(ArbMap.Default.ArbFor<string>(), text =>
    {
        if (text is null || text.Any(char.IsSurrogate))
            return true;
        var input = new DataArguments(new InputText(new MemoryStream(Encoding.UTF8.GetBytes(text)))).Read(["a=-"]);
        return (string?)JsonNode.Parse(input.ToJsonString())!["a"] == text;
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Any_arguments_are_either_read_or_refused_with_usage() => Prop.ForAll(
        Gen.ArrayOf(Gen.ArrayOf(Gen.Elements("@-=\\ab{}\"\0".ToCharArray())).Select(c => new string(c))).ToArbitrary(),
        words =>
        {
            try
            {
                return Read("{}", words).Count <= words.Length;
            }
            catch (ExitException e)
            {
                return e.Code == ExitCode.Usage;
            }
        }).QuickCheckThrowOnFailure();

    public void Dispose() => folder.Dispose();

    private static JsonObject Read(string input, params string[] arguments) =>
        new DataArguments(new InputText(new MemoryStream(Encoding.UTF8.GetBytes(input)))).Read(arguments);

    private static void AssertJson(string expected, JsonObject actual) =>
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), JsonNode.Parse(actual.ToJsonString())), actual.ToJsonString());
}
