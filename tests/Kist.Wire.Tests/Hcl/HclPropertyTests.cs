using System.Globalization;
using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Kist.Wire.Hcl;

namespace Kist.Wire.Tests.Hcl;

public sealed class HclPropertyTests
{
    private static readonly Gen<string> Text = Gen.OneOf(
        Gen.Elements(
            "a", "path", "x-1", "_b", "a.b", "true", "", "\"", "\\", "a\nb", "#", "${", "{{identity}}", "ü", "😀", "\u0001", "// x", "<<EOF"),
        ArbMap.Default.GeneratorFor<char>().Select(Clean));

    private static readonly Gen<string> Fragment = Gen.Elements(
        "path", "\"x\"", "{", "}", "[", "]", "=", ",", ":", "\n", " ", "\"", "\\", "<<EOF\n", "<<-E\n", "EOF\n", "#", "//", "/*", "*/",
        "1", "-", "0x", "1e9", "true", "null", "\\u", "d800", "${", "'", "\0", "\uFEFF", "\uD800", "é", "\r\n", "\t");

    private static readonly string[] Valid =
    [
        "path \"secret/*\" {\n  capabilities = [\"read\", \"list\"] # c\n  allowed_parameters = { \"a\" = [1, \"b*\"] }\n}\n",
        "a = <<-EOF\n    x\n  EOF\nb { c = \"\\u00fc ${x[\"y\"]}\" }\n",
        "{\"path\": {\"x\": {\"capabilities\": [\"read\"], \"n\": -1.5e3, \"t\": true}}}",
    ];

    [Fact]
    public void Written_tree_is_read_back()
    {
        Prop.ForAll(Arb.From(Trees(3)), tree => Reads(tree, Hcl(tree)) && Reads(tree, Json(tree))).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Generated_garbage_is_read_or_refused_with_a_position()
    {
        var garbage = Gen.OneOf(Fragment.ListOf().Select(string.Concat), ArbMap.Default.GeneratorFor<string>().Select(s => s ?? ""));
        Prop.ForAll(Arb.From(garbage), ReadsOrRefuses).Check(Config.QuickThrowOnFailure.WithMaxTest(3000));
    }

    [Fact]
    public void Mutated_text_is_read_or_refused_with_a_position()
    {
        var mutated =
            from text in Gen.Elements(Valid)
            from at in Gen.Choose(0, text.Length)
            from removed in Gen.Choose(0, Math.Min(3, text.Length - at))
            from inserted in Gen.Elements("", "\"", "{", "}", "[", "]", "=", "\\", "\n", ",", "\0", "/*", "<<", "-")
            select text.Remove(at, removed).Insert(at, inserted);
        Prop.ForAll(Arb.From(mutated), ReadsOrRefuses).Check(Config.QuickThrowOnFailure.WithMaxTest(3000));
    }

    [Theory]
    [InlineData("\"")]
    [InlineData("a ")]
    [InlineData("a = 1\n")]
    [InlineData("a = [1, \"${")]
    [InlineData("<<EOF\n")]
    [InlineData("a = <<EOF\nEOF\n")]
    [InlineData("/*")]
    [InlineData("9")]
    [InlineData("\\u")]
    public void Largest_repetition_of_a_fragment_ends(string fragment)
    {
        var text = string.Concat(Enumerable.Repeat(fragment, HclDocument.MaxLength / fragment.Length));
        Assert.True(ReadsOrRefuses(text));
        Assert.True(ReadsOrRefuses("a = " + text[..^4]));
    }

    private static bool ReadsOrRefuses(string text)
    {
        foreach (var parse in (Func<string, HclDocument>[])[HclDocument.Parse, HclDocument.ParseJson])
        {
            try
            {
                _ = TreeText.Of(parse(text).Root, positions: false);
            }
            catch (HclException e)
            {
                var lines = text.Count(c => c == '\n') + 1;
                if (e.Reason.Length == 0 || e.Position.Line < 1 || e.Position.Line > lines || e.Position.Column < 1)
                    return false;
            }
        }
        return true;
    }

    private static string Clean(char c) => char.IsSurrogate(c) || c is '\0' or '\uFEFF' ? "x" : c.ToString();

    private static bool Reads(HclObject tree, string text) =>
        string.Equals(TreeText.Of(tree, positions: false), TreeText.Of(HclDocument.Parse(text).Root, positions: false), StringComparison.Ordinal);

    private static Gen<HclObject> Trees(int depth) =>
        from items in Items(depth).ListOf(depth)
        select new HclObject([.. items], default);

    private static Gen<HclItem> Items(int depth) =>
        from key in Text
        from value in Values(depth)
        select new HclItem(new HclKey(key, default), [], value);

    private static Gen<HclValue> Values(int depth)
    {
        var leaves = Gen.OneOf(
            Text.Select(HclValue (t) => new HclString(t, default)),
            Gen.Choose(-1000, 1000).Select(HclValue (n) => new HclNumber(n.ToString(CultureInfo.InvariantCulture), n, n, default)),
            Gen.Elements(1.5, -2.25, 1e300).Select(HclValue (n) => new HclNumber(n.ToString("R", CultureInfo.InvariantCulture), n, null, default)),
            ArbMap.Default.GeneratorFor<bool>().Select(HclValue (b) => new HclBool(b, default)));
        return depth == 0
            ? leaves
            : Gen.OneOf(
                leaves,
                Values(depth - 1).ListOf(depth).Select(HclValue (l) => new HclList([.. l], default)),
                Trees(depth - 1).Select(HclValue (o) => o));
    }

    private static string Hcl(HclObject tree) => string.Concat(tree.Items.Select((item, i) =>
        Quote(item.Key.Text) + (i % 2 == 0 && item.Value is HclObject ? " " : " = ") + Hcl(item.Value) + "\n"));

    private static string Hcl(HclValue value) => value switch
    {
        HclString s => Quote(s.Text),
        HclNumber n => n.Text,
        HclBool b => b.Value ? "true" : "false",
        HclList l => "[" + string.Join(", /* c */ ", l.Elements.Select(Hcl)) + "]",
        HclObject o => "{ # c\n" + Hcl(o) + "}",
        _ => throw new ArgumentOutOfRangeException(nameof(value)),
    };

    // An interpolation would keep the escapes inside it, so its start is written as an escape.
    private static string Quote(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (var c in text)
        {
            _ = c switch
            {
                '"' or '\\' => quoted.Append('\\').Append(c),
                '\n' => quoted.Append("\\n"),
                '{' => quoted.Append("\\x7b"),
                _ => quoted.Append(c),
            };
        }
        return quoted.Append('"').ToString();
    }

    private static string Json(HclObject tree) =>
        "{" + string.Join(",", tree.Items.Select(i => JsonSerializer.Serialize(i.Key.Text) + ":" + Json(i.Value))) + "}";

    private static string Json(HclValue value) => value switch
    {
        HclString s => JsonSerializer.Serialize(s.Text),
        HclNumber n => n.Text,
        HclBool b => b.Value ? "true" : "false",
        HclList l => "[" + string.Join(",", l.Elements.Select(Json)) + "]",
        HclObject o => Json(o),
        _ => throw new ArgumentOutOfRangeException(nameof(value)),
    };
}
