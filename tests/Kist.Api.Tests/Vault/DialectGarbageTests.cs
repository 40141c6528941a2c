using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using FsCheck;
using FsCheck.Fluent;
using Kist.Core.Pipeline;
using Kist.Core.Routing;
using Kist.Engines.Kv;

namespace Kist.Api.Tests.Vault;

/// <summary>Generated nonsense through the dialect: every answer is a success or a clear refusal, and no request meets a bug.</summary>
public sealed partial class DialectGarbageTests : IAsyncLifetime
{
    // What ends the server or its root token, and what would write files of a generated name.
    private static readonly string[] Spared = ["sys/seal", "sys/audit/{path**}", "auth/token/revoke-self"];

    private static readonly string[] Methods = ["GET", "GET", "GET", "GET", "POST", "POST", "PUT", "PATCH", "DELETE", "LIST", "LIST", "SCAN", "HEAD", "OPTIONS", "x"];

    private static readonly string[] Starts =
    [
        "/", "/v1/", "/v1/sys/mounts", "/v1/sys/health", "/v1/sys/internal/ui/mounts", "/v1/sys/tools/random", "/v1/secret/data/a", "/v1/secret/data/", "/v1/secret/metadata/",
        "/v1/cubbyhole/", "/v1/auth/token/lookup-self",
    ];

    private static readonly string[] Pieces =
    [
        "secret/", "data/", "metadata/", "sys/", "mounts/", "policies/acl/", "auth/token/", "create", "lookup", "cubbyhole/", "wrapping/unwrap", "tools/hash", "a", "/",
        ".", "..", "%", "%2F", "%zz", "%00", "%ff", "%e2%82%ac", "*", "+", "{{", "~", "?", "&", "=", "list=true", "scan=1", "after=%ff", "limit=-1", "help=1",
        "version=99999999999999999999", "format=prometheus", new string('x', 5000),
    ];

    private static readonly string[] Lines =
    [
        "X-Vault-Wrap-TTL: 1", "X-Vault-Wrap-TTL: -1h", "X-Vault-Wrap-TTL: 292y", "X-Vault-Wrap-TTL: \u00e9", "X-Vault-Index: x", "X-Vault-Index: 0",
        "X-Vault-Index: 99999999999999999999", "X-Vault-Request: maybe", "X-Vault-Namespace: a/../b", "Authorization: Bearer", "Authorization: Bearer x y",
        "X-Vault-Token: kst_s_", "X-Vault-Token: kst_b_AAAA", "X-Forwarded-For: 1", "Content-Type: x",
        "Expect: 100-continue", "Accept-Encoding: gzip", "Broken", ": empty",
    ];

    private static readonly string[] Fragments =
    [
        "{", "}", "[", "]", ",", ":", "\"data\":", "\"options\":", "\"policy\":", "\"type\":", "\"token\":", "\"ttl\":", "\"x\"", "\"\\ud800\"", "\"\u00e9\"", "0", "-1", "1e999",
        "99999999999999999999", "null", "true", " ", "\n", "\u0000", "{\"data\":{\"a\":", "}}",
    ];

    // Every kind of JSON value, and the texts that some field reads as something else.
    private static readonly string[] Values =
    [
        "null", "true", "false", "0", "-1", "1", "1.5", "1e300", "2147483648", "9223372036854775807", "99999999999999999999", "\"\"", "\"a\"", "\"-1\"", "\"1h\"", "\"-1h\"",
        "\"292y\"", "\"2562047h\"", "400000000000", "\"0x10\"", "\"a,b,,c\"", "\"a=b,c=d\"", "\"a/b/\"", "\"../a\"", "\"*\"", "\"\\u0000\"", "\"\\n\u00e9\"", "\"10.0.0.0/8\"",
        "\"root\"", "\"kv\"", "\"batch\"", "\"AAAA\"", "\"{\\\"a\\\":1}\"", "\"path \\\"a\\\" { capabilities = [\\\"read\\\"] }\"", "[]", "[null]", "[1,\"a\",true]", "[[]]",
        "[\"root\"]", "[\"a\",\"b\"]", "[1,2,99999999999]", "{}", "{\"a\":null}", "{\"a\":\"b\"}", "{\"a\":{\"b\":[1]}}", "{\"cas\":1}", $"\"{new string('x', 5000)}\"",
    ];

    private static readonly string[] Segments = ["a", "secret", "token", "file", "0", "-1", "99999999999", "x.y", "%C3%A9", "%20", "root", "default", "*", "a/b", "a/b/", new string('y', 1000), new string('y', 4000)];

    private DialectServer server = null!;
    private int successes;

    private static Gen<byte[]> Bodies => Gen.OneOf(
        Gen.Constant(Array.Empty<byte>()),
        Gen.Elements(Values).Select(value => Encoding.UTF8.GetBytes($"{{\"data\":{value}}}")),
        ArbMap.Default.GeneratorFor<byte[]>(),
        Gen.Elements(Fragments).ArrayOf().Select(words => Encoding.UTF8.GetBytes(string.Concat(words))));

    private static Gen<string> Targets => from start in Gen.Elements(Starts)
                                          from pieces in UpTo(3, Pieces)
                                          select start + string.Concat(pieces);

    private static Gen<IEnumerable<string>> Headers => Gen.OneOf(
        Gen.Constant<IEnumerable<string>>(["X-Vault-Token: ROOT"]),
        UpTo(2, Lines).Select(lines => lines.Append("X-Vault-Token: ROOT")),
        UpTo(4, Lines).Select(lines => lines.AsEnumerable()));

    public async Task InitializeAsync() => server = await DialectServer.StartAsync();

    public async Task DisposeAsync() => await server.DisposeAsync();

    [Fact]
    public void Garbage_is_refused_clearly()
    {
        var requests = from method in Gen.Elements(Methods)
                       from target in Targets
                       from lines in Headers
                       from body in Bodies
                       select Request(method, target, lines, body);
        Prop.ForAll(requests.ToArbitrary(), IsAnsweredClearly).Check(Config.QuickThrowOnFailure.WithMaxTest(600));
        Assert.True(successes > 3, $"{successes} of the requests meant something");
    }

    [Fact]
    public void Every_route_refuses_fields_that_it_cannot_use()
    {
        var routes = Routes();
        Assert.True(routes.Count > 100);
        var requests = from route in Gen.Elements<(string Path, Route Route)>(routes)
                       from segments in Gen.Elements(Segments).ArrayOf(3)
                       from values in Gen.Elements(Values).ArrayOf(route.Route.Fields.Count)
                       from mask in Gen.Choose(0, int.MaxValue)
                       select Request(Method(route.Route.Operation), Target(route.Path, segments), ["X-Vault-Token: ROOT"], Body(route.Route, values, mask));
        Prop.ForAll(requests.ToArbitrary(), IsAnsweredClearly).Check(Config.QuickThrowOnFailure.WithMaxTest(1500));
        Assert.True(successes > 100, $"{successes} of the requests meant something");
    }

    private bool IsAnsweredClearly(byte[] request)
    {
        var answer = server.SendAsync(request).GetAwaiter().GetResult();
        Assert.True(
            answer.Status is (>= 200 and < 300) or (>= 400 and < 500) && server.Node.Faults.Count == 0,
            $"{Encoding.UTF8.GetString(request)}\n{answer.Status}: {answer.Text}\n{string.Join('\n', server.Node.Faults)}");
        successes += answer.Status < 300 ? 1 : 0;
        // The web server itself refuses what is no HTTP, and HEAD has no body.
        if (answer.Status >= 400 && answer.Body.Length > 0)
            Assert.True(answer.Json.TryGetProperty("errors", out var errors) ? errors.ValueKind == JsonValueKind.Array : answer.Status == 404, answer.Text);
        return true;
    }

    private byte[] Request(string method, string target, IEnumerable<string> lines, byte[] body)
    {
        var head = new StringBuilder($"{method} {target} HTTP/1.1\r\nHost: kist\r\nConnection: close\r\nContent-Length: {body.Length}\r\n");
        foreach (var line in lines)
            head.Append(line.Replace("ROOT", server.Root, StringComparison.Ordinal)).Append("\r\n");
        return [.. Encoding.UTF8.GetBytes(head.Append("\r\n").ToString()), .. body];
    }

    private List<(string Path, Route Route)> Routes()
    {
        var version = new Dictionary<string, string>(StringComparer.Ordinal) { ["version"] = "2" };
        var kv = ApiSection.Of("kv", "secret/", new KvMountType(TimeProvider.System), version);
        return [.. ApiSection.OfBuiltIn(server.Node.Node).Append(kv).SelectMany(s => s.Routes.Select(r => (s.Path + r.Template, r))).Where(r => !Spared.Contains(r.Item1))];
    }

    private static Gen<string[]> UpTo(int most, string[] words) => Gen.Choose(0, most).SelectMany(count => Gen.Elements(words).ArrayOf(count));

    private static string Method(Operation operation) => operation switch
    {
        Operation.Read => "GET",
        Operation.Update => "POST",
        _ => operation.ToString().ToUpperInvariant(),
    };

    private static string Target(string path, string[] segments)
    {
        var next = 0;
        return "/v1/" + Parameter().Replace(path, _ => segments[next++ % segments.Length]);
    }

    private static byte[] Body(Route route, string[] values, int mask)
    {
        var fields = route.Fields.Keys.Zip(values).Where((_, i) => (mask >> (i % 31) & 1) == 1);
        return Encoding.UTF8.GetBytes($"{{{string.Join(',', fields.Select(f => string.Create(CultureInfo.InvariantCulture, $"\"{f.First}\":{f.Second}")))}}}");
    }

    [GeneratedRegex(@"\{[a-z_]+\*{0,2}\}", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Parameter();
}
