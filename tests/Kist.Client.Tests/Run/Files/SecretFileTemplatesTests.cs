using System.Text;
using Kist.Client.Run;
using Kist.Client.Run.Files;
using Kist.Client.Run.Manifest;
using Kist.Crypto;
using Kist.Wire.Hcl;

namespace Kist.Client.Tests.Run.Files;

/// <summary>Templates of pushed files: the rest of 20 of Summon's edge cases.</summary>
public sealed class SecretFileTemplatesTests
{
    private static readonly (string Alias, string Value)[] Secrets = [("url", "https://x"), ("user", "joe"), ("odd", "& < > \" '"), ("b64", "am9l"), ("bad", "?")];

    [Theory]
    [InlineData("<a url=\"{{ secret \"url\" }}\"><b>{{ secret \"odd\" | htmlenc }}</b></a>", "<a url=\"https://x\"><b>&amp; &lt; &gt; &#34; &#39;</b></a>")]
    [InlineData("[db]\nuser = {{ secret \"user\" }}\n", "[db]\nuser = joe\n")]
    [InlineData("title = {{ printf \"%q\" (secret \"user\") }}\n[a]\nb = '{{secret \"url\"}}'\n", "title = \"joe\"\n[a]\nb = 'https://x'\n")]
    [InlineData("users:\n- user:\n    token: {{ secret \"user\" | b64enc }}\n", "users:\n- user:\n    token: am9l\n")]
    [InlineData("a \"b\" { c = \"{{ secret \"b64\" | b64dec }}\" }", "a \"b\" { c = \"joe\" }")]
    [InlineData("{{ range $i, $s := .SecretsArray }}{{ if $i }},{{ end }}{{ $s.Alias }}={{ len $s.Value }}{{ end }}", "b64=4,bad=1,odd=9,url=9,user=3")]
    [InlineData("{{ (index .SecretsMap \"user\").Value }} {{ .SecretsMap.user.Alias }}", "joe user")]
    [InlineData("{{- /* nothing */ -}} a {{- secret \"user\" }}", "ajoe")]
    public void Renders(string template, string expected)
    {
        new SecretFileContent(new SecretFileTemplates(TimeProvider.System)).Try(File(template));
        Assert.Equal(expected, Write(template));
    }

    [Theory]
    [InlineData("{{ secret \"nothing\" }}", "secret alias \"nothing\" is not among the secrets of the file")]
    [InlineData("{{ secret \"user\"", "failed to execute template on push to file \"f\"")]
    [InlineData("{{ env \"HOME\" }}", "unknown function \"env\"")]
    [InlineData("{{ file \"/etc/passwd\" }}", "unknown function \"file\"")]
    public void Faulty_template_is_told_before_values_are_asked_for(string template, string message)
    {
        var failure = Assert.Throws<RunException>(() => new SecretFileContent(new SecretFileTemplates(TimeProvider.System)).Try(File(template)));
        Assert.Equal(RunFault.Usage, failure.Fault);
        Assert.Contains(message, failure.Message);
    }

    [Fact]
    public void Fault_with_values_is_told_without_them() => Assert.Equal(
        "failed to execute template, with secret values, on push to file \"f\"",
        Assert.Throws<RunException>(() => Write("{{ secret \"bad\" | b64dec }}")).Message);

    [Fact]
    public void Bytes_that_are_no_text_pass_unchanged()
    {
        using var output = new SecretBuffer();
        new SecretFileTemplates(TimeProvider.System).Render("{{ secret \"a\" }}", [new ResolvedSecret("a", new SecretBytes([255, 0, 1]), IsFile: false)], output);
        Assert.Equal([255, 0, 1], output.Written.ToArray());
    }

    private static FileSpec File(string template) =>
        new("f", [.. Secrets.Select(s => new SecretSpec(s.Alias, "", SecretTag.Literal, HclPosition.Start))]) { Format = SecretFileFormat.Template, Template = template };

    private static string Write(string template)
    {
        using var output = new SecretBuffer();
        var resolved = Secrets.Select(s => new ResolvedSecret(s.Alias, new SecretBytes(Encoding.UTF8.GetBytes(s.Value)), IsFile: false)).ToList();
        new SecretFileContent(new SecretFileTemplates(TimeProvider.System)).Write(File(template), resolved, output);
        return Encoding.UTF8.GetString(output.Written);
    }
}
