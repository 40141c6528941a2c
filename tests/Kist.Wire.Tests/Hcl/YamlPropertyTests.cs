using FsCheck;
using FsCheck.Fluent;
using Kist.Wire.Hcl;

namespace Kist.Wire.Tests.Hcl;

public sealed class YamlPropertyTests
{
    private static readonly Gen<string> Fragment = Gen.Elements(
        "a", "key", "listeners", ": ", ":", "- ", "-", "  ", "    ", "\n", "\r\n", "\t", "{", "}", "[", "]", ",", "\"", "'", "|", ">",
        "|-\n", ">+2\n", "#", " # c",
        "&x ", "*x", "!!str ", "!", "!<x>", "%YAML 1.2\n", "%TAG ! x\n", "---\n", "...\n", "? ", "<<: ", "@", "`", "~", "null", "true", "0x1", "1e9",
        "9223372036854775808", "\\", "\\u", "\"\\ud800\"", "\"\\x41\"", "\0", "\uFEFF", "\uD800", "é", "😀", "\u0085", "\u2028");

    private static readonly string[] Valid =
    [
        "api_addr: \"https://kist:8200\"\nlisteners:\n  - address: 127.0.0.1:8200\n    tls: {cert_file: /a, key_file: '/b'}\n  - unix: /run/k # c\n",
        "storage:\n  sqlite:\n    path: /var/lib/kist\nmax_ttl: 768h\nui: false\ncount: 7\ntext: |\n  two\n  lines\nfolded: >-\n  one\n  line\n",
        "{a: [1, 2, {b: \"c\\n\"}], d: }",
    ];

    [Fact]
    public void Generated_garbage_is_read_or_refused_with_a_position()
    {
        var garbage = Gen.OneOf(Fragment.ListOf().Select(string.Concat), ArbMap.Default.GeneratorFor<string>().Select(s => s ?? ""));
        Prop.ForAll(Arb.From(garbage), ReadsOrRefuses).Check(Config.QuickThrowOnFailure.WithMaxTest(5000));
    }

    [Fact]
    public void Mutated_text_is_read_or_refused_with_a_position()
    {
        var mutated =
            from text in Gen.Elements(Valid)
            from at in Gen.Choose(0, text.Length)
            from removed in Gen.Choose(0, Math.Min(3, text.Length - at))
            from inserted in Fragment
            select text.Remove(at, removed).Insert(at, inserted);
        Prop.ForAll(Arb.From(mutated), ReadsOrRefuses).Check(Config.QuickThrowOnFailure.WithMaxTest(5000));
    }

    // YamlDotNet meets this with an exception of its inner workings, which the program's start did not take for a fault of the file.
    [Fact]
    public void Malformed_text_is_refused_whatever_the_parser_throws()
    {
        var error = Assert.Throws<HclException>(() => YamlDocument.Parse("...\n\\listeners["));
        Assert.Equal("this is not valid YAML", error.Reason);
        Assert.InRange(error.Position.Line, 1, 2);
    }

    [Fact]
    public void Valid_texts_are_read()
    {
        // Without this the mutations could be garbage from the start.
        Assert.All(Valid, text => Assert.NotEmpty(YamlDocument.Parse(text).Root.Items));
    }

    [Theory]
    [InlineData("[")]
    [InlineData("{")]
    [InlineData("- ")]
    [InlineData("? ")]
    [InlineData("a: ")]
    [InlineData("&a ")]
    [InlineData("\"")]
    [InlineData("a: 1\n")]
    [InlineData("!x ")]
    [InlineData("- [")]
    public void Largest_repetition_of_a_fragment_ends(string fragment)
    {
        Assert.True(ReadsOrRefuses(string.Concat(Enumerable.Repeat(fragment, HclDocument.MaxLength / fragment.Length))));
    }

    private static bool ReadsOrRefuses(string text)
    {
        try
        {
            _ = TreeText.Of(YamlDocument.Parse(text).Root, positions: false);
            return true;
        }
        catch (HclException e)
        {
            return e.Reason.Length > 0 && e.Position is { Line: >= 1, Column: >= 1 };
        }
    }
}
