using System.Text.RegularExpressions;
using FsCheck;
using FsCheck.Fluent;
using Kist.Engines.Database.Names;
using Kist.Engines.Database.Plugins.Postgres;

namespace Kist.Engines.Tests.Database.Names;

public sealed class UsernameTemplateTests
{
    private static readonly DateTimeOffset Now = new(2009, 2, 13, 23, 31, 30, TimeSpan.Zero);

    // The examples of the documentation, and what they make of these two names.
    [Theory]
    [InlineData("{{.DisplayName}}_{{.RoleName}}", "token-with-display-name_my_custom_database_role")]
    [InlineData("{{ .RoleName | uppercase }}", "MY_CUSTOM_DATABASE_ROLE")]
    [InlineData("FOO_{{.DisplayName | replace \"-\" \"_\" | uppercase}}", "FOO_TOKEN_WITH_DISPLAY_NAME")]
    [InlineData("{{.DisplayName | replace - _}}", "token_with_display_name")]
    [InlineData("{{timestamp \"2006_01_02T15_04_05Z\" | replace \"-\" \"_\"}}", "2009_02_13T23_31_30Z")]
    [InlineData("{{unix_time}}-{{unix_time_millis}}", "1234567890-1234567890000")]
    [InlineData("{{printf \"v_%s_%s\" (.DisplayName | truncate 8) (unix_time) | truncate 14}}", "v_token-wi_123")]
    [InlineData("{{\"abcdefghijklmnopqrstuvwxyz\" | truncate_sha256 20}}", "abcdefghijkl872808ff")]
    [InlineData("{{.RoleName | sha256 | truncate 12}}", "c79cf53c61e4")]
    [InlineData("{{`Ab` | base64}} {{- `x` -}} {{hex \"Ab\"}}", "QWI=x4162")]
    [InlineData("100%{{printf \"%%%d\" 7}}", "100%%7")]
    public void Documented_templates_give_the_documented_names(string template, string expected)
    {
        var made = UsernameTemplate.Parse(template).Value.Render(new NameSubject("token-with-display-name", "my_custom_database_role"), Now).Value;
        Assert.Equal(expected, made);
    }

    [Theory]
    [InlineData("token", "myrolename", "^v-token-myrolena-[A-Za-z0-9]{20}-1234567890$")]
    [InlineData("amuchlonger_dispname", "role-name-with-dashes", "^v-amuchlon-role-nam-[A-Za-z0-9]{20}-1234567890$")]
    public void The_default_of_postgres_gives_the_documented_names(string display, string role, string expected)
    {
        var template = UsernameTemplate.Parse(new PostgresPlugin(TimeProvider.System).UsernameTemplate).Value;
        Assert.Matches(new Regex(expected, RegexOptions.None, TimeSpan.FromSeconds(1)), template.Render(new NameSubject(display, role), Now).Value);
    }

    [Theory]
    [InlineData("{{.Other}}")]
    [InlineData("{{nothing 1}}")]
    [InlineData("{{random}}")]
    [InlineData("{{random 1 2}}")]
    [InlineData("{{random 0}}")]
    [InlineData("{{random 257}}")]
    [InlineData("{{truncate 0 .RoleName}}")]
    [InlineData("{{truncate -1 .RoleName}}")]
    [InlineData("{{.RoleName")]
    [InlineData("{{}}")]
    [InlineData("{{\"open}}")]
    [InlineData("{{(.RoleName}}")]
    [InlineData("{{.RoleName | .DisplayName}}")]
    [InlineData("{{printf \"%s\"}}")]
    [InlineData("{{printf \"%q\" 1}}")]
    [InlineData("{{printf \"x\" 1}}")]
    [InlineData("{{if .RoleName}}x{{end}}")]
    public void What_it_does_not_take_is_a_failure_with_a_reason(string template)
    {
        var failure = UsernameTemplate.Check(template, TimeProvider.System);
        Assert.Equal("database.invalid_username_template", failure?.Code);
        Assert.StartsWith("field \"username_template\": ", failure?.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("app", false)]
    [InlineData("{{.RoleName}}-{{unix_time}}", false)]
    [InlineData("{{.RoleName}}-{{random 8}}", true)]
    [InlineData("{{uuid}}", true)]
    public void A_template_must_never_give_a_name_twice(string template, bool good) => Assert.Equal(good, UsernameTemplate.Check(template, TimeProvider.System) is null);

    [Theory]
    [InlineData("same")]
    [InlineData("{{random 1}}")]
    [InlineData("{{printf \"%s-%s\" .DisplayName (random 20) | truncate 63}}")]
    [InlineData("{{.RoleName | truncate 200}}{{unix_time}}")]
    public void A_template_that_may_give_a_name_twice_is_refused(string template) =>
        Assert.Equal("database.invalid_username_template", UsernameTemplate.Check(template, TimeProvider.System)?.Code);

    [Fact]
    public void A_template_whose_random_part_always_stays_is_taken() =>
        Assert.Null(UsernameTemplate.Check("{{printf \"v-%s-%s\" (.DisplayName | truncate 8) (random 20) | truncate 63}}", TimeProvider.System));

    [Fact]
    public void Depth_and_size_are_bounded()
    {
        var deep = string.Concat(Enumerable.Repeat("(", 400)) + "\"x\"" + string.Concat(Enumerable.Repeat(")", 400));
        Assert.False(UsernameTemplate.Parse($"{{{{{deep}}}}}").Succeeded);
        Assert.False(UsernameTemplate.Parse(new string('x', UsernameTemplate.MostCharacters + 1)).Succeeded);
        var doubling = "{{printf \"%s%s%s%s%s%s%s%s\" " + string.Concat(Enumerable.Repeat("(random 256) ", 8)) + "}}";
        Assert.False(UsernameTemplate.Parse(doubling).Value.Render(default, Now).Succeeded);
    }

    [Fact]
    public void Any_text_is_read_or_refused()
    {
        string[] parts = ["{{", "}}", "|", "(", ")", "\"", "`", ".RoleName", "random", "20", " ", "-", "printf", "%s", "truncate", "x", "\\", "."];
        var texts = Gen.Elements(parts).ListOf().Select(list => string.Concat(list)).ToArbitrary();
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(3000), Prop.ForAll(texts, text =>
        {
            var parsed = UsernameTemplate.Parse(text);
            return !parsed.Succeeded || parsed.Value.Render(new NameSubject("d", "r"), Now) is var made && (made.Succeeded || made.Failure.Message.Length > 0);
        }));
    }
}
