using Kist.Core;
using Kist.Core.Tests.Nodes;
using Kist.Crypto;

namespace Kist.Engines.Tests.Kv.V2.Rotation;

/// <summary>Nobody gets done by a rule what he may not do himself.</summary>
public sealed class CallerRightsTests : IAsyncLifetime
{
    private const string Rule = """{"period":"24h","target":{"type":"database","mount":"db","connection":"main","username":"app"}}""";
    private RotationBed bed = null!;

    public async Task InitializeAsync() => bed = await RotationBed.StartAsync();

    public async Task DisposeAsync() => await bed.DisposeAsync();

    [Theory]
    [InlineData("""path "kv/rotation/*" { capabilities = ["create", "update"] }""", "writing kv/data/app (update)")]
    [InlineData("""path "kv/*" { capabilities = ["create", "update"] }""", "db/rotate-user/main/app (update)")]
    [InlineData(
        """path "kv/*" { capabilities = ["create", "update"] } path "db/rotate-user/other/*" { capabilities = ["update"] }""",
        "db/rotate-user/main/app (update)")]
    public async Task A_rule_with_a_database_target_needs_the_right_to_both(string policy, string missing)
    {
        var failure = await bed.Node.WriteAsync("kv/rotation/app", Rule, await TokenAsync(policy)).Fails(FailureKind.Denied);
        Assert.Contains(missing, failure.Message, StringComparison.Ordinal);
        await bed.Node.ReadAsync("kv/rotation/app").Fails(FailureKind.NotFound);
    }

    [Fact]
    public async Task Who_has_both_rights_may_write_it_and_others_may_then_rotate()
    {
        var writer = await TokenAsync(
            """path "kv/*" { capabilities = ["create", "update"] } path "db/rotate-user/main/app" { capabilities = ["update"] }""");
        await bed.Node.WriteAsync("kv/rotation/app", Rule, writer).Ok();
        var caller = await TokenAsync("""path "kv/rotate/app" { capabilities = ["update"] }""");
        await bed.Node.WriteAsync("kv/rotate/app", "", caller).Ok();
        Assert.Equal(bed.Engine.Users["main/app"], await bed.PasswordAsync());
        await bed.Node.ReadAsync("kv/data/app", caller).Fails(FailureKind.Denied);
    }

    private async Task<SecretText> TokenAsync(string policy)
    {
        var body = new System.Text.Json.Nodes.JsonObject { ["policy"] = policy };
        await bed.Node.WriteAsync("sys/policies/acl/some", body.ToJsonString()).Ok();
        return (await bed.Node.WriteAsync("auth/token/create", """{"policies":["some"]}""").Ok()).Auth!.ClientToken;
    }
}
