using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Kist.Core.Passwords;

namespace Kist.Core.Tests.Passwords;

public sealed class PasswordPolicyTests
{
    private const string Example =
        """
        length = 20
        rule "charset" {
          charset = "abcdefghijklmnopqrstuvwxyz"
          min-chars = 1
        }
        rule "charset" {
          charset = "0123456789"
          min-chars = 3
        }
        """;

    [Fact]
    public void Policy_of_the_api_documentation_makes_passwords_of_its_kind()
    {
        var policy = PasswordPolicy.Parse(Example).Value;
        Assert.Equal((20, 36), (policy.Length, policy.CharsetSize));
        for (var i = 0; i < 200; i++)
        {
            var password = Make(policy);
            Assert.Matches("^[a-z0-9]{20}$", password);
            Assert.InRange(password.Count(char.IsAsciiDigit), 3, 19);
        }
    }

    [Theory]
    [InlineData("""{"length":8,"rule":[{"charset":[{"charset":"ab","min-chars":1}]},{"charset":[{"charset":"01","min-chars":2}]}]}""")]
    [InlineData("""{"length":8,"rule":{"charset":[{"charset":"ab","min-chars":1},{"charset":"01","min-chars":2}]}}""")]
    [InlineData("length = 8 rule charset { charset = \"ab\" min-chars = 1 } rule \"charset\" { charset = \"01\" min-chars = 2 }")]
    public void Json_and_other_ways_to_write_blocks_are_read(string text)
    {
        var policy = PasswordPolicy.Parse(text).Value;
        Assert.Equal([new CharsetRule("ab", 1), new CharsetRule("01", 2)], policy.Rules);
        Assert.Matches("^[ab01]{8}$", Make(policy));
    }

    [Theory]
    [InlineData("", "line 1: \"length\" is missing")]
    [InlineData("length = 20", "line 1: a password policy has 1 to 64 \"rule\" blocks")]
    [InlineData("length = 3\nrule \"charset\" { charset = \"a\" }", "line 1: \"length\" must be from 4 to 100")]
    [InlineData("\nlength = 101\nrule \"charset\" { charset = \"a\" }", "line 2: \"length\" must be from 4 to 100")]
    [InlineData("length = 4294967300\nrule \"charset\" { charset = \"a\" }", "line 1: \"length\" must be from 4 to 100")]
    [InlineData("length = \"20\"\nrule \"charset\" { charset = \"a\" }", "line 1: \"length\" must be a whole number, found a string")]
    [InlineData("length = 4.5\nrule \"charset\" { charset = \"a\" }", "line 1: \"length\" must be a whole number")]
    [InlineData("length = 20\nlength = 20\nrule \"charset\" { charset = \"a\" }", "line 2: \"length\" is given twice")]
    [InlineData("lenght = 20\nrule charset { charset = \"a\" }", "line 1: unknown field \"lenght\" in a password policy (did you mean \"length\"?)")]
    [InlineData("length = 20\nrule charset {\n min_chars = 1\n charset = \"a\" }", "line 3: unknown field \"min_chars\" in a rule (did you mean \"min-chars\"?)")]
    [InlineData("length = 20\nrule \"chars\" { charset = \"a\" }", "line 2: unknown rule \"chars\" (did you mean \"charset\"?)")]
    [InlineData("length = 20\nrule \"charset\" { }", "line 2: the rule has no \"charset\"")]
    [InlineData("length = 20\nrule \"charset\" { charset = \"\" }", "line 2: \"charset\" is empty")]
    [InlineData("length = 20\nrule \"charset\" { charset = \"a\\tb\" }", "line 2: \"charset\" holds U+0009")]
    [InlineData("length = 20\nrule \"charset\" { charset = \"a\u00a0b\" }", "line 2: \"charset\" holds U+00A0")]
    [InlineData("length = 20\nrule \"charset\" { charset = \"a\u200bb\" }", "line 2: \"charset\" holds U+200B")]
    [InlineData("length = 20\nrule \"charset\" { charset = [\"a\"] }", "line 2: \"charset\" must be a string, found a list")]
    [InlineData("length = 20\nrule \"charset\" { charset = \"a\"\n min-chars = -1 }", "line 3: \"min-chars\" must be from 0 to 100")]
    [InlineData("length = 20\nrule \"charset\" { charset = \"a\"\n min-chars = 9999999999 }", "line 3: \"min-chars\" must be from 0 to 100")]
    [InlineData("length = 20\nrule \"charset\" \"x\" { charset = \"a\" }", "line 2")]
    [InlineData("length = 20\nrule = 5", "line 2")]
    [InlineData("length = 20\nrule \"charset\" {", "line 2")]
    public void Faults_are_told_with_line_and_field(string text, string told)
    {
        var failure = PasswordPolicy.Parse(text).Failure!;
        Assert.Equal("password_policy.invalid", failure.Code);
        Assert.Contains($"password policy: {told}", failure.Message);
    }

    [Fact]
    public void All_faults_are_told_at_once()
    {
        var failure = PasswordPolicy.Parse("size = 20\nlength = 2\nrule \"charset\" { chars = \"a\" }").Failure!;
        Assert.Equal(4, failure.Message.Split('\n').Length);
    }

    [Fact]
    public void Sum_of_least_counts_may_reach_the_length_and_not_pass_it()
    {
        const string Rule = "rule \"charset\" { charset = \"ab\" min-chars = 2 }\n";
        Assert.True(PasswordPolicy.Parse("length = 4\n" + Rule + Rule).Succeeded);
        Assert.Contains("demand 6 characters", PasswordPolicy.Parse("length = 4\n" + Rule + Rule + Rule).Failure!.Message);
    }

    [Fact]
    public void Text_of_64_KiB_is_read_and_one_byte_more_is_not()
    {
        var text = Example + "\n#";
        Assert.True(PasswordPolicy.Parse(text + new string('x', 65536 - text.Length)).Succeeded);
        Assert.Equal("password_policy.too_large", PasswordPolicy.Parse(text + new string('x', 65537 - text.Length)).Failure!.Code);
        Assert.Equal("password_policy.too_large", PasswordPolicy.Parse(text + new string('é', 32768)).Failure!.Code);
    }

    [Fact]
    public void Rules_are_at_most_64()
    {
        const string Rule = "rule \"charset\" { charset = \"ab\" }\n";
        Assert.True(PasswordPolicy.Parse("length = 4\n" + string.Concat(Enumerable.Repeat(Rule, 64))).Succeeded);
        Assert.False(PasswordPolicy.Parse("length = 4\n" + string.Concat(Enumerable.Repeat(Rule, 65))).Succeeded);
    }

    [Fact]
    public void Default_is_that_of_the_api()
    {
        for (var i = 0; i < 100; i++)
        {
            var password = Make(PasswordPolicy.Default);
            Assert.Matches("^[a-zA-Z0-9-]{20}$", password);
            Assert.Matches("[a-z]", password);
            Assert.Matches("[A-Z]", password);
            Assert.Matches("[0-9]", password);
            Assert.Contains('-', password);
        }
    }

    [Fact]
    public void Characters_count_as_scalar_values_and_once_however_often_they_are_given()
    {
        var policy = PasswordPolicy.Of(10, [new("ää😀😀😀", 1), new("😀ß", 0)]).Value;
        const string Charset = "ä😀ß";
        Assert.Equal(3, policy.CharsetSize);
        for (var i = 0; i < 50; i++)
        {
            var runes = Make(policy).EnumerateRunes().ToList();
            Assert.Equal(10, runes.Count);
            Assert.DoesNotContain(runes, r => !Charset.Contains(r.ToString(), StringComparison.Ordinal));
        }
    }

    // Of the 14 words over {a, b} of length 4 with an a and a b, each comes about as often as any other: chi-square with 13 degrees of freedom
    // passes 60 once in twenty million runs.
    [Fact]
    public void Every_password_that_keeps_the_rules_is_equally_likely()
    {
        var policy = PasswordPolicy.Of(4, [new("a", 1), new("b", 1)]).Value;
        var counts = new Dictionary<string, int>();
        const int Runs = 14_000;
        for (var i = 0; i < Runs; i++)
        {
            var password = Make(policy);
            counts[password] = counts.GetValueOrDefault(password) + 1;
        }
        Assert.Equal(14, counts.Count);
        Assert.InRange(counts.Values.Sum(n => (n - 1000.0) * (n - 1000.0) / 1000.0), 0, 60);
    }

    [Fact]
    public void Policy_that_hardly_any_candidate_satisfies_is_told()
    {
        var strict = PasswordPolicy.Of(100, [new("a", 90), new("bcdefgh", 10)]).Value;
        Assert.Equal("password_policy.too_strict", strict.Check().Failure!.Code);
        Assert.Equal("password_policy.too_strict", strict.Generate().Failure!.Code);
        var usual = PasswordPolicy.Of(8, [new("abcdefghijklm", 2), new("NOPQRSTU", 2), new("0123456789", 2), new("#+-.", 2)]).Value;
        Assert.True(usual.Check().Succeeded);
    }

    [Fact]
    public void What_is_generated_satisfies_its_policy()
    {
        var sets = Gen.Elements("abc", "cde", "XYZ", "0123456789", "äöü", "a");
        var rules = Gen.Zip(sets, Gen.Choose(0, 2)).Select(r => new CharsetRule(r.Item1, r.Item2)).NonEmptyListOf();
        Prop.ForAll(Gen.Zip(Gen.Choose(4, 100), rules).ToArbitrary(), drawn =>
        {
            var (length, list) = drawn;
            var made = PasswordPolicy.Of(length, [.. list]);
            if (!made.Succeeded)
                return list.Count > 64 || list.Sum(r => r.MinChars) > length;
            if (!made.Value.Check().Succeeded)
                return true;
            var password = Make(made.Value);
            var all = string.Concat(list.Select(r => r.Charset));
            return password.EnumerateRunes().Count() == length && password.All(c => all.Contains(c))
                && list.All(r => password.Count(c => r.Charset.Contains(c)) >= r.MinChars);
        }).Check(Config.QuickThrowOnFailure);
    }

    [Fact]
    public void Any_text_is_read_or_refused_without_an_exception()
    {
        var pieces = Gen.Elements(
            "length", "=", "20", "rule", "\"charset\"", "{", "}", "charset", "\"abc\"", "min-chars", "1", "\n", "[", "]", ",", "\"", "-1", "é");
        Prop.ForAll(pieces.ListOf().Select(p => string.Join(' ', p)).ToArbitrary(), text =>
        {
            var parsed = PasswordPolicy.Parse(text);
            Assert.True(parsed.Succeeded || parsed.Failure.Message.StartsWith("password policy: line", StringComparison.Ordinal));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));
    }

    private static string Make(PasswordPolicy policy)
    {
        using var password = policy.Generate().Value;
        return Encoding.UTF8.GetString(password.Utf8);
    }
}
