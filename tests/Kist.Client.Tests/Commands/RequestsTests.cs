using System.Text.Json.Nodes;

namespace Kist.Client.Tests.Commands;

/// <summary>Which request each command sends; the shapes are those that Vault documents.</summary>
public sealed class RequestsTests : IDisposable
{
    private readonly Fakes.Cli cli = new Fakes.Cli().With("KIST_TOKEN", "own");

    [Theory]
    [InlineData("read auth/token/lookup-self", "GET auth/token/lookup-self")]
    [InlineData("read /pki/cert/ serial=1 q=a q=b", "GET pki/cert?serial=1&q=a&q=b")]
    [InlineData("write sys/x a=1 b=2", "PUT sys/x", """{"a":"1","b":"2"}""")]
    [InlineData("write -f sys/x", "PUT sys/x", "{}")]
    [InlineData("patch sys/x a=1", "PATCH sys/x", """{"a":"1"}""")]
    [InlineData("delete sys/x", "DELETE sys/x")]
    [InlineData("delete sys/x version=1", "DELETE sys/x?version=1")]
    [InlineData("list sys/policy/", "GET sys/policy?list=true")]
    [InlineData("scan secret/metadata", "GET secret/metadata?scan=true")]
    [InlineData("path-help secret", "GET secret?help=1")]
    [InlineData("auth help userpass/", "GET auth/userpass?help=1")]
    [InlineData("unwrap hvs.w", "PUT sys/wrapping/unwrap", """{"token":"hvs.w"}""")]
    [InlineData("unwrap", "PUT sys/wrapping/unwrap")]
    [InlineData("token create", "PUT auth/token/create", """{"renewable":true}""")]
    [InlineData("token create -policy=a -policy=b,c -ttl=1h -explicit-max-ttl=2h -period=3h -use-limit=4 -orphan -no-default-policy -renewable=false -type=batch -display-name=d -metadata=k=v -id=i",
        "PUT auth/token/create",
        """{"renewable":false,"id":"i","display_name":"d","ttl":"1h","explicit_max_ttl":"2h","period":"3h","type":"batch","no_parent":true,"no_default_policy":true,"num_uses":4,"policies":["a","b","c"],"meta":{"k":"v"}}""")]
    [InlineData("token create -role=r -entity-alias=e", "PUT auth/token/create/r", """{"renewable":true,"entity_alias":"e"}""")]
    [InlineData("token lookup", "GET auth/token/lookup-self")]
    [InlineData("token lookup hvs.x", "PUT auth/token/lookup", """{"token":"hvs.x"}""")]
    [InlineData("token lookup -accessor a", "PUT auth/token/lookup-accessor", """{"accessor":"a"}""")]
    [InlineData("token renew", "PUT auth/token/renew-self", "{}")]
    [InlineData("token renew -increment=1h hvs.x", "PUT auth/token/renew", """{"token":"hvs.x","increment":"1h"}""")]
    [InlineData("token renew -accessor a", "PUT auth/token/renew-accessor", """{"accessor":"a"}""")]
    [InlineData("token revoke hvs.x", "PUT auth/token/revoke", """{"token":"hvs.x"}""")]
    [InlineData("token revoke -self", "PUT auth/token/revoke-self", "{}")]
    [InlineData("token revoke -accessor a", "PUT auth/token/revoke-accessor", """{"accessor":"a"}""")]
    [InlineData("token revoke -mode=orphan hvs.x", "PUT auth/token/revoke-orphan", """{"token":"hvs.x"}""")]
    [InlineData("token capabilities secret/x", "PUT sys/capabilities-self", """{"paths":["secret/x"]}""")]
    [InlineData("token capabilities hvs.x secret/x", "PUT sys/capabilities", """{"token":"hvs.x","paths":["secret/x"]}""")]
    [InlineData("token capabilities -accessor a secret/x", "PUT sys/capabilities-accessor", """{"accessor":"a","paths":["secret/x"]}""")]
    [InlineData("policy list", "GET sys/policies/acl?list=true")]
    [InlineData("policy read app", "GET sys/policies/acl/app")]
    [InlineData("policy write app -", "PUT sys/policies/acl/app", """{"policy":"given"}""")]
    [InlineData("policy delete app", "DELETE sys/policies/acl/app")]
    [InlineData("secrets list", "GET sys/mounts")]
    [InlineData("secrets enable kv", "PUT sys/mounts/kv",
        """{"type":"kv","description":"","config":{},"options":{},"local":false,"seal_wrap":false}""")]
    [InlineData("secrets enable -path=apps/ -version=2 -description=d -max-lease-ttl=1h -audit-non-hmac-request-keys=a,b -options=x=y kv", "PUT sys/mounts/apps",
        """{"type":"kv","description":"d","config":{"max_lease_ttl":"1h","audit_non_hmac_request_keys":["a","b"]},"options":{"x":"y","version":"2"},"local":false,"seal_wrap":false}""")]
    [InlineData("secrets disable apps/", "DELETE sys/mounts/apps")]
    [InlineData("secrets tune -default-lease-ttl=1h -description= apps", "PUT sys/mounts/apps/tune",
        """{"default_lease_ttl":"1h","description":""}""")]
    [InlineData("secrets move a b", "PUT sys/remount", """{"from":"a/","to":"b/"}""")]
    [InlineData("login -method=kubernetes -path=prod role=r jwt=t", "PUT auth/prod/login", """{"role":"r","jwt":"t"}""")]
    [InlineData("login -method=cert name=web", "PUT auth/cert/login", """{"name":"web"}""")]
    [InlineData("auth list", "GET sys/auth")]
    [InlineData("auth enable -token-type=batch userpass", "PUT sys/auth/userpass",
        """{"type":"userpass","description":"","config":{"token_type":"batch"},"options":{},"local":false,"seal_wrap":false}""")]
    [InlineData("auth disable userpass", "DELETE sys/auth/userpass")]
    [InlineData("auth tune -max-lease-ttl=1h userpass", "PUT sys/auth/userpass/tune", """{"max_lease_ttl":"1h"}""")]
    [InlineData("auth tune -user-lockout-threshold=3 -user-lockout-duration=5m -user-lockout-counter-reset-duration=1m -user-lockout-disable=false userpass",
        "PUT sys/auth/userpass/tune",
        """{"user_lockout_config":{"lockout_threshold":"3","lockout_duration":"5m","lockout_counter_reset_duration":"1m","lockout_disable":false}}""")]
    [InlineData("auth move userpass auth/people", "PUT sys/remount", """{"from":"auth/userpass/","to":"auth/people/"}""")]
    [InlineData("audit list", "GET sys/audit")]
    [InlineData("audit enable -path=f file file_path=/a.log", "PUT sys/audit/f",
        """{"type":"file","description":"","local":false,"options":{"file_path":"/a.log"}}""")]
    [InlineData("audit disable file/", "DELETE sys/audit/file")]
    [InlineData("lease lookup a/b", "PUT sys/leases/lookup", """{"lease_id":"a/b"}""")]
    [InlineData("lease renew -increment=60 a/b", "PUT sys/leases/renew", """{"lease_id":"a/b","increment":"60"}""")]
    [InlineData("lease revoke a/b", "PUT sys/leases/revoke", """{"lease_id":"a/b","sync":false}""")]
    [InlineData("lease revoke -prefix -sync a", "PUT sys/leases/revoke-prefix/a", """{"sync":true}""")]
    [InlineData("lease revoke -prefix -force a", "PUT sys/leases/revoke-force/a")]
    [InlineData("operator unseal -", "PUT sys/unseal", """{"key":"given","migrate":false}""")]
    [InlineData("operator unseal -reset", "PUT sys/unseal", """{"reset":true}""")]
    [InlineData("operator seal", "PUT sys/seal")]
    [InlineData("operator init -status", "GET sys/init")]
    [InlineData("operator rekey -init -key-shares=2", "PUT sys/rekey/init",
        """{"secret_shares":2,"secret_threshold":2,"require_verification":true}""")]
    [InlineData("operator rekey -init -key-shares=2 -verify=false", "PUT sys/rekey/init",
        """{"secret_shares":2,"secret_threshold":2,"require_verification":false}""")]
    [InlineData("operator rekey -cancel -target=recovery", "DELETE sys/rekey-recovery-key/init")]
    [InlineData("operator rekey -status -verify", "GET sys/rekey/verify")]
    [InlineData("operator generate-root -init", "PUT sys/generate-root/attempt", "{}")]
    [InlineData("operator generate-root -init -otp=-", "PUT sys/generate-root/attempt", """{"otp":"given"}""")]
    [InlineData("operator generate-root -init -otp=own", "PUT sys/generate-root/attempt", """{"otp":"own"}""")]
    [InlineData("operator generate-root -cancel", "DELETE sys/generate-root/attempt")]
    [InlineData("operator generate-root -status", "GET sys/generate-root/attempt")]
    [InlineData("login -method=userpass -no-store username=a password=b", "PUT auth/userpass/login/a", """{"password":"b"}""")]
    [InlineData("login -method=ldap -path=corp username=a password=-", "PUT auth/corp/login/a", """{"password":"given"}""")]
    [InlineData("login -method=approle role_id=r secret_id=s", "PUT auth/approle/login", """{"role_id":"r","secret_id":"s"}""")]
    [InlineData("login -method=jwt mount=oidc role=r jwt=j", "PUT auth/oidc/login", """{"role":"r","jwt":"j"}""")]
    public async Task A_command_sends_the_request_that_vault_documents(string line, string request, string? body = null)
    {
        await cli.Input("given").RunAsync(line.Split(' '));
        Assert.Equal(request, cli.Server.Last.Line);
        if (body is null)
            Assert.Equal("", cli.Server.Last.Body);
        else
            Assert.True(JsonNode.DeepEquals(JsonNode.Parse(body), JsonNode.Parse(cli.Server.Last.Body)), cli.Server.Last.Body);
    }

    [Theory]
    [InlineData("operator rekey -init", "false")]
    [InlineData("operator rekey -init -verify", "true")]
    public async Task Called_as_vault_new_shares_are_verified_only_when_asked(string line, string verified)
    {
        await cli.CalledAs("vault").RunAsync(line.Split(' '));
        Assert.Equal($"{{\"secret_shares\":5,\"secret_threshold\":3,\"require_verification\":{verified}}}", cli.Server.Last.Body);
    }

    [Theory]
    [InlineData("write sys/wrapping/wrap a=b", "5m")]
    [InlineData("write /sys/wrapping/wrap/ a=b", "5m")]
    [InlineData("write -wrap-ttl=1h sys/wrapping/wrap a=b", "1h")]
    [InlineData("write sys/wrapping/unwrap token=b", null)]
    public async Task What_is_wrapped_by_hand_has_a_time_even_if_none_is_given(string line, string? ttl)
    {
        await cli.RunAsync(line.Split(' '));
        Assert.Equal(ttl, cli.Server.Last.Header("X-Vault-Wrap-TTL"));
    }

    [Fact]
    public async Task Shares_go_with_the_nonce_of_what_goes_on()
    {
        cli.Server.On("GET sys/rekey/init", 200, """{"started":true,"nonce":"n-1"}""");
        await cli.RunAsync("operator", "rekey", "share");
        Assert.Equal("PUT sys/rekey/update", cli.Server.Last.Line);
        Assert.Equal("""{"key":"share","nonce":"n-1"}""", cli.Server.Last.Body);
    }

    [Fact]
    public async Task A_share_for_nothing_is_not_sent()
    {
        cli.Server.On("GET sys/generate-root/attempt", 200, """{"started":false,"nonce":""}""");
        Assert.Equal(2, (await cli.RunAsync("operator", "generate-root", "share")).Code);
        Assert.Single(cli.Server.Requests);
    }

    [Theory]
    [InlineData(false, """{"secret_shares":5,"secret_threshold":3}""")]
    [InlineData(true, """{"recovery_shares":5,"recovery_threshold":3}""")]
    public async Task Init_asks_for_the_shares_that_the_seal_has(bool autoUnseal, string body)
    {
        cli.Server.On("GET sys/seal-status", 200, $$"""{"recovery_seal":{{(autoUnseal ? "true" : "false")}}}""");
        await cli.RunAsync("operator", "init");
        Assert.Equal(body, cli.Server.Last.Body);
    }

    [Fact]
    public async Task Without_a_token_the_wrapping_token_speaks_for_itself()
    {
        await cli.Without("KIST_TOKEN").RunAsync("unwrap", "hvs.w");
        Assert.Equal(("hvs.w", ""), (cli.Server.Last.Header("X-Vault-Token"), cli.Server.Last.Body));
    }

    [Fact]
    public async Task A_move_is_followed_until_it_is_complete()
    {
        cli.Server.On("PUT sys/remount", 200, """{"data":{"migration_id":"m"}}""")
            .On("GET sys/remount/status/m", 200, """{"data":{"migration_info":{"status":"in-progress"}}}""")
            .On("GET sys/remount/status/m", 200, """{"data":{"migration_info":{"status":"success"}}}""");
        Assert.Equal(0, (await cli.RunAsync("secrets", "move", "a", "b")).Code);
        Assert.Equal(3, cli.Server.Requests.Count);
    }

    [Fact]
    public async Task A_move_that_fails_is_a_failed_request()
    {
        cli.Server.On("PUT sys/remount", 200, """{"data":{"migration_id":"m"}}""")
            .On("GET sys/remount/status/m", 200, """{"data":{"migration_info":{"status":"failure"}}}""");
        Assert.Equal(2, (await cli.RunAsync("secrets", "move", "a", "b")).Code);
    }

    public void Dispose() => cli.Dispose();
}
