using System.Text.Json.Serialization;
using Kist.Core.Pipeline;
using Kist.Core.Routing;
using Kist.Core.Routing.Fields;

namespace Kist.Core.Tests.Routing;

public sealed class RouteTableTests
{
    private static readonly RouteTable Table = Build("roles", "roles/{name}", "roles/special", "data/{path**}", "mounts/{path**}", "mounts/{path**}/tune", "");

    [Theory]
    [InlineData("roles", "roles", "")]
    [InlineData("roles/a", "roles/{name}", "a")]
    [InlineData("roles/special", "roles/special", "")]
    [InlineData("data/a/b/c", "data/{path**}", "a/b/c")]
    [InlineData("mounts/a/b", "mounts/{path**}", "a/b")]
    [InlineData("mounts/a/b/tune", "mounts/{path**}/tune", "a/b")]
    [InlineData("mounts/tune", "mounts/{path**}", "tune")]
    [InlineData("", "", "")]
    public void The_most_specific_template_wins(string path, string template, string value)
    {
        Assert.True(Table.TryMatch(path, Operation.Read, out var route, out var values, out _));
        Assert.Equal(template, route.Template);
        Assert.Equal(value, values.Count == 0 ? "" : values.At(0).Value);
    }

    [Theory]
    [InlineData("nothing")]
    [InlineData("roles/a/b")]
    [InlineData("data")]
    public void Other_paths_match_nothing(string path)
    {
        Assert.False(Table.TryMatch(path, Operation.Read, out _, out _, out var exists));
        Assert.False(exists);
    }

    [Fact]
    public void A_known_path_with_another_operation_is_told_apart()
    {
        Assert.False(Table.TryMatch("roles/a", Operation.Delete, out _, out _, out var exists));
        Assert.True(exists);
    }

    [Fact]
    public void Lists_match_with_and_without_trailing_slash_and_at_the_root()
    {
        var map = new RouteMap(new NoFieldsJson(FieldJson.Options()));
        map.List<Nothing, Nothing>("metadata/{path**}", Handle, "List.");
        var table = map.Build();
        foreach (var (path, value) in new[] { ("metadata/a/b/", "a/b"), ("metadata/a/b", "a/b"), ("metadata/", ""), ("metadata", "") })
        {
            Assert.True(table.TryMatch(path, Operation.List, out _, out var values, out _));
            Assert.Equal(value, values["path"]);
        }
    }

    [Fact]
    public void Creates_find_write_routes()
    {
        var map = new RouteMap(new NoFieldsJson(FieldJson.Options()));
        map.Write<Nothing, Nothing>("a", Handle, "Write.");
        Assert.True(map.Build().TryMatch("a", Operation.Create, out _, out _, out _));
    }

    [Theory]
    [InlineData("a", "a")]
    [InlineData("a/{x}", "a/{x}")]
    [InlineData("a/{x}", "a/{y}")]
    [InlineData("a/{x**}/t", "a/{x**}/t")]
    public void Ambiguous_routes_are_refused_at_start(string first, string second) =>
        Assert.Throws<InvalidOperationException>(() => Build(first, second));

    private static RouteTable Build(params string[] templates)
    {
        var map = new RouteMap(new NoFieldsJson(FieldJson.Options()));
        foreach (var template in templates)
            map.Read<Nothing, Nothing>(template, Handle, "Read.");
        return map.Build();
    }

    private static ValueTask<Outcome<Nothing>> Handle(Nothing request, RequestContext context, CancellationToken cancellationToken) => new(Outcome.Done);
}

[JsonSerializable(typeof(string))]
internal sealed partial class NoFieldsJson : JsonSerializerContext;
