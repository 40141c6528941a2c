using Kist.Core.Mounts;
using Kist.Core.Pipeline;
using Kist.Engines.Kv;

namespace Kist.Engines.Tests.Kv;

public sealed class KvMountTypeTests
{
    private readonly KvMountType type = new(TimeProvider.System);

    [Fact]
    public void Version_1_is_the_default()
    {
        Assert.Same(type.Routes(Version("1")), type.Routes(Options()));
        Assert.NotSame(type.Routes(Version("1")), type.Routes(Version("2")));
    }

    [Theory]
    [InlineData("kv-v1", "1")]
    [InlineData("generic", "1")]
    [InlineData("kv-v2", "2")]
    public void Other_names_choose_a_version(string alias, string version)
    {
        var resolved = new MountTypes([type]).ResolveAlias(MountKind.Secrets, new MountRequest { Type = alias, Options = Version("1") });
        Assert.Equal("kv", resolved.Type);
        Assert.Equal(version, resolved.Options["version"]);
    }

    [Fact]
    public void Other_versions_are_refused()
    {
        Assert.Null(type.CheckOptions(Options()));
        Assert.Null(type.CheckOptions(Version("1")));
        Assert.Null(type.CheckOptions(Version("2")));
        Assert.Equal("option \"version\": must be 1 or 2", type.CheckOptions(Version("3"))!.Message);
    }

    [Fact]
    public void Version_1_is_converted_to_version_2_and_never_back()
    {
        Assert.True(type.NeedsConversion(Options(), Version("2")).Value);
        Assert.True(type.NeedsConversion(Version("1"), Version("2")).Value);
        Assert.False(type.NeedsConversion(Options(), Version("1")).Value);
        Assert.False(type.NeedsConversion(Version("2"), Version("2")).Value);
        Assert.StartsWith("cannot downgrade", type.NeedsConversion(Version("2"), Version("1")).Failure!.Message, StringComparison.Ordinal);
        Assert.StartsWith("cannot downgrade", type.NeedsConversion(Version("2"), Options()).Failure!.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1", "s/app/db", "app/db")]
    [InlineData("1", "h/app/db", null)]
    [InlineData("2", "h/app/db", "data/app/db")]
    [InlineData("2", "v/app/db\00000000000000001", "data/app/db")]
    [InlineData("2", "v/app", null)]
    [InlineData("2", "config", null)]
    public void Watchers_know_a_secret_by_the_path_at_which_it_is_read(string version, string stored, string? path) =>
        Assert.Equal(path, type.NameChange(stored, Version(version)));

    // From the reference of the API: every documented operation has a route.
    [Theory]
    [InlineData("config", Operation.Read)]
    [InlineData("config", Operation.Update)]
    [InlineData("data/a/b", Operation.Create)]
    [InlineData("data/a/b", Operation.Update)]
    [InlineData("data/a/b", Operation.Patch)]
    [InlineData("data/a/b", Operation.Delete)]
    [InlineData("data/a/b", Operation.Read)]
    [InlineData("delete/a/b", Operation.Update)]
    [InlineData("destroy/a/b", Operation.Update)]
    [InlineData("undelete/a/b", Operation.Update)]
    [InlineData("subkeys/a/b", Operation.Read)]
    [InlineData("metadata/a/b", Operation.Read)]
    [InlineData("metadata/a/b", Operation.Update)]
    [InlineData("metadata/a/b", Operation.Patch)]
    [InlineData("metadata/a/b", Operation.Delete)]
    [InlineData("metadata/a/b/", Operation.List)]
    [InlineData("metadata/", Operation.List)]
    [InlineData("metadata/a/b/", Operation.Scan)]
    [InlineData("detailed-metadata/", Operation.List)]
    [InlineData("detailed-metadata/a/b/", Operation.List)]
    [InlineData("detailed-metadata/a/b/", Operation.Scan)]
    public void Version_2_has_the_documented_routes(string path, Operation operation) =>
        Assert.True(type.Routes(Version("2")).TryMatch(path, operation, out _, out _, out _));

    [Theory]
    [InlineData("a/b", Operation.Read)]
    [InlineData("a/b", Operation.Create)]
    [InlineData("a/b", Operation.Update)]
    [InlineData("a/b", Operation.Delete)]
    [InlineData("a/b/", Operation.List)]
    [InlineData("", Operation.List)]
    [InlineData("a/b/", Operation.Scan)]
    public void Version_1_has_the_documented_routes(string path, Operation operation) =>
        Assert.True(type.Routes(Version("1")).TryMatch(path, operation, out _, out _, out _));

    [Theory]
    [InlineData("data", Operation.Read)]
    [InlineData("data/", Operation.Update)]
    [InlineData("delete/a", Operation.Read)]
    [InlineData("config/a", Operation.Read)]
    public void Version_2_has_no_other_routes(string path, Operation operation) =>
        Assert.False(type.Routes(Version("2")).TryMatch(path, operation, out _, out _, out _));

    private static Dictionary<string, string> Options() => [];

    private static Dictionary<string, string> Version(string version) => new() { ["version"] = version };
}
