using Kist.Core.Storage;

namespace Kist.Core.Tests.Nodes;

public sealed class RotateRoutesTests : IAsyncLifetime
{
    private readonly MemoryStore store = new();
    private TestNode node = null!;

    public async Task InitializeAsync() => node = await TestNode.CreateAsync(store);

    public async Task DisposeAsync()
    {
        await node.DisposeAsync();
        await store.DisposeAsync();
    }

    [Theory]
    [InlineData("sys/rotate/config")]
    [InlineData("sys/rotate/keyring/config")]
    public async Task Settings_that_are_not_given_stay_as_they_are(string path)
    {
        var standard = (await node.ReadAsync(path).Ok()).Json();
        Assert.Equal("""{"max_operations":3865470566,"interval":0,"enabled":true}""", standard.GetRawText());
        await node.WriteAsync(path, """{"interval":"36h"}""").Ok();
        await node.WriteAsync(path, """{"max_operations":2000000}""").Ok();
        await node.WriteAsync(path, """{"enabled":false}""").Ok();
        Assert.Equal("""{"max_operations":2000000,"interval":129600,"enabled":false}""", (await node.ReadAsync(path).Ok()).Json().GetRawText());
    }

    [Theory]
    [InlineData("""{"max_operations":1}""", "rotate.max_operations")]
    [InlineData("""{"interval":"1h"}""", "rotate.interval")]
    public async Task Settings_out_of_range_are_refused_and_change_nothing(string body, string code)
    {
        var before = (await node.ReadAsync("sys/rotate/config").Ok()).Json().GetRawText();
        Assert.Equal(code, (await node.WriteAsync("sys/rotate/config", body).Fails(FailureKind.Invalid)).Code);
        Assert.Equal(before, (await node.ReadAsync("sys/rotate/config").Ok()).Json().GetRawText());
    }

    [Theory]
    [InlineData("sys/rotate")]
    [InlineData("sys/rotate/keyring")]
    public async Task A_rotation_starts_a_term(string path)
    {
        await node.WriteAsync(path).Ok();
        Assert.Equal(2, (await node.ReadAsync("sys/key-status").Ok()).Json().GetProperty("term").GetInt32());
    }
}
