using Kist.Client.Templates;
using Kist.Client.Templates.Values;

namespace Kist.Client.Tests.Templates;

/// <summary>How a template comes to its secrets.</summary>
public sealed class TemplateRenderingTests
{
    [Theory]
    [InlineData("{{ with secret \"secret/data/app\" }}{{ .Data.data.user }} {{ .Data.metadata.version }}{{ end }}", "admin 3")]
    [InlineData("{{ with secret \"/secret/data/app/ \" }}{{ .Data.data.user }}{{ end }}", "admin")]
    [InlineData("{{ with secret \"secret/data/app?version=1\" }}{{ .Data.data.user }}{{ end }}", "old")]
    [InlineData("{{ (secret \"secret/app\").Data.deep.er.x }}", "y")]
    [InlineData("{{ with secret \"pki/issue/web\" \"ttl=1h\" \"common_name=a.example.com\" }}{{ .Data.certificate }}{{ end }}", "CERT")]
    [InlineData(
        "{{ with pkiCert \"pki/issue/web\" \"common_name=x\" }}{{ .Cert }}{{ .Key }}{{ .CA }}{{ .CAChain }}{{ .Data.Cert }}{{ end }}",
        "CKA[A]C")]
    [InlineData("{{ range secrets \"secret/\" }}{{ . }} {{ end }}", "bar foo ")]
    [InlineData("{{ range secrets \"secret/\" }}{{ with secret (printf \"secret/%s\" .) }}{{ .Data.name }} {{ end }}{{ end }}", "Bar Foo ")]
    [InlineData("{{ if secrets \"empty\" }}y{{ else }}n{{ end }}{{ secrets \"\" }}", "n[]")]
    [InlineData(
        "{{ with secret \"auth/token/lookup-self\" }}{{ .Auth.ClientToken }} {{ .Auth.Policies }} {{ .Auth.Metadata.k }}" +
        "{{ .Auth.Metadata.none }} {{ .Data }}{{ end }}",
        "t [p q] v map[]")]
    [InlineData(
        "{{ with secret \"secret/foo\" }}{{ .LeaseID }} {{ .LeaseDuration }} {{ .Renewable }} {{ .Warnings }}{{ end }}",
        "lease/1 3600 true [careful]")]
    [InlineData("{{ with secret }}a{{ else }}b{{ end }}{{ with pkiCert }}a{{ end }}", "b")]
    [InlineData("{{ if or (secret \"secret/foo\") (secret \"never/asked\") }}y{{ end }}", "y")]
    [InlineData(
        "{{ $x := \"secret/bar\" }}{{ if secret \"secret/app\" }}{{ $x = \"secret/foo\" }}{{ end }}{{ with secret $x }}{{ .Data.name }}{{ end }}",
        "Foo")]
    [InlineData("{{ scratch.Set \"p\" (secret \"secret/foo\") }}{{ with scratch.Get \"p\" }}{{ .Data.name }}{{ end }}", "Foo")]
    [InlineData(
        "{{ scratch.MapSet \"m\" \"b\" (secret \"secret/foo\").Data.name }}{{ scratch.MapSet \"m\" \"a\" 1 }}{{ scratch.MapValues \"m\" }}",
        "[1 Foo]")]
    [InlineData(
        "{{ define \"t\" }}{{ with secret . }}{{ .Data.name }}{{ end }}{{ end }}{{ executeTemplate \"t\" \"secret/foo\" | toUpper }}" +
        "{{ template \"t\" \"secret/bar\" }}",
        "FOOBar")]
    [InlineData(
        "{{ with secret \"secret/foo\" }}{{ scratch.Set \"n\" .Data.name }}{{ end }}" +
        "{{ with secret (print \"secret/\" (scratch.Get \"n\" | toLower)) }}{{ .Data.name }}{{ end }}",
        "Foo")]
    [InlineData("{{ $d := sprig_dict }}{{ $_ := sprig_set $d \"k\" (secret \"secret/foo\").Data.name }}{{ $d.k }}", "Foo")]
    public void Secrets_reach_the_output(string template, string expected) => Assert.Equal(expected, Rendering.Render(template));

    [Fact]
    public async Task Independent_secrets_are_fetched_together_and_once_each()
    {
        var data = new WaitingData(3);
        const string template = "{{ range loop 3 }}{{ with secret (print \"s/\" .) }}{{ .Data.v }}{{ end }}{{ end }}{{ (secret \"s/0\").Data.v }}";
        var rendering = Render(template, data);
        // Each fetch ends when all have begun: were they one after the other, this would never end.
        using var output = await rendering.RunAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal("0120", output.Text.Reveal());
        Assert.Equal(["s/0", "s/1", "s/2"], data.Asked.Order());
    }

    [Fact]
    public async Task Nothing_is_asked_for_that_is_made_of_what_is_not_there_yet()
    {
        var data = new FakeTemplateData().Secret("a", """{"next":"b"}""").Secret("b", """{"next":"c"}""", "k=v").Secret("c", "{}");
        const string template =
            "{{ $a := secret \"a\" }}{{ $b := secret $a.Data.next \"k=v\" }}{{ $c := secret (printf \"%s\" $b.Data.next) }}"
            + "{{ if $c }}y{{ else }}{{ secret \"else\" }}{{ end }}";
        var rendering = Render(template, data);
        using var output = await rendering.RunAsync(CancellationToken.None);
        Assert.Equal("y", output.Text.Reveal());
        Assert.Equal(["Read: a", "Write: b", "Read: c"], data.Asked.Select(d => d.ToString()));
        Assert.Equal(3, rendering.Dependencies.Count);
    }

    [Fact]
    public async Task Dependencies_are_known_also_after_a_failure()
    {
        var rendering = Render("{{ with secret \"secret/foo\" }}{{ parseInt .Data.name }}{{ end }}{{ file \"/etc/motd\" }}", Rendering.Data);
        await Assert.ThrowsAsync<TemplateException>(() => rendering.RunAsync(CancellationToken.None));
        Assert.Equal(["File: /etc/motd", "Read: secret/foo"], rendering.Dependencies.Select(d => d.ToString()).Order());
    }

    [Fact]
    public async Task A_fetch_that_fails_ends_the_rendering_with_its_own_exception()
    {
        var rendering = Render("{{ secret \"none\" }}", new FakeTemplateData());
        await Assert.ThrowsAsync<KeyNotFoundException>(() => rendering.RunAsync(CancellationToken.None));
        Assert.Single(rendering.Dependencies);
    }

    [Fact]
    public async Task A_fetch_under_way_is_not_abandoned_when_another_one_fails()
    {
        var data = new FailingData();
        var running = Render("{{ secret \"slow\" }}{{ secret \"bad\" }}", data).RunAsync(CancellationToken.None);
        await data.Failed.Task;
        Assert.False(running.IsCompleted);
        data.Slow.SetResult(TemplateValue.Nil);
        await Assert.ThrowsAsync<KeyNotFoundException>(() => running);
        Assert.False(data.WasCancelled);
    }

    [Fact]
    public void Files_to_write_are_handed_over_and_not_written()
    {
        const string template = "{{ with secret \"database/creds/app\" }}"
            + "{{ .Data.password | writeToFile \"/p\" \"root\" \"100\" \"0400\" \"append,newline\" }}a{{ end }}"
            + "{{ writeToFile \"/q\" \"\" \"\" \"\" \"x\" }}";
        using var output = Rendering.Run(template);
        Assert.Equal("a", output.Text.Reveal());
        Assert.Equal(2, output.Files.Count);
        var first = output.Files[0];
        Assert.Equal(("/p", "root", "100", true), (first.Path, first.User, first.Group, first.Appends));
        Assert.Equal(UnixFileMode.UserRead, first.Mode);
        Assert.Equal("s3cret\n", first.Content.Reveal());
        Assert.Null(output.Files[1].Mode);
        Assert.DoesNotContain("s3cret", output.ToString() + first);
    }

    [Fact]
    public void What_was_fetched_cannot_be_changed_by_a_template()
    {
        Assert.Equal(
            "line 1, column 40: sprig_set: what was fetched cannot be changed; take a sprig_deepCopy first",
            Rendering.Fails("{{ with secret \"secret/foo\" }}{{ $_ := sprig_set .Data \"x\" 1 }}{{ end }}").Message);
        const string template = "{{ with secret \"secret/foo\" }}{{ scratch.Set \"m\" .Data }}{{ scratch.MapSet \"m\" \"x\" 1 }}"
            + "{{ scratch.Get \"m\" }}{{ .Data }}{{ end }}";
        Assert.Equal("map[name:Foo x:1]map[name:Foo]", Rendering.Render(template));
    }

    [Fact]
    public void A_copy_of_what_was_fetched_can_be_changed()
    {
        const string template = "{{ with secret \"secret/app\" }}{{ $c := sprig_deepCopy .Data.deep }}{{ $_ := sprig_set $c.er \"x\" 1 }}{{ $c }}"
            + "{{ .Data.deep }}{{ end }}";
        Assert.Equal("map[er:map[x:1]]map[er:map[x:y]]", Rendering.Render(template));
    }

    [Fact]
    public void Dependencies_that_ask_for_the_same_are_equal_and_print_no_parameters()
    {
        var one = new TemplateDependency(TemplateDependencyKind.Write, "a", [new("x", "1"), new("y", "2")]);
        var other = new TemplateDependency(TemplateDependencyKind.Write, "a", [new("y", "2"), new("x", "1")]);
        Assert.Equal(one, other);
        Assert.Equal(one.GetHashCode(), other.GetHashCode());
        Assert.NotEqual(one, new TemplateDependency(TemplateDependencyKind.Write, "a", [new("x", "1"), new("y", "3")]));
        Assert.NotEqual(one, new TemplateDependency(TemplateDependencyKind.Read, "a"));
        Assert.Equal("Write: a", one.ToString());
    }

    private static TemplateRendering Render(string template, ITemplateData data) =>
        new(Template.Parse(template), data, new TemplateEnvironment(new Dictionary<string, string>(), TimeProvider.System));

    /// <summary>Fails one, and answers another one when told to.</summary>
    private sealed class FailingData : ITemplateData
    {
        public TaskCompletionSource Failed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource<TemplateValue> Slow { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool WasCancelled { get; private set; }

        public async ValueTask<TemplateValue> FetchAsync(TemplateDependency dependency, CancellationToken cancellation)
        {
            if (dependency.Path == "bad")
            {
                Failed.SetResult();
                throw new KeyNotFoundException();
            }
            var answer = await Slow.Task;
            WasCancelled = cancellation.IsCancellationRequested;
            return answer;
        }
    }

    /// <summary>Answers when so many were asked for.</summary>
    private sealed class WaitingData(int count) : ITemplateData
    {
        private readonly TaskCompletionSource all = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly List<string> asked = [];

        public IReadOnlyList<string> Asked => asked;

        public async ValueTask<TemplateValue> FetchAsync(TemplateDependency dependency, CancellationToken cancellation)
        {
            lock (asked)
            {
                asked.Add(dependency.Path);
                if (asked.Count == count)
                    all.SetResult();
            }
            await all.Task;
            return SecretRecords.Secret(FakeTemplateData.Json($$$"""{"data":{"v":"{{{dependency.Path[2..]}}}"}}"""));
        }
    }
}
