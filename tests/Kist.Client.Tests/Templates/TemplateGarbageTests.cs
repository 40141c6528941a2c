using System.Text;
using Kist.Client.Templates;
using Kist.Client.Templates.Functions;

namespace Kist.Client.Tests.Templates;

/// <summary>Whatever a template's text or data is, the outcome is an output or a fault with a place.</summary>
public sealed class TemplateGarbageTests
{
    private static readonly string[] Parts =
    [
        "{{", "}}", "{{-", "-}}", " ", "\n", "-", "/*", "*/", "\"", "`", "'", "(", ")", "|", ":=", "=", ",", ".", "$", "$x", ".a", "..", "\\", "\\x",
        "if", "else", "end", "range", "with", "define", "template", "block", "break", "continue", "nil", "true", "1", "-1",
        "0x", "1e", "99", "1.5", "\"t\"", "printf", "index", "secret", "loop 2", "scratch", "scratch.Set", "parseJSON", "toYAML",
        "{{if 1}}", "{{end}}", "{{else}}", "{{range loop 2}}", "{{with .}}", "{{define \"t\"}}", "{{template \"t\"}}", "{{break}}",
        "é", "\ud83d\ude00", "\ud800", "\0", "\u2028", "#", "%d", "[[", "]]", "<",
    ];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Texts_made_of_scraps_never_fail_otherwise(int seed)
    {
        var random = new Random(seed);
        for (var i = 0; i < 10_000; i++)
            Check(string.Concat(Enumerable.Range(0, random.Next(1, 20)).Select(_ => Parts[random.Next(Parts.Length)])));
    }

    [Theory]
    [InlineData(5)]
    [InlineData(6)]
    public void Sound_templates_with_damage_never_fail_otherwise(int seed)
    {
        var random = new Random(seed);
        var cases = SyntaxTests.Cases.Concat(FunctionTests.Cases).Concat(SprigTests.Cases);
        var sound = cases.Select(c => (string)c[0]).Where(t => t.Length > 0).ToList();
        for (var i = 0; i < 10_000; i++)
        {
            var text = new StringBuilder(sound[random.Next(sound.Count)]);
            for (var damage = random.Next(1, 4); damage > 0 && text.Length > 0; damage--)
            {
                var at = random.Next(text.Length);
                if (random.Next(2) == 0)
                    text.Remove(at, Math.Min(random.Next(1, 4), text.Length - at));
                else
                    text.Insert(at, Parts[random.Next(Parts.Length)]);
            }
            Check(text.ToString());
        }
    }

    [Theory]
    [InlineData(7)]
    public void Functions_called_with_anything_never_fail_otherwise(int seed)
    {
        var random = new Random(seed);
        string[] values =
        [
            "nil", "true", "0", "-1", "9223372036854775807", "-9223372036854775808", "1.5", "1e300", "\"\"", "\"a\"", "\"-5\"", "\"a/b\"",
            "\"\\xff\"", "\"[\"", "(sprig_list)", "(sprig_list 1 \"a\" nil)",
            "(sprig_dict)", "(sprig_dict \"a\" nil)", "(loop 2)", "(parseUint \"18446744073709551615\")", "(secret \"secret/app\")",
            "(secret \"secret/app\").Data", "scratch", "'x'", "(parseFloat \"-1e308\")",
        ];
        foreach (var name in TemplateFunctions.Names.Order(StringComparer.Ordinal))
        {
            for (var i = 0; i < 60; i++)
            {
                var arguments = Enumerable.Range(0, random.Next(0, 5)).Select(_ => values[random.Next(values.Length)]);
                Check($"{{{{ {name} {string.Join(' ', arguments)} }}}}");
            }
        }
    }

    private static void Check(string template)
    {
        try
        {
            using var _ = Rendering.Run(template, new TemplateOptions { MaxOutput = 1_000_000 });
        }
        catch (TemplateException e)
        {
            Assert.True(e.Position is { Line: >= 1, Column: >= 1 }, template);
            Assert.StartsWith(e.Position.ToString(), e.Message);
        }
        catch (KeyNotFoundException)
        {
            // The fake has no answer to a path of scraps.
        }
        catch (Exception e)
        {
            Assert.Fail($"{template}\n{e}");
        }
    }
}
