using Kist.Client.Agent.Proxy;
using Kist.Hosting.Agent.Local;

namespace Kist.Client.Tests.Hosting.Agent;

/// <summary>Ways around the paths and methods that a listener is narrowed to.</summary>
public sealed class LocalApiNarrowingTests
{
    private static readonly AgentListenerConfig Narrow = LocalApiFixture.Unix with
    {
        AllowedPaths = ["secret/data/app/*", "database/creds/app", "+/issue/web"],
        AllowedMethods = ["GET"],
    };

    [Theory]
    [InlineData("/v1/secret/data/app/db")]
    [InlineData("/v1/secret/data/app/a/b")]
    [InlineData("/v1/secret/data/app/caf%C3%A9%20au%20lait")]
    [InlineData("/v1/database/creds/app")]
    [InlineData("/v1/pki/issue/web")]
    [InlineData("/v1/secret/data/app/db?version=2")]
    public async Task What_is_allowed_goes_through(string target)
    {
        await using var api = await LocalApiFixture.StartAsync(Narrow);
        Assert.StartsWith("HTTP/1.1 200", await api.RawAsync("GET", target));
        Assert.Equal(target, api.Upstream.Single.Target);
    }

    [Theory]
    [InlineData("/v1/secret/data/other")]
    [InlineData("/v1/secret/data/app")]
    [InlineData("/v1/secret/data/application")]
    [InlineData("/v1/database/creds/app2")]
    [InlineData("/v1/database/creds/app/x")]
    [InlineData("/v1/a/b/issue/web")]
    [InlineData("/v1/SECRET/data/app/db")]
    [InlineData("/v1/team/secret/data/app/db")]
    [InlineData("/v1/secret/data/app/../other")]
    [InlineData("/v1/secret/data/app/%2e%2e/other")]
    [InlineData("/v1/secret/data/app/.%2E/other")]
    [InlineData("/v1/secret/data/app/..%2fother")]
    [InlineData("/v1/secret/data/app/%252e%252e/other")]
    [InlineData("/v1/secret/data/app/%252e%252e%252fother")]
    [InlineData("/v1/secret/data/app%2Fdb")]
    [InlineData("/v1/secret/data/app/..%5cother")]
    [InlineData("/v1/secret/data/app/..\\other")]
    [InlineData("/v1/secret/data/app//db")]
    [InlineData("/v1//secret/data/app/db")]
    [InlineData("//v1/secret/data/app/db")]
    [InlineData("/v1/./secret/data/app/db")]
    [InlineData("/v1/../v1/secret/data/other")]
    [InlineData("/v1/secret/data/app/db%00")]
    [InlineData("/v1/secret/data/app/%ff")]
    [InlineData("/v1/secret/data/app/%zz")]
    [InlineData("/v1/secret/data/app/%")]
    [InlineData("/v1/secret/data/app/x#/../y")]
    [InlineData("/v1")]
    [InlineData("/v1/")]
    [InlineData("/")]
    [InlineData("/ui/")]
    [InlineData("/%761/secret/data/other")]
    public async Task What_is_not_allowed_does_not_whatever_it_is_dressed_as(string target)
    {
        await using var api = await LocalApiFixture.StartAsync(Narrow);
        Assert.StartsWith("HTTP/1.1 40", await api.RawAsync("GET", target));
        Assert.Empty(api.Upstream.Requests);
    }

    [Theory]
    [InlineData("DELETE", "")]
    [InlineData("PUT", "")]
    [InlineData("LIST", "")]
    [InlineData("GET", "?list=true")]
    [InlineData("GET", "?l%69st=1")]
    [InlineData("HEAD", "?list=true")]
    [InlineData("GET", "?scan=true")]
    public async Task A_method_that_is_not_allowed_is_refused_and_a_list_is_not_a_read(string method, string query)
    {
        await using var api = await LocalApiFixture.StartAsync(Narrow);
        Assert.StartsWith("HTTP/1.1 403", await api.RawAsync(method, "/v1/secret/data/app/db" + query));
        Assert.Empty(api.Upstream.Requests);
    }

    [Theory]
    [InlineData("X-HTTP-Method-Override: DELETE")]
    [InlineData("X-Original-URL: /v1/secret/data/other")]
    [InlineData("X-Forwarded-For: 10.0.0.1")]
    [InlineData("Forwarded: for=10.0.0.1")]
    [InlineData("X-Real-IP: 10.0.0.1")]
    [InlineData("Cookie: a=b")]
    public async Task A_header_that_would_say_something_else_to_the_server_does_not_reach_it(string header)
    {
        await using var api = await LocalApiFixture.StartAsync(Narrow);
        Assert.StartsWith("HTTP/1.1 200", await api.RawAsync("GET", "/v1/secret/data/app/db", header + "\r\n"));
        Assert.Null(api.Upstream.Single.Header(header.Split(':')[0]));
    }

    [Theory]
    [InlineData("team")]
    [InlineData("root")]
    [InlineData("..")]
    [InlineData("a/%2e%2e")]
    public async Task The_same_path_in_another_namespace_is_another_secret(string ns)
    {
        await using var api = await LocalApiFixture.StartAsync(
            Narrow, change: o => o with { Settings = o.Settings with { Namespace = "own" } });
        Assert.StartsWith("HTTP/1.1 40", await api.RawAsync("GET", "/v1/secret/data/app/db", $"X-Vault-Namespace: {ns}\r\n"));
        Assert.Empty(api.Upstream.Requests);
        Assert.StartsWith("HTTP/1.1 200", await api.RawAsync("GET", "/v1/secret/data/app/db", "X-Vault-Namespace: own/\r\n"));
        Assert.Equal("own/", api.Upstream.Single.Header("X-Vault-Namespace"));
    }

    [Theory]
    [InlineData("secret/*", "secret/a/b", true)]
    [InlineData("secret/*", "secret", false)]
    [InlineData("secret/a*", "secret/ab/c", true)]
    [InlineData("*", "any/thing", true)]
    [InlineData("/v1/secret/a", "secret/a", true)]
    [InlineData("secret/+/x", "secret/a/x", true)]
    [InlineData("secret/+/x", "secret/a/b/x", false)]
    [InlineData("secret/+", "secret/", false)]
    [InlineData("secret/a", "secret/a/", false)]
    [InlineData("", "secret", false)]
    public void Patterns_cover_what_they_say(string pattern, string path, bool covers) => Assert.Equal(covers, Narrowing.Matches(pattern, path));
}
