using Kist.Core.Storage;

namespace Kist.Core.Tests.Nodes;

public sealed class VersionHistoryTests
{
    [Fact]
    public async Task Every_version_that_ran_on_a_store_is_listed_with_the_one_before_it()
    {
        await using var store = new MemoryStore();
        await using var first = await TestNode.CreateAsync(store);
        await using var newer = TestNode.Sealed(store, null, new NodeOptions { Version = "1.10.0" });
        await newer.WriteAsync("sys/unseal", $$"""{"key":"{{Convert.ToHexString(first.Shares[0])}}"}""").Ok();
        await newer.WriteAsync("sys/seal", """{"node":"self"}""", first.RootToken).Ok();
        await newer.WriteAsync("sys/unseal", $$"""{"key":"{{Convert.ToHexString(first.Shares[0])}}"}""").Ok();

        var history = (await newer.ListAsync("sys/version-history", first.RootToken).Ok()).Json();
        Assert.Equal(["1.2.3", "1.10.0"], history.GetProperty("keys").EnumerateArray().Select(k => k.GetString()));
        var details = history.GetProperty("key_info").GetProperty("1.10.0");
        Assert.Equal("1.2.3", details.Text("previous_version"));
        Assert.True(details.GetProperty("timestamp_installed").TryGetDateTimeOffset(out _));
        Assert.Equal(System.Text.Json.JsonValueKind.Null, history.GetProperty("key_info").GetProperty("1.2.3").GetProperty("previous_version").ValueKind);
    }
}
