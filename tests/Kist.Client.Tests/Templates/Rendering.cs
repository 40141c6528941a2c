using Kist.Client.Templates;
using Kist.Client.Templates.Values;

namespace Kist.Client.Tests.Templates;

/// <summary>Renders templates on what most tests of them need.</summary>
internal static class Rendering
{
    private static readonly TemplateEnvironment Environment = new(
        new Dictionary<string, string> { ["CLUSTER"] = "Blue", ["EMPTY"] = "", ["NUMBER"] = "3" }, new StoppedTime());

    public static FakeTemplateData Data { get; } = new FakeTemplateData()
        .Secret("secret/app", """
            {"zip":"zap","port":5432,"big":12345678901234567890,"ratio":0.5,"on":true,"none":null,"tags":["a","b"],"deep":{"er":{"x":"y"}}}
            """)
        .Secret("secret/data/app", """{"data":{"user":"admin","password":"p<w>&'\"d","html":"<b>"},"metadata":{"version":3}}""")
        .Secret("secret/data/app?version=1", """{"data":{"user":"old"},"metadata":{"version":1}}""")
        .Secret("database/creds/app", """{"username":"v-app","password":"s3cret"}""")
        .Secret("pki/issue/web", """{"certificate":"CERT","private_key":"KEY"}""", "common_name=a.example.com", "ttl=1h")
        .Secret("secret/foo", """{"name":"Foo"}""")
        .Secret("secret/bar", """{"name":"Bar"}""")
        .List("secret", "bar", "foo")
        .List("empty")
        .File("/etc/motd", "Welcome\n")
        .Answer(TemplateDependencyKind.Certificate, "pki/issue/web", SecretRecords.Certificate("C", "K", "A", ["A"]), "common_name=x")
        .Answer(TemplateDependencyKind.Read, "auth/token/lookup-self", SecretRecords.Secret(FakeTemplateData.Json(
            """{"auth":{"client_token":"t","accessor":"a","policies":["p","q"],"metadata":{"k":"v"},"lease_duration":60,"renewable":false}}""")));

    public static string Render(string template, TemplateOptions? options = null, ITemplateData? data = null)
    {
        using var output = Run(template, options, data);
        return output.Text.Reveal();
    }

    public static TemplateOutput Run(string template, TemplateOptions? options = null, ITemplateData? data = null)
    {
        var rendering = new TemplateRendering(Template.Parse(template, options), data ?? Data, Environment);
        return rendering.RunAsync(CancellationToken.None).GetAwaiter().GetResult();
    }

    public static TemplateException Fails(string template, TemplateOptions? options = null, ITemplateData? data = null) =>
        Assert.Throws<TemplateException>(() => Run(template, options, data));

    private sealed class StoppedTime : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => new(2026, 3, 5, 7, 8, 9, 120, TimeSpan.Zero);
    }
}
