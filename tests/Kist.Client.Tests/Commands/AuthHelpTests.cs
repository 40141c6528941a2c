namespace Kist.Client.Tests.Commands;

/// <summary><c>auth help</c> of types and of paths.</summary>
public sealed class AuthHelpTests : IDisposable
{
    private readonly Fakes.Cli cli = new Fakes.Cli().With("KIST_TOKEN", "own");

    public void Dispose() => cli.Dispose();

    [Theory]
    [InlineData("approle", "kist login -method=approle role_id=ID")]
    [InlineData("userpass", "kist login -method=userpass username=NAME")]
    [InlineData("kubernetes", "kist login -method=kubernetes role=NAME")]
    public async Task Help_tells_how_to_log_in_before_the_method_is_mounted(string type, string line)
    {
        var ended = await cli.RunAsync("auth", "help", type);
        Assert.Equal(0, ended.Code);
        Assert.Contains(line, ended.Output);
        Assert.Contains($"kist auth enable {type}", ended.Output);
    }

    [Fact]
    public async Task Help_of_a_path_where_nothing_is_mounted_fails_and_of_a_mounted_type_holds_both()
    {
        Assert.Equal(2, (await cli.RunAsync("auth", "help", "people")).Code);
        cli.Server.On("GET auth/jwt?help=1", 200, """{"help":"what the server says"}""");
        var ended = await cli.RunAsync("auth", "help", "jwt/");
        Assert.Contains("login -method=jwt", ended.Output);
        Assert.EndsWith("what the server says\n", ended.Output, StringComparison.Ordinal);
    }
}
