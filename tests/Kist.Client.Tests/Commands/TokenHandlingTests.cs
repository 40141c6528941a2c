using System.Runtime.Versioning;
using Kist.Client.Tests.Fakes;

namespace Kist.Client.Tests.Commands;

/// <summary>Where tokens come from, where they go, and where they never show.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class TokenHandlingTests : IDisposable
{
    private const string Marked = "hvs.marked-token";
    private readonly Fakes.Cli cli = new();

    [Fact]
    public async Task A_variable_goes_before_the_token_file()
    {
        cli.Home.File(".kist-token", "from-file");
        await cli.With("VAULT_TOKEN", "from-variable").RunAsync("read", "x");
        Assert.Equal("from-variable", cli.Server.Last.Header("X-Vault-Token"));
    }

    [Fact]
    public async Task The_own_token_file_goes_before_that_of_vault()
    {
        cli.Home.File(".vault-token", "vaults");
        await cli.RunAsync("read", "x");
        Assert.Equal("vaults", cli.Server.Last.Header("X-Vault-Token"));
        cli.Home.File(".kist-token", "own");
        await cli.RunAsync("read", "x");
        Assert.Equal("own", cli.Server.Last.Header("X-Vault-Token"));
    }

    [Fact]
    public async Task Called_as_vault_only_the_file_of_vault_counts()
    {
        cli.Home.File(".kist-token", "own");
        await cli.CalledAs("vault").RunAsync("read", "x");
        Assert.Null(cli.Server.Last.Header("X-Vault-Token"));
    }

    [Fact]
    public async Task A_token_file_that_others_may_read_is_worth_a_warning()
    {
        var path = cli.Home.File(".kist-token", Marked);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        var result = await cli.RunAsync("read", "x");
        Assert.Contains($"chmod 600 {path}", result.Error);
        Assert.DoesNotContain(Marked, result.Error);
    }

    [Theory]
    [InlineData("kist", ".kist-token")]
    [InlineData("vault", ".vault-token")]
    public async Task Login_checks_a_token_and_keeps_it_for_its_owner_alone(string program, string file)
    {
        cli.CalledAs(program).UserTypes($" {Marked}\n").Server.On("GET auth/token/lookup-self", 200, Answers.LookupSelf);
        var result = await cli.RunAsync("login");
        Assert.Equal((0, ""), (result.Code, result.Error));
        Assert.Equal(Marked, cli.Server.Last.Header("X-Vault-Token"));
        Assert.Equal(Marked, File.ReadAllText(cli.Home.At(file)));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(cli.Home.At(file)));
        Assert.Equal(["Token (will be hidden): "], cli.Prompts);
        Repository.AssertGolden($"login-{program}.txt", result.Output.Replace(cli.Home.Path, "~", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("-")]
    [InlineData("token=-")]
    [InlineData(Marked)]
    [InlineData("token=" + Marked)]
    public async Task A_token_can_be_given_in_several_ways(string argument)
    {
        cli.Input($"{Marked}\n").Server.On("GET auth/token/lookup-self", 200, Answers.LookupSelf);
        Assert.Equal(0, (await cli.RunAsync("login", argument)).Code);
        Assert.Equal(Marked, cli.Server.Last.Header("X-Vault-Token"));
    }

    [Fact]
    public async Task A_token_that_the_server_refuses_is_not_kept()
    {
        cli.Server.On("GET auth/token/lookup-self", 403, Answers.Denied);
        var result = await cli.RunAsync("login", Marked);
        Assert.Equal(2, result.Code);
        Assert.False(File.Exists(cli.Home.At(".kist-token")));
        Assert.DoesNotContain(Marked, result.Error);
    }

    [Fact]
    public async Task Login_by_password_asks_for_it_and_keeps_the_token()
    {
        cli.UserTypes("pass word").Server.On("PUT auth/userpass/login/alice", 200, Answers.Login);
        var result = await cli.RunAsync("login", "-method=userpass", "username=alice", "-no-print");
        Assert.Equal((0, ""), (result.Code, result.Output));
        Assert.Equal("""{"password":"pass word"}""", cli.Server.Last.Body);
        Assert.Equal(["Password (will be hidden): "], cli.Prompts);
        Assert.Equal(Marked, File.ReadAllText(cli.Home.At(".kist-token")));
    }

    [Fact]
    public async Task Token_only_prints_the_token_and_keeps_nothing()
    {
        cli.Server.On("PUT auth/approle/login", 200, Answers.Login);
        Assert.Equal(Marked, (await cli.RunAsync("login", "-method=approle", "-token-only", "role_id=r")).Output);
        Assert.False(File.Exists(cli.Home.At(".kist-token")));
    }

    [Fact]
    public async Task No_store_keeps_nothing()
    {
        cli.Server.On("PUT auth/approle/login", 200, Answers.Login);
        Assert.Contains("not kept", (await cli.RunAsync("login", "-method=approle", "-no-store", "role_id=r")).Output);
        Assert.False(File.Exists(cli.Home.At(".kist-token")));
    }

    [Fact]
    public async Task A_link_in_place_of_the_token_file_is_not_written_through()
    {
        File.CreateSymbolicLink(cli.Home.At(".kist-token"), cli.Home.At("elsewhere"));
        cli.Server.On("GET auth/token/lookup-self", 200, Answers.LookupSelf);
        var result = await cli.RunAsync("login", Marked);
        Assert.Equal(1, result.Code);
        Assert.Contains("symbolic link", result.Error);
        Assert.False(File.Exists(cli.Home.At("elsewhere")));
    }

    [Theory]
    [InlineData("login")]
    [InlineData("operator unseal")]
    [InlineData("login -method=userpass username=a")]
    public async Task Without_a_terminal_nobody_is_asked(string line)
    {
        var result = await cli.RunAsync(line.Split(' '));
        Assert.Equal(1, result.Code);
        Assert.Contains("nobody to ask", result.Error);
        Assert.Empty(cli.Server.Requests);
    }

    [Fact]
    public async Task Non_interactive_asks_nobody()
    {
        Assert.Equal(1, (await cli.UserTypes("x").RunAsync("operator", "unseal", "-non-interactive")).Code);
        Assert.Empty(cli.Prompts);
    }

    [Fact]
    public async Task Print_token_prints_it() =>
        Assert.Equal($"{Marked}\n", (await cli.With("KIST_TOKEN", Marked).RunAsync("print", "token")).Output);

    [Fact]
    public async Task Print_token_without_one_fails() => Assert.Equal(2, (await cli.RunAsync("print", "token")).Code);

    [Fact]
    public async Task A_curl_command_leaves_the_token_to_the_shell()
    {
        var result = await cli.With("KIST_TOKEN", Marked).RunAsync(
            "write", "-output-curl-string", "-ns=team", "-wrap-ttl=5m", "-header=X-A=marked-header", "-ca-cert=/a b/ca.pem", "sys/x", "k=it's");
        Assert.Equal(0, result.Code);
        Assert.Empty(cli.Server.Requests);
        Assert.DoesNotContain("marked", result.Output);
        Repository.AssertGolden("curl.txt", result.Output);
    }

    [Theory]
    [InlineData("token lookup hvs.marked-token")]
    [InlineData("token revoke hvs.marked-token")]
    [InlineData("token create -id=hvs.marked-token")]
    [InlineData("unwrap hvs.marked-token")]
    [InlineData("operator unseal hvs.marked-token")]
    [InlineData("login hvs.marked-token")]
    [InlineData("login -method=userpass username=a password=hvs.marked-token")]
    [InlineData("write secret/x a=-")]
    [InlineData("policy read x")]
    public async Task A_curl_command_never_shows_a_secret(string line)
    {
        var result = await cli.With("KIST_TOKEN", Marked).Input(Marked).RunAsync([.. line.Split(' '), "-output-curl-string"]);
        Assert.Equal(0, result.Code);
        Assert.StartsWith("curl ", result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("marked", result.Output + result.Error);
    }

    [Theory]
    [InlineData("read x")]
    [InlineData("write x a=hvs.marked-token")]
    [InlineData("write hvs.marked-token")]
    [InlineData("kv put secret/x hvs.marked-token")]
    [InlineData("token lookup hvs.marked-token")]
    [InlineData("unwrap hvs.marked-token")]
    [InlineData("token create -ttl=hvs.marked-token")]
    [InlineData("token create -use-limit=hvs.marked-token")]
    [InlineData("operator unseal hvs.marked-token")]
    [InlineData("read -header=hvs.marked-token x")]
    [InlineData("login hvs.marked-token hvs.marked-token")]
    public async Task An_error_never_shows_a_secret(string line)
    {
        var result = await cli.With("KIST_TOKEN", Marked).RunAsync(line.Split(' '));
        Assert.NotEqual(0, result.Code);
        Assert.DoesNotContain("marked", result.Output + result.Error);
    }

    public void Dispose() => cli.Dispose();
}
