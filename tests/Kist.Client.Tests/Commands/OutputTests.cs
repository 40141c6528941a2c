using Kist.Client.Tests.Fakes;

namespace Kist.Client.Tests.Commands;

/// <summary>What commands print, against golden files.</summary>
public sealed class OutputTests : IDisposable
{
    private readonly Fakes.Cli cli = new Fakes.Cli().With("KIST_TOKEN", "own");

    [Theory]
    [InlineData("table", "read.txt")]
    [InlineData("json", "read.json")]
    [InlineData("yaml", "read.yaml")]
    public async Task An_answer_is_shown_in_the_chosen_form(string format, string golden)
    {
        cli.Server.On("GET kv1/app", 200, Answers.OldSecret);
        Repository.AssertGolden(golden, (await cli.RunAsync("read", $"-format={format}", "kv1/app")).Output);
        Repository.AssertGolden(golden, (await cli.With("KIST_FORMAT", format).RunAsync("read", "kv1/app")).Output);
    }

    [Fact]
    public async Task Raw_is_the_answer_as_it_came()
    {
        cli.Server.On("GET kv1/app", 200, Answers.OldSecret);
        Assert.Equal(Answers.OldSecret, (await cli.RunAsync("read", "-format=raw", "kv1/app")).Output);
    }

    [Fact]
    public async Task An_answer_that_is_no_json_is_printed()
    {
        cli.Server.On("GET sys/metrics?format=prometheus", 200, "up 1\n");
        Assert.Equal("up 1\n", (await cli.RunAsync("read", "sys/metrics", "format=prometheus")).Output);
    }

    [Theory]
    [InlineData("table", "password", "s3cret")]
    [InlineData("table", "count", "12345678901234567890")]
    [InlineData("table", "tags", "[a b]")]
    [InlineData("table", "nested", "map[a:<nil> b:1]")]
    [InlineData("json", "password", "\"s3cret\"")]
    [InlineData("json", "tags", "[\n  \"a\",\n  \"b\"\n]")]
    [InlineData("yaml", "tags", "- a\n- b")]
    [InlineData("table", "lease_duration", "2764800")]
    [InlineData("table", "renewable", "false")]
    [InlineData("table", "data", "map[count:12345678901234567890 nested:map[a:<nil> b:1] on:true password:s3cret tags:[a b]]")]
    public async Task A_field_is_printed_in_the_chosen_form(string format, string field, string value)
    {
        cli.Server.On("GET kv1/app", 200, Answers.OldSecret);
        Assert.Equal(value, (await cli.RunAsync("read", $"-format={format}", $"-field={field}", "kv1/app")).Output);
    }

    [Theory]
    [InlineData("read -field=data secret/data/app", "GET secret/data/app")]
    [InlineData("unwrap -field=data hvs.w", "PUT sys/wrapping/unwrap")]
    [InlineData("write -field=data -f x", "PUT x")]
    public async Task The_data_of_a_versioned_secret_is_the_secret_without_its_metadata(string line, string request)
    {
        cli.Server.On(request, 200, Answers.Secret);
        Assert.Equal("map[password:s3cret user:app]", (await cli.RunAsync(line.Split(' '))).Output);
    }

    [Fact]
    public async Task A_deleted_version_has_no_data_to_show()
    {
        cli.Server.On("GET secret/data/app", 404, Answers.DeletedSecret);
        var result = await cli.RunAsync("read", "-field=data", "secret/data/app");
        Assert.Equal((1, ""), (result.Code, result.Output));
    }

    [Fact]
    public async Task A_token_that_was_looked_up_tells_of_itself_whether_it_is_renewable()
    {
        cli.Server.On("GET auth/token/lookup-self", 200, """{"renewable":false,"data":{"renewable":true}}""");
        Assert.Equal("true", (await cli.RunAsync("token", "lookup", "-field=renewable")).Output);
    }

    [Fact]
    public async Task Hints_go_to_standard_error_and_leave_the_result_clean()
    {
        cli.Server.On("PUT auth/token/create", 200, Answers.Login);
        var result = await cli.RunAsync("token", "create");
        Repository.AssertGolden("token-create.txt", result.Output);
        Assert.Equal("Warning: mind the gap\n", result.Error);
    }

    [Theory]
    [InlineData("token", "hvs.marked-token")]
    [InlineData("token_accessor", "acc")]
    [InlineData("token_duration", "3600")]
    [InlineData("token_policies", "[default app]")]
    public async Task Parts_of_a_token_are_fields(string field, string value)
    {
        cli.Server.On("PUT auth/token/create", 200, Answers.Login);
        Assert.Equal(value, (await cli.RunAsync("token", "create", "-field", field)).Output);
    }

    [Fact]
    public async Task Parts_of_a_wrapping_are_fields()
    {
        cli.Server.On("PUT auth/token/create", 200, Answers.Wrapped);
        Assert.Equal("hvs.wrapping", (await cli.RunAsync("token", "create", "-wrap-ttl=5m", "-field=wrapping_token")).Output);
    }

    [Fact]
    public async Task A_token_shows_its_durations_as_such()
    {
        cli.Server.On("GET auth/token/lookup-self", 200, Answers.LookupSelf);
        Repository.AssertGolden("token-lookup.txt", (await cli.RunAsync("token", "lookup")).Output);
    }

    [Fact]
    public async Task A_leased_secret_shows_its_lease()
    {
        cli.Server.On("GET database/creds/app", 200, """{"lease_id":"database/creds/app/1","lease_duration":3600,"renewable":true,"data":{"username":"u"}}""");
        Repository.AssertGolden("lease.txt", (await cli.RunAsync("read", "database/creds/app")).Output);
    }

    [Theory]
    [InlineData("status-sealed.txt", Answers.Sealed, 2)]
    [InlineData("status-unsealed.txt", Answers.Unsealed, 0)]
    public async Task Status_shows_the_seal_and_answers_by_exit_code(string golden, string answer, int code)
    {
        cli.Server.On("GET sys/seal-status", 200, answer).On("GET sys/leader", 200, Answers.Leader);
        var result = await cli.RunAsync("status");
        Assert.Equal(code, result.Code);
        Repository.AssertGolden(golden, result.Output);
    }

    [Fact]
    public async Task Status_in_json_has_seal_and_leader()
    {
        cli.Server.On("GET sys/seal-status", 200, Answers.Unsealed).On("GET sys/leader", 200, Answers.Leader);
        Repository.AssertGolden("status.json", (await cli.RunAsync("status", "-format=json")).Output);
        Assert.Equal("false", (await cli.RunAsync("status", "-field=sealed")).Output);
    }

    [Fact]
    public async Task Unsealing_shows_progress_and_succeeds_even_while_sealed()
    {
        cli.Server.On("PUT sys/unseal", 200, Answers.Sealed);
        var result = await cli.RunAsync("operator", "unseal", "share");
        Assert.Equal(0, result.Code);
        Assert.Contains("Unseal Progress    1/3\n", result.Output);
    }

    [Theory]
    [InlineData("table", "init.txt")]
    [InlineData("json", "init.json")]
    public async Task Init_prints_what_scripts_expect(string format, string golden)
    {
        cli.Server.On("GET sys/seal-status", 200, Answers.Sealed)
            .On("PUT sys/init", 200, """{"keys":["00ff","01ff"],"keys_base64":["AP8=","Af8="],"root_token":"hvs.root"}""");
        Repository.AssertGolden(golden, (await cli.RunAsync("operator", "init", "-key-shares=2", "-key-threshold=1", $"-format={format}")).Output);
    }

    [Fact]
    public async Task Warnings_of_an_initialisation_and_of_a_rekey_are_shown()
    {
        cli.Server.On("GET sys/seal-status", 200, Answers.Sealed)
            .On("PUT sys/init", 200, """{"keys":["00ff"],"keys_base64":["AP8="],"root_token":"","warnings":["no root token"]}""");
        Assert.Contains("Warning: no root token", (await cli.RunAsync("operator", "init")).Error);
        Assert.Contains("no root token", (await cli.RunAsync("operator", "init", "-format=json")).Output);

        cli.Server.On("GET sys/rekey/init", 200, """{"started":true,"nonce":"n"}""").On("PUT sys/rekey/update", 200, """{"complete":true,"keys_base64":["AP8="],"nonce":"n","warnings":["not confirmed"]}""");
        var rekeyed = await cli.RunAsync("operator", "rekey", "-nonce=n", "share");
        Assert.Contains("Warning: not confirmed", rekeyed.Error);
        Assert.DoesNotContain("void", rekeyed.Output);
    }

    [Theory]
    [InlineData("true", 0, "The server is initialized\n")]
    [InlineData("false", 2, "The server is not initialized\n")]
    public async Task Init_status_answers_by_exit_code(string initialized, int code, string output)
    {
        cli.Server.On("GET sys/init", 200, $$"""{"initialized":{{initialized}}}""");
        var result = await cli.RunAsync("operator", "init", "-status");
        Assert.Equal((code, output), (result.Code, result.Output));
    }

    [Fact]
    public async Task Init_status_without_an_answer_is_not_taken_for_not_initialised()
    {
        cli.Server.Refuse("GET sys/init");
        Assert.Equal(1, (await cli.RunAsync("operator", "init", "-status")).Code);
        Assert.Equal(2, (await cli.RunAsync("operator", "init")).Code);
    }

    [Fact]
    public async Task Init_status_of_a_server_that_fails_is_not_taken_for_not_initialised()
    {
        cli.Server.On("GET sys/init", 500, """{"errors":["broken"]}""");
        Assert.Equal(1, (await cli.RunAsync("operator", "init", "-status")).Code);
    }

    private const string NewShares = "\"nonce\":\"n-1\",\"complete\":true,\"keys\":[\"00ff\"],\"keys_base64\":[\"AP8=\"]";

    [Theory]
    [InlineData("table")]
    [InlineData("json")]
    public async Task A_rekey_that_the_store_did_not_confirm_does_not_call_the_old_shares_void(string format)
    {
        cli.Server.On("GET sys/rekey/init", 200, """{"started":true,"nonce":"n-1"}""")
            .On("PUT sys/rekey/update", 200, $"{{{NewShares},\"warnings\":[\"The store did not confirm the change. Keep the old and these new shares.\"]}}");
        var result = await cli.RunAsync("operator", "rekey", $"-format={format}", "share");
        Assert.Contains("AP8=", result.Output);
        Assert.Contains("did not confirm", result.Output + result.Error);
        Assert.DoesNotContain("void", result.Output);
    }

    [Fact]
    public async Task A_rekey_says_when_the_old_shares_are_void()
    {
        cli.Server.On("GET sys/rekey/init", 200, """{"started":true,"nonce":"n-1"}""").On("PUT sys/rekey/update", 200, $"{{{NewShares}}}");
        var result = await cli.RunAsync("operator", "rekey", "share");
        Assert.Equal("Key 1: AP8=\n\nOperation nonce: n-1\n\nThe old shares are void. Give each new share to another person; they are shown once.\n", result.Output);
    }

    [Fact]
    public async Task A_rekey_that_waits_for_its_verification_says_how()
    {
        cli.Server.On("GET sys/rekey-recovery-key/init", 200, """{"started":true,"nonce":"n-1"}""")
            .On("PUT sys/rekey-recovery-key/update", 200, $"{{{NewShares},\"verification_required\":true,\"verification_nonce\":\"v-1\"}}");
        var result = await cli.RunAsync("operator", "rekey", "-target=recovery", "share");
        Assert.Contains("do not count yet", result.Output);
        Assert.Contains("kist operator rekey -verify -target=recovery -nonce=v-1", result.Output);
    }

    [Fact]
    public async Task Mounts_are_listed_by_path()
    {
        cli.Server.On("GET sys/mounts", 200, """
            {"request_id":"1","data":{"secret/":{"type":"kv","accessor":"kv_1","description":"","options":{"version":"2"},"local":false,"seal_wrap":false,
            "uuid":"u1","config":{"default_lease_ttl":0,"max_lease_ttl":3600}},"cubbyhole/":{"type":"cubbyhole","accessor":"cubbyhole_1","description":"per-token",
            "options":null,"local":true,"seal_wrap":false,"uuid":"u2","config":{"default_lease_ttl":0,"max_lease_ttl":0}}}}
            """);
        Repository.AssertGolden("secrets-list.txt", (await cli.RunAsync("secrets", "list")).Output);
        Repository.AssertGolden("secrets-list-detailed.txt", (await cli.RunAsync("secrets", "list", "-detailed")).Output);
    }

    [Fact]
    public async Task Audit_devices_are_listed()
    {
        cli.Server.On("GET sys/audit", 200, """{"data":{"file/":{"type":"file","description":"","local":false,"options":{"file_path":"/a"},"path":"file/"}}}""");
        Repository.AssertGolden("audit-list.txt", (await cli.RunAsync("audit", "list", "-detailed")).Output);
    }

    [Fact]
    public async Task No_audit_device_is_worth_an_exit_code()
    {
        cli.Server.On("GET sys/audit", 200, """{"data":{}}""");
        Assert.Equal(2, (await cli.RunAsync("audit", "list")).Code);
        Assert.Equal("{}\n", (await cli.RunAsync("audit", "list", "-format=json")).Output);
    }

    [Theory]
    [InlineData("""{"data":{"capabilities":["create","read"],"secret/x":["create","read"]}}""")]
    [InlineData("""{"data":{"secret/x":["create","read"]}}""")]
    public async Task Capabilities_are_one_line(string answer)
    {
        cli.Server.On("PUT sys/capabilities-self", 200, answer);
        Assert.Equal("create, read\n", (await cli.RunAsync("token", "capabilities", "secret/x")).Output);
    }

    [Fact]
    public async Task A_policy_is_printed_as_it_is()
    {
        cli.Server.On("GET sys/policies/acl/app", 200, """{"data":{"name":"app","policy":"path \"a\" {}"}}""");
        Assert.Equal("path \"a\" {}\n", (await cli.RunAsync("policy", "read", "app")).Output);
        Assert.Equal("{\n  \"policy\": \"path \\\"a\\\" {}\"\n}\n", (await cli.RunAsync("policy", "read", "-format=json", "app")).Output);
    }

    [Fact]
    public async Task Policies_are_plain_lines()
    {
        cli.Server.On("GET sys/policies/acl?list=true", 200, """{"data":{"keys":["default","root"]}}""");
        Assert.Equal("default\nroot\n", (await cli.RunAsync("policy", "list")).Output);
    }

    [Fact]
    public async Task Rotating_shows_the_new_term()
    {
        cli.Server.On("PUT sys/rotate", 204).On("GET sys/key-status", 200, """{"data":{"term":2,"install_time":"2026-01-02T03:04:05Z","encryptions":1}}""");
        Repository.AssertGolden("rotate.txt", (await cli.RunAsync("operator", "rotate")).Output);
    }

    [Fact]
    public async Task A_root_token_is_decoded_with_its_password()
    {
        var encoded = Convert.ToBase64String("hvs.root"u8.ToArray().Zip("12345678"u8.ToArray(), (a, b) => (byte)(a ^ b)).ToArray());
        Assert.Equal("hvs.root\n", (await cli.RunAsync("operator", "generate-root", $"-decode={encoded.TrimEnd('=')}", "-otp=12345678")).Output);
        Assert.Equal(1, (await cli.RunAsync("operator", "generate-root", $"-decode={encoded}", "-otp=1234567")).Code);
    }

    [Fact]
    public async Task What_others_stored_cannot_move_the_cursor_of_a_terminal()
    {
        cli.OnTerminal().Server.On("GET a", 200, """{"data":{"k":"x\u001b[2Jy\nz"}}""").On("GET b", 400, """{"errors":["\u001b]0;owned\u0007"]}""");
        Assert.Contains("x\\x1b[2Jy\nz", (await cli.RunAsync("read", "a")).Output);
        Assert.DoesNotContain('\u001b', (await cli.RunAsync("read", "b")).Error);
    }

    [Theory]
    [InlineData("read -field=k a")]
    [InlineData("read -format=raw a")]
    [InlineData("kv get -field=k a")]
    public async Task One_field_cannot_move_the_cursor_either_but_is_piped_as_it_is(string line)
    {
        cli.Server.On("GET a", 200, """{"data":{"k":"x\u001b[2Jy\u009b1A\rz"}}""").On("GET sys/internal/ui/mounts/a", 200, """{"data":{"path":"a/","type":"kv"}}""");
        var piped = (await cli.RunAsync(line.Split(' '))).Output;
        var shown = (await cli.OnTerminal().RunAsync(line.Split(' '))).Output;
        Assert.DoesNotContain(shown.TrimEnd('\n'), char.IsControl);
        if (line.Contains("-field", StringComparison.Ordinal))
            Assert.Equal(("x\u001b[2Jy\u009b1A\rz", "x\\x1b[2Jy\\x9b1A\\x0dz\n"), (piped, shown));
    }

    [Theory]
    [InlineData("read refused")]
    [InlineData("read warned")]
    [InlineData("read -field=k warned")]
    public async Task What_others_wrote_is_escaped_on_a_terminal_that_shows_errors_alone(string line)
    {
        cli.Server.On("GET refused", 400, """{"errors":["\u001b]0;owned\u0007"]}""")
            .On("GET warned", 200, """{"warnings":["\u001b]0;owned\u0007"],"data":{"k":"v"}}""");
        var shown = (await cli.OnTerminal(output: false, error: true).RunAsync(line.Split(' '))).Error;
        Assert.Contains("\\x1b]0;owned\\x07", shown);
        var kept = (await cli.OnTerminal(output: true, error: false).RunAsync(line.Split(' '))).Error;
        Assert.Contains("\u001b]0;owned\u0007", kept);
    }

    [Theory]
    [InlineData("table")]
    [InlineData("json")]
    public async Task A_field_does_not_hide_the_hints(string format)
    {
        cli.Server.On("PUT auth/token/create", 200, Answers.Login);
        var result = await cli.RunAsync("token", "create", "-field=token_accessor", $"-format={format}");
        Assert.Equal("Warning: mind the gap\n", result.Error);
    }

    public void Dispose() => cli.Dispose();
}
