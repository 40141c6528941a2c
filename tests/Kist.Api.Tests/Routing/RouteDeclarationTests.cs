using System.Runtime.CompilerServices;
using Kist.Auth.AppRole;
using Kist.Auth.Cert;
using Kist.Auth.Jwt;
using Kist.Auth.Kubernetes;
using Kist.Auth.Userpass;
using Kist.Core;
using Kist.Core.Routing;
using Kist.Core.Storage;
using Kist.Engines.Database;
using Kist.Engines.Kv;
using Kist.Engines.Transit;

namespace Kist.Api.Tests.Routing;

/// <summary>Compares the declared routes with files of the source tree. KIST_RENEW=1 renews the files instead.</summary>
public sealed class RouteDeclarationTests
{
    [Fact]
    public async Task Api_reference_is_current() =>
        AssertSame("docs/reference/api.md", ApiReference.Render(await SectionsAsync()));

    [Fact]
    public async Task Routes_with_unusual_access_are_the_approved_ones()
    {
        var exceptions = (await SectionsAsync())
            .SelectMany(section => section.Routes.Select(route => ApiReference.Exception(section, route)))
            .Where(line => line.Length > 0)
            .Order(StringComparer.Ordinal);
        AssertSame("tests/Kist.Api.Tests/Routing/approved-routes.txt", string.Concat(exceptions.Select(line => line + "\n")));
    }

    [Fact]
    public async Task Every_route_and_request_field_is_described()
    {
        var routes = (await SectionsAsync()).SelectMany(section => section.Routes.Select(route => (section.Path + route.Template, route))).ToList();
        Assert.NotEmpty(routes);
        Assert.Empty(routes.Where(r => !r.route.Summary.EndsWith('.')).Select(r => r.Item1));
        Assert.Empty(routes.SelectMany(r => r.route.Fields.Values.Where(f => f.Description.Length == 0).Select(f => $"{r.Item1}: {f.Name}")));
    }

    private static async Task<IReadOnlyList<ApiSection>> SectionsAsync()
    {
        await using var store = new MemoryStore();
        await using var node = new Node(store, [], null, new NodeOptions(), TimeProvider.System);
        var kv = new KvMountType(TimeProvider.System);
        var transit = new TransitMountType(TimeProvider.System);
        return
        [
            .. ApiSection.OfBuiltIn(node),
            ApiSection.Of("approle", "auth/approle/", new AppRoleMountType(TimeProvider.System), None),
            ApiSection.Of("database", "database/", new DatabaseMountType(TimeProvider.System), None),
            ApiSection.Of("jwt", "auth/jwt/", new JwtMountType(TimeProvider.System), None),
            ApiSection.Of("kubernetes", "auth/kubernetes/", new KubernetesMountType(TimeProvider.System), None),
            ApiSection.Of("kv version 2", "secret/", kv, Version("2")),
            ApiSection.Of("kv version 1", "kv/", kv, Version("1")),
            ApiSection.Of("cert", "auth/cert/", new CertMountType(TimeProvider.System), None),
            ApiSection.Of("transit", "transit/", transit, None),
            ApiSection.Of("userpass", "auth/userpass/", new UserpassMountType(TimeProvider.System), None),
        ];
    }

    private static Dictionary<string, string> None { get; } = new(StringComparer.Ordinal);

    private static Dictionary<string, string> Version(string version) => new(StringComparer.Ordinal) { ["version"] = version };

    private static void AssertSame(string file, string actual, [CallerFilePath] string here = "")
    {
        var path = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../../..", file));
        if (Environment.GetEnvironmentVariable("KIST_RENEW") == "1")
            File.WriteAllText(path, actual);
        Assert.True(File.Exists(path), $"{file} is missing; run the test with KIST_RENEW=1 and look at what it writes");
        Assert.Equal(File.ReadAllText(path), actual);
    }
}
