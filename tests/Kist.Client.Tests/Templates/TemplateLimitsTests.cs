using System.Diagnostics;
using Kist.Client.Templates;
using Kist.Client.Templates.Values;

namespace Kist.Client.Tests.Templates;

/// <summary>No template takes all memory or all time.</summary>
public sealed class TemplateLimitsTests
{
    [Theory]
    [InlineData("{{ define \"t\" }}{{ template \"t\" }}{{ end }}{{ template \"t\" }}", "deeper than 1000 levels")]
    [InlineData("{{ define \"t\" }}{{ executeTemplate \"t\" }}{{ end }}{{ template \"t\" }}", "deeper than 1000 levels")]
    [InlineData(
        "{{ define \"a\" }}{{ with 1 }}{{ template \"b\" }}{{ end }}{{ end }}{{ define \"b\" }}{{ template \"a\" }}{{ end }}{{ template \"a\" }}",
        "deeper than")]
    [InlineData("{{ range loop 9000000000000000000 }}{{ end }}", "more than 10,000,000 steps")]
    [InlineData("{{ range loop 9000000000000000000 }}0123456789012345678901234567890123456789{{ end }}", "beyond 32 MiB")]
    [InlineData("{{ $x := \"0123456789\" }}{{ range loop 99 }}{{ $x = print $x $x }}{{ end }}", "beyond 32 MiB")]
    [InlineData("{{ $x := sprig_repeat 1000000 \"x\" }}{{ range loop 1000000 }}{{ $y := print $x }}{{ end }}", "too much text")]
    [InlineData("{{ sprig_repeat 2147483647 \"0123456789\" }}", "beyond 32 MiB")]
    [InlineData("{{ $x := sprig_repeat 100000 \"x\" }}{{ replaceAll \"x\" $x $x }}", "beyond 32 MiB")]
    [InlineData("{{ $x := sprig_repeat 100000 \"x\" }}{{ regexReplaceAll \"x\" $x $x }}", "beyond 32 MiB")]
    [InlineData("{{ $x := sprig_repeat 20000000 \"\\n\" }}{{ $x | sprig_indent 10 }}", "beyond 32 MiB")]
    [InlineData("{{ printf \"%1000000d%1000000d\" 1 2 | len }}{{ range loop 40 }}{{ printf \"%1000000d\" 1 }}{{ end }}", "beyond 32 MiB")]
    [InlineData("{{ sprig_until 100000000 }}", "more than 1,000,000 elements")]
    [InlineData("{{ $d := sprig_dict }}{{ $_ := sprig_set $d \"d\" $d }}{{ $d }}", "deeper than 200 levels")]
    [InlineData("{{ $d := sprig_dict }}{{ $_ := sprig_set $d \"d\" $d }}{{ toJSON $d }}", "deeper than 200 levels")]
    [InlineData("{{ $d := sprig_dict }}{{ $_ := sprig_set $d \"d\" $d }}{{ toYAML $d }}", "deeper than 200 levels")]
    [InlineData("{{ $d := sprig_dict }}{{ $_ := sprig_set $d \"d\" $d }}{{ toTOML $d }}", "deeper than 200 levels")]
    [InlineData("{{ $d := sprig_dict }}{{ $_ := sprig_set $d \"d\" $d }}{{ mergeMap $d $d }}", "deeper than 200 levels")]
    [InlineData(
        "{{ scratch.MapSet \"m\" \"m\" 1 }}{{ scratch.MapSet \"m\" \"m\" (scratch.Get \"m\") }}{{ scratch.Get \"m\" }}",
        "deeper than 200 levels")]
    [InlineData("{{ $d := sprig_dict }}{{ range loop 40 }}{{ $d = sprig_list $d $d }}{{ end }}{{ $d }}", "beyond 32 MiB")]
    [InlineData("{{ $d := sprig_list 1 }}{{ range loop 40 }}{{ $d = sprig_list $d $d }}{{ end }}{{ $x := sprig_deepCopy $d }}", "more than 10,000,000 steps")]
    [InlineData(
        "{{ $d := sprig_dict \"z\" 1 }}{{ range loop 40 }}{{ $d = sprig_dict \"a\" $d \"b\" $d }}{{ end }}{{ $x := mergeMap $d $d }}",
        "more than 10,000,000 steps")]
    [InlineData("{{ $l := sprig_until 1000000 }}{{ range loop 1000000 }}{{ $x := sprig_reverse $l }}{{ end }}", "too many elements")]
    [InlineData("{{ explodeMap (sprig_dict (sprig_repeat 5000 \"a/\") 1) }}", "deeper than 200 levels")]
    [InlineData("{{ $p := \"s\" }}{{ range loop 100 }}{{ with secret $p }}{{ $p = print $p \"x\" }}{{ end }}{{ end }}", "still asks for more")]
    public void Too_much_is_refused(string template, string reason) =>
        Assert.Contains(reason, Rendering.Fails(template, data: new EndlessData()).Reason);

    [Fact]
    public void The_output_has_the_limit_that_was_set() =>
        Assert.Contains("would grow", Rendering.Fails("{{ range loop 11 }}0123456789{{ end }}", new TemplateOptions { MaxOutput = 100 }).Reason);

    [Fact]
    public void Deep_nesting_is_refused_where_it_starts_to_be_too_deep()
    {
        Refused(Repeat("{{ if 1 }}", 100_000));
        Refused($"{{{{ {new string('(', 100_000)}1{new string(')', 100_000)} }}}}");
        Assert.Equal("1", Rendering.Render(Repeat("{{ if 1 }}", 150) + "1" + Repeat("{{ end }}", 150)));
        Assert.Equal("x", Rendering.Render("{{ if 0 }}" + Repeat("{{ else if 0 }}", 5000) + "{{ else }}x{{ end }}"));
    }

    [Fact]
    public void Regular_expressions_that_would_backtrack_do_not()
    {
        var watch = Stopwatch.StartNew();
        Assert.Equal("false", Rendering.Render("{{ regexMatch \"^(a+)+$\" (print (sprig_repeat 50000 \"a\") \"b\") }}"));
        Assert.True(watch.Elapsed < TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task A_rendering_can_be_cancelled_while_it_loops()
    {
        using var source = new CancellationTokenSource();
        await source.CancelAsync();
        var environment = new TemplateEnvironment(new Dictionary<string, string>(), TimeProvider.System);
        var rendering = new TemplateRendering(Template.Parse("{{ range loop 1000000 }}{{ end }}"), new FakeTemplateData(), environment);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => rendering.RunAsync(source.Token));
    }

    private static string Repeat(string text, int count) => string.Concat(Enumerable.Repeat(text, count));

    private static void Refused(string template) =>
        Assert.Contains("deeper than 200 levels", Assert.Throws<TemplateException>(() => Template.Parse(template)).Reason);

    private sealed class EndlessData : ITemplateData
    {
        public ValueTask<TemplateValue> FetchAsync(TemplateDependency dependency, CancellationToken cancellation) =>
            ValueTask.FromResult(SecretRecords.Secret(FakeTemplateData.Json("""{"data":{"a":"b"}}""")));
    }
}
