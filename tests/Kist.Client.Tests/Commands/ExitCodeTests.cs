using Kist.Client.Tests.Fakes;

namespace Kist.Client.Tests.Commands;

public sealed class ExitCodeTests : IDisposable
{
    private readonly Fakes.Cli cli = new();

    [Theory]
    [InlineData("raed x", "unknown command \"raed\" (did you mean \"read\"?)")]
    [InlineData("kv gte x", "unknown command \"kv gte\" (did you mean \"get\"?)")]
    [InlineData("kv metadata pacth x", "unknown command \"kv metadata pacth\" (did you mean \"patch\"?)")]
    [InlineData("read -feild=x y", "unknown flag -feild (did you mean \"-field\"?)")]
    [InlineData("read", "too few arguments: read takes PATH [K=V...]")]
    [InlineData("kv get a b", "too many arguments: kv get takes PATH")]
    [InlineData("version x", "too many arguments: version takes none")]
    [InlineData("-address=http://x read y", "flags go after the command: -address came too early")]
    [InlineData("write sys/x", "there is no data to write; to write without any, give -force")]
    [InlineData("read -address=nonsense x", "-address: the server's address must begin with")]
    [InlineData("read a/../b", "must not have \".\" or \"..\"")]
    [InlineData("token revoke", "say which token to revoke")]
    [InlineData("token revoke -self x", "say which token to revoke")]
    [InlineData("lease revoke -force x", "-force needs -prefix too")]
    [InlineData("completion powershell", "there is completion for bash, zsh and fish")]
    public async Task Wrong_usage_is_1_with_a_message_that_helps(string line, string message)
    {
        var result = await cli.RunAsync(line.Split(' '));
        Assert.Equal((1, ""), (result.Code, result.Output));
        Assert.Contains(message, result.Error);
        Assert.Empty(cli.Server.Requests);
    }

    [Theory]
    [InlineData("read x")]
    [InlineData("kv get secret/x")]
    [InlineData("token lookup")]
    [InlineData("secrets list")]
    [InlineData("operator seal")]
    public async Task A_server_that_is_not_there_is_2(string line)
    {
        foreach (var request in (string[])["x", "sys/internal/ui/mounts/secret/x", "auth/token/lookup-self", "sys/mounts"])
            cli.Server.Refuse($"GET {request}");
        cli.Server.Refuse("PUT sys/seal");
        var result = await cli.RunAsync(line.Split(' '));
        Assert.Equal((2, ""), (result.Code, result.Output));
        Assert.StartsWith("cannot reach http://127.0.0.1:8200", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Status_without_a_server_is_1_to_tell_it_from_sealed()
    {
        cli.Server.Refuse("GET sys/seal-status");
        Assert.Equal(1, (await cli.RunAsync("status")).Code);
    }

    [Fact]
    public async Task A_refused_request_is_2_with_the_servers_words()
    {
        cli.Server.On("GET x", 403, """{"errors":["permission denied"]}""");
        var result = await cli.RunAsync("read", "x");
        Assert.Equal((2, ""), (result.Code, result.Output));
        Assert.Equal("Error making API request.\n\nURL: GET http://127.0.0.1:8200/v1/x\nCode: 403. Errors:\n\n* permission denied\n", result.Error);
    }

    [Theory]
    [InlineData("unwrap hvs.w", "PUT sys/wrapping/unwrap", 400)]
    [InlineData("unwrap hvs.w", "PUT sys/wrapping/unwrap", 412)]
    [InlineData("write -f x", "PUT x", 400)]
    [InlineData("write -f x", "PUT x", 503)]
    [InlineData("patch -f x", "PATCH x", 400)]
    public async Task An_answer_with_data_is_shown_and_not_asked_for_again_whatever_its_status_which_is_2(string line, string request, int status)
    {
        cli.With("KIST_MAX_RETRIES", "2").Server.On(request, status, """{"data":{"batch_results":[{"plaintext":"eA=="},{"error":"too old"}]}}""");
        var result = await cli.RunAsync(line.Split(' '));
        Assert.Equal((2, 1), (result.Code, cli.Server.Requests.Count));
        Assert.Contains("eA==", result.Output);
        Assert.StartsWith($"Code: {status}. ", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_with_errors_shows_no_data()
    {
        cli.Server.On("PUT x", 400, """{"errors":["no"],"data":{"a":"b"}}""");
        var result = await cli.RunAsync("write", "-f", "x");
        Assert.Equal((2, ""), (result.Code, result.Output));
        Assert.Contains("* no", result.Error);
    }

    [Theory]
    [InlineData("read x", "No value found at x\n")]
    [InlineData("list x/", "No value found at x/\n")]
    [InlineData("policy read x", "No policy named: x\n")]
    public async Task Nothing_found_is_2(string line, string message)
    {
        var result = await cli.RunAsync(line.Split(' '));
        Assert.Equal((2, "", message), (result.Code, result.Output, result.Error));
    }

    [Fact]
    public async Task An_empty_list_is_2()
    {
        cli.Server.On("GET x?list=true", 200, """{"data":{"keys":[]}}""");
        Assert.Equal(2, (await cli.RunAsync("list", "x")).Code);
    }

    [Theory]
    [InlineData("list -format=json nothing")]
    [InlineData("list -format=yaml nothing")]
    [InlineData("list -format=json empty")]
    [InlineData("kv list -format=json secret")]
    public async Task An_empty_list_is_an_empty_object_for_programs(string line)
    {
        cli.Server.On("GET empty?list=true", 200, """{"data":{"keys":[]}}""").On("GET sys/internal/ui/mounts/secret", 200, Answers.Mount2);
        var result = await cli.RunAsync(line.Split(' '));
        Assert.Equal((2, "{}\n", ""), (result.Code, result.Output, result.Error));
    }

    [Theory]
    [InlineData("")]
    [InlineData("kv")]
    [InlineData("kv metadata")]
    public async Task A_line_that_says_too_little_shows_help_on_standard_error(string line)
    {
        var result = await cli.RunAsync(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal((1, ""), (result.Code, result.Output));
        Assert.StartsWith($"Usage: kist {line}".TrimEnd(), result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-h")]
    [InlineData("--help")]
    [InlineData("help")]
    [InlineData("kv -h")]
    [InlineData("help kv metadata")]
    [InlineData("kv get -h")]
    [InlineData("kv get secret/x -mount=y --help")]
    [InlineData("help kv get")]
    [InlineData("version -help")]
    public async Task Help_that_was_asked_for_is_0_on_standard_output(string line)
    {
        var result = await cli.RunAsync(line.Split(' '));
        Assert.Equal((0, ""), (result.Code, result.Error));
        Assert.StartsWith("Usage: kist ", result.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("version")]
    [InlineData("-v")]
    [InlineData("--version")]
    public async Task The_version_needs_no_server(string line)
    {
        var result = await cli.RunAsync(line);
        Assert.Equal(0, result.Code);
        Assert.StartsWith("Kist v", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_form_in_a_variable_that_does_not_exist_is_wrong_usage()
    {
        var result = await cli.With("VAULT_FORMAT", "xml").RunAsync("read", "x");
        Assert.Equal(1, result.Code);
        Assert.Contains("VAULT_FORMAT must be one of table, json, yaml, raw", result.Error);
    }

    public void Dispose() => cli.Dispose();
}
