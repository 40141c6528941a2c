using Kist.Client.Tests.Fakes;

namespace Kist.Client.Tests.Commands;

/// <summary>What <c>login</c> sends by each method, and what it asks for.</summary>
public sealed class LoginTests : IDisposable
{
    private const string Marked = "hvs.marked-token";
    private readonly Fakes.Cli cli = new();

    public void Dispose() => cli.Dispose();

    [Fact]
    public async Task A_second_proof_is_asked_for_and_the_token_comes_with_the_second_answer()
    {
        Unproved().UserTypes("pw", "123 456").Server.On("PUT sys/mfa/validate", 200, Answers.Login);
        var ended = await cli.RunAsync("login", "-method=userpass", "username=alice");
        Assert.Equal(0, ended.Code);
        // One code is enough for all that its method proves.
        Assert.Equal(["Password (will be hidden): ", "Code of app (will be hidden; Enter for another method): "], cli.Prompts);
        Assert.Equal("""{"mfa_request_id":"r-1","mfa_payload":{"m-1":["123456"]}}""", cli.Server.Last.Body);
        Assert.Equal(Marked, File.ReadAllText(cli.Home.At(".kist-token")));
        Assert.Contains("You are now authenticated", ended.Output);
        Assert.DoesNotContain("123", ended.Output + ended.Error);
    }

    [Fact]
    public async Task Who_has_another_method_passes_by_the_first_one()
    {
        Unproved().UserTypes("pw", "", "111111", "222222").Server.On("PUT sys/mfa/validate", 200, Answers.Login);
        await cli.RunAsync("login", "-method=userpass", "username=alice");
        Assert.Equal("""{"mfa_request_id":"r-1","mfa_payload":{"m-2":["111111"],"m-1":["222222"]}}""", cli.Server.Last.Body);
    }

    [Fact]
    public async Task Without_a_code_the_login_fails_and_the_kept_token_stays()
    {
        cli.Home.File(".kist-token", "kept");
        var ended = await Unproved().UserTypes("pw", "").RunAsync("login", "-method=userpass", "username=alice");
        Assert.Equal(2, ended.Code);
        Assert.Contains("not complete", ended.Error);
        Assert.Equal("kept", File.ReadAllText(cli.Home.At(".kist-token")));
    }

    [Theory]
    [InlineData("", "mfa_request_id")]
    [InlineData("-format=json", "\"mfa_request_id\": \"r-1\"")]
    [InlineData("-field=mfa_request_id", "r-1")]
    [InlineData("-token-only", "")]
    [InlineData("-field=token", "")]
    [InlineData("-no-print", "")]
    public async Task With_nobody_to_ask_for_the_code_nothing_is_taken_for_a_token(string flag, string shown)
    {
        cli.Home.File(".kist-token", "kept");
        string[] flags = flag.Length > 0 ? [flag] : [];
        var ended = await Unproved().RunAsync(["login", "-method=userpass", .. flags, "username=alice", "password=pw"]);
        Assert.Equal(2, ended.Code);
        if (shown.Length == 0)
            Assert.Equal("", ended.Output);
        else
            Assert.Contains(shown, ended.Output);
        Assert.Contains("it wants a code of app or totp m-2 and app", ended.Error);
        Assert.Contains("mfa_request_id=r-1", ended.Error);
        Assert.DoesNotContain("authenticated", ended.Output);
        Assert.Equal("kept", File.ReadAllText(cli.Home.At(".kist-token")));
    }

    [Fact]
    public async Task Non_interactive_asks_for_no_code()
    {
        var ended = await Unproved().UserTypes("x").RunAsync("login -method=userpass -non-interactive username=alice password=pw".Split(' '));
        Assert.Equal(2, ended.Code);
        Assert.Empty(cli.Prompts);
    }

    [Fact]
    public async Task A_table_shows_which_proof_a_login_lacks()
    {
        var ended = await Unproved().RunAsync("write", "auth/userpass/login/alice", "password=pw");
        Assert.Equal(0, ended.Code);
        Assert.Matches("mfa_request_id +r-1", ended.Output);
        Assert.Matches("mfa_constraint_all_totp_id +m-2", ended.Output);
        Assert.Matches("mfa_constraint_again_totp_name +app", ended.Output);
        Assert.DoesNotContain("token", ended.Output);
    }

    [Theory]
    [InlineData("jwt", "role=r", "jwt", """{"role":"r","jwt":"e.y.J"}""")]
    [InlineData("kubernetes", "role=r", "jwt", """{"role":"r","jwt":"e.y.J"}""")]
    [InlineData("approle", "role_id=r", "secret_id", """{"role_id":"r","secret_id":"e.y.J"}""")]
    public async Task The_line_end_of_a_shell_or_a_file_is_no_part_of_a_token(string method, string role, string field, string body)
    {
        cli.Server.On($"PUT auth/{method}/login", 200, Answers.Login);
        Assert.Equal(0, (await cli.Input("e.y.J\n").RunAsync("login", $"-method={method}", role, $"{field}=-")).Code);
        Assert.Equal(body, cli.Server.Last.Body);
        var file = cli.Home.File("given", "e.y.J\r\n");
        Assert.Equal(0, (await cli.RunAsync("login", $"-method={method}", role, $"{field}=@{file}")).Code);
        Assert.Equal(body, cli.Server.Last.Body);
    }

    [Theory]
    [InlineData("pass word\n", "pass word")]
    [InlineData(" pass \r\n", " pass ")]
    [InlineData("pass\n\n", "pass\n")]
    public async Task One_line_end_is_taken_from_a_password_and_spaces_are_not(string given, string password)
    {
        cli.Server.On("PUT auth/userpass/login/alice", 200, Answers.Login);
        await cli.Input(given).RunAsync("login", "-method=userpass", "username=alice", "password=-");
        Assert.Equal(password, Sent("password"));
    }

    [Fact]
    public async Task A_password_that_is_typed_keeps_its_spaces()
    {
        cli.UserTypes(" pass ").Server.On("PUT auth/userpass/login/alice", 200, Answers.Login);
        await cli.RunAsync("login", "-method=userpass", "username=alice");
        Assert.Equal(" pass ", Sent("password"));
    }

    [Theory]
    [InlineData("carol", "dave", "carol")]
    [InlineData("", "dave", "dave")]
    public async Task Without_a_name_it_is_that_of_the_user_who_is_told(string logname, string user, string expected)
    {
        cli.With("LOGNAME", logname).With("USER", user).UserTypes("pw").Server.On($"PUT auth/userpass/login/{expected}", 200, Answers.Login);
        Assert.Equal(0, (await cli.RunAsync("login", "-method=userpass")).Code);
        Assert.Equal([$"Password of {expected} (will be hidden): "], cli.Prompts);
    }

    [Fact]
    public async Task A_name_that_nobody_gives_is_missing()
    {
        var ended = await cli.UserTypes("pw").RunAsync("login", "-method=userpass");
        Assert.Equal(1, ended.Code);
        Assert.Contains("username=NAME", ended.Error);
    }

    [Fact]
    public async Task A_secret_id_that_is_missing_is_asked_for()
    {
        cli.UserTypes("s-1").Server.On("PUT auth/approle/login", 200, Answers.Login);
        Assert.Equal(0, (await cli.RunAsync("login", "-method=approle", "role_id=r")).Code);
        Assert.Equal(["Secret id (will be hidden; Enter for none): "], cli.Prompts);
        Assert.Equal("""{"role_id":"r","secret_id":"s-1"}""", cli.Server.Last.Body);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Roles_without_secret_ids_can_still_log_in(bool asked)
    {
        (asked ? cli.UserTypes("") : cli).Server.On("PUT auth/approle/login", 200, Answers.Login);
        Assert.Equal(0, (await cli.RunAsync("login", "-method=approle", "role_id=r")).Code);
        Assert.Equal("""{"role_id":"r"}""", cli.Server.Last.Body);
    }

    [Fact]
    public async Task A_jwt_that_is_missing_is_asked_for()
    {
        cli.UserTypes(" e.y.J").Server.On("PUT auth/jwt/login", 200, Answers.Login);
        Assert.Equal(0, (await cli.RunAsync("login", "-method=jwt", "role=r")).Code);
        Assert.Equal(["Token (will be hidden): "], cli.Prompts);
        Assert.Equal("""{"role":"r","jwt":"e.y.J"}""", cli.Server.Last.Body);
    }

    [Fact]
    public async Task A_pod_shows_the_token_of_its_service_account()
    {
        Pod("e.y.J\n");
        cli.Server.On("PUT auth/kubernetes/login", 200, Answers.Login);
        Assert.Equal(Marked, (await cli.RunAsync("login", "-method=kubernetes", "-field=token", "role=r")).Output);
        Assert.Equal("""{"role":"r","jwt":"e.y.J"}""", cli.Server.Last.Body);
        Assert.Equal(Marked, File.ReadAllText(cli.Home.At(".kist-token")));
    }

    [Fact]
    public async Task A_pods_token_that_is_not_there_or_cannot_be_read_is_named()
    {
        var missing = await cli.RunAsync("login", "-method=kubernetes", "role=r");
        Assert.Equal(1, missing.Code);
        Assert.Contains("give jwt=@FILE", missing.Error);

        // Can be opened, and fails when it is read, whoever reads it.
        Directory.CreateDirectory(cli.Home.At("pod"));
        File.CreateSymbolicLink(Path.Combine(cli.Home.At("pod"), "token"), "/proc/self/mem");
        var unreadable = await cli.RunAsync("login", "-method=kubernetes", "role=r");
        Assert.Equal(1, unreadable.Code);
        Assert.Contains("cannot read the file", unreadable.Error);
    }

    [Fact]
    public async Task Token_only_without_a_token_in_the_answer_fails()
    {
        cli.Server.On("PUT auth/cert/login", 200, """{"data":{}}""");
        var ended = await cli.RunAsync("login", "-method=cert", "-token-only");
        Assert.Equal((2, ""), (ended.Code, ended.Output));
    }

    private Fakes.Cli Unproved()
    {
        cli.Server.On("PUT auth/userpass/login/alice", 200, Answers.Unproved);
        return cli;
    }

    private void Pod(string token) => File.WriteAllText(Path.Combine(Directory.CreateDirectory(cli.Home.At("pod")).FullName, "token"), token);

    private string? Sent(string field) => System.Text.Json.JsonElement.Parse(cli.Server.Last.Body).GetProperty(field).GetString();
}
