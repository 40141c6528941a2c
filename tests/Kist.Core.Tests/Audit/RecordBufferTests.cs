using System.Text;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using Kist.Core.Audit;

namespace Kist.Core.Tests.Audit;

public sealed class RecordBufferTests
{
    [Fact]
    public void Any_text_stays_one_line_and_reads_back()
    {
        var texts = Gen.OneOf(
            ArbMap.Default.GeneratorFor<string>().Select(s => s ?? ""),
            Gen.Elements("\n", "\r\n", "\"", "\\", "\0", "\ud800", "\udc00x", "\u2028", "\u007f", "😀", "</script>", "\"}\n{\"time\":").ListOf().Select(string.Concat));
        Prop.ForAll(Arb.From(texts), Arb.From(texts), (name, value) =>
        {
            var output = new RecordBuffer();
            output.Open('{');
            output.Field("map"u8, new Dictionary<string, string> { [name] = value });
            output.Field("list"u8, [value, name]);
            output.Close('}');
            output.EndRecord();
            var line = Encoding.UTF8.GetString(output.First);
            Assert.DoesNotContain(line, c => c is '\n' or '\r');
            var (mapName, mapValue) = Assert.Single(JsonNode.Parse(line)!["map"]!.AsObject());
            Assert.Equal((WellFormed(name), WellFormed(value)), (mapName, mapValue!.GetValue<string>()));
            Assert.Equal([WellFormed(value), WellFormed(name)], JsonNode.Parse(line)!["list"]!.AsArray().Select(v => v!.GetValue<string>()));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }

    [Fact]
    public void Returned_buffer_is_empty_and_wiped()
    {
        var output = RecordBuffer.Rent();
        output.Raw("planted"u8);
        output.EndRecord();
        RecordBuffer.Return(output);
        Assert.Equal((0, 0), (output.Length, output.Records));
        Assert.All(output.Reserve(7)[..7].ToArray(), b => Assert.Equal(0, b));
    }

    private static string WellFormed(string text) => string.Concat(text.EnumerateRunes());
}
