using Kist.Core.Pipeline;
using Kist.Engines.Database;

namespace Kist.Engines.Tests.Database;

public sealed class DatabaseMountTypeTests
{
    private readonly DatabaseMountType type = new(TimeProvider.System);

    // From the reference of the API.
    [Theory]
    [InlineData("config/", Operation.List)]
    [InlineData("config/a", Operation.Read)]
    [InlineData("config/a", Operation.Create)]
    [InlineData("config/a", Operation.Update)]
    [InlineData("config/a", Operation.Delete)]
    [InlineData("creds/a", Operation.Read)]
    [InlineData("reset/a", Operation.Update)]
    [InlineData("reload/a", Operation.Update)]
    [InlineData("roles/", Operation.List)]
    [InlineData("roles/a", Operation.Read)]
    [InlineData("roles/a", Operation.Update)]
    [InlineData("roles/a", Operation.Delete)]
    [InlineData("rotate-role/a", Operation.Update)]
    [InlineData("rotate-root/a", Operation.Update)]
    [InlineData("static-creds/a", Operation.Read)]
    [InlineData("static-roles/", Operation.List)]
    [InlineData("static-roles/a", Operation.Read)]
    [InlineData("static-roles/a", Operation.Update)]
    [InlineData("static-roles/a", Operation.Delete)]
    public void Has_the_documented_routes(string path, Operation operation) =>
        Assert.True(type.Routes(new Dictionary<string, string>()).TryMatch(path, operation, out _, out _, out _));

    [Fact]
    public void Only_making_users_issues_secrets() =>
        Assert.Equal("creds/{name}", Assert.Single(type.Routes(new Dictionary<string, string>()).Routes, r => r.MakesSecrets).Template);

    [Theory]
    [InlineData("config/a", Operation.Update, "password")]
    [InlineData("config/a", Operation.Update, "private_key")]
    [InlineData("config/a", Operation.Update, "connection_url")]
    [InlineData("static-roles/a", Operation.Update, "password")]
    public void The_audit_never_shows_what_a_request_keeps_secret(string path, Operation operation, string field)
    {
        var route = EngineAudit.Route(type, path, operation);
        Assert.False(route.PlainRequestKeys.Shows(field));
        Assert.True(route.PlainRequestKeys.Shows("name"));
    }

    [Theory]
    [InlineData("creds/a")]
    [InlineData("static-creds/a")]
    public void The_audit_never_shows_a_password_that_is_answered(string path)
    {
        var route = EngineAudit.Route(type, path, Operation.Read);
        Assert.False(route.PlainResponseKeys.Shows("password"));
        Assert.True(route.PlainResponseKeys.Shows("username"));
    }
}
