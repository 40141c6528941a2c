namespace Kist.Client.Tests.Commands.Encryption;

/// <summary><c>encryption rotate</c>, as far as it goes without a cluster.</summary>
public sealed class RotateTests : IDisposable
{
    private readonly Fakes.Cli cli = new();

    public void Dispose() => cli.Dispose();

    [Theory]
    [InlineData("-loaded=4f6c2b", "-loaded takes the file's SHA-256")]
    [InlineData("-loaded=config.yaml", "-loaded takes the file's SHA-256")]
    [InlineData("-servers-are-all", "-servers-are-all needs -server")]
    public async Task What_would_count_for_nothing_is_refused(string flag, string says)
    {
        var refused = await cli.RunAsync("encryption", "rotate", "-to=new", "-endpoints=http://127.0.0.1:1", flag, cli.Home.At("config.yaml"));
        Assert.Equal(1, refused.Code);
        Assert.Contains(says, refused.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-server=http://10.0.0.5:6443", "in the clear")]
    [InlineData("-server=http://127.0.0.1:8080 -server-token-file=TOKEN", "in the clear")]
    [InlineData("-server=https://10.0.0.5:6443 -server=http://10.0.0.6:6443 -server-token-file=TOKEN", "-server=http://10.0.0.6:6443 would be asked in the clear")]
    [InlineData("-server=10.0.0.5:6443", "write an API server's address as https://10.0.0.5:6443")]
    public async Task Api_servers_are_not_asked_in_the_clear(string flags, string says)
    {
        var token = cli.Home.File("token", "secret-token");
        var refused = await cli.RunAsync(
            ["encryption", "rotate", "-to=new", "-endpoints=http://127.0.0.1:1", .. flags.Replace("TOKEN", token, StringComparison.Ordinal).Split(' '), cli.Home.At("config.yaml")]);
        Assert.Equal(1, refused.Code);
        Assert.Contains(says, refused.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("secret-token", refused.Error, StringComparison.Ordinal);
    }
}
