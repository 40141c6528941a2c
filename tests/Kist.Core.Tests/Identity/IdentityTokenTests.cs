using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Kist.Core.Pipeline;
using Kist.Core.Tests.Nodes;
using Kist.Core.Tokens;
using Kist.Crypto;

namespace Kist.Core.Tests.Identity;

/// <summary><c>identity/oidc</c>, on two nodes of one store.</summary>
public sealed class IdentityTokenTests : IAsyncLifetime
{
    private static readonly SecretText Nobody = new("");

    private IdentityBed bed = null!;
    private IssuedToken bob = null!;

    public async Task InitializeAsync()
    {
        bed = await IdentityBed.CreateAsync();
        await bed.Node.WriteAsync("sys/policies/acl/oidc", """{"policy":"path \"identity/oidc/token/*\" { capabilities = [\"read\"] }"}""").Ok();
        bob = await bed.LoginAsync("bob", """ "policies":["oidc"],"metadata":{"team":"a\"b"} """);
        await bed.WriteAsync("oidc/config", """{"issuer":"https://kist.example:8200/"}""").Ok();
        await bed.WriteAsync("oidc/key/main", """{"algorithm":"ES256","allowed_client_ids":"*"}""").Ok();
    }

    public async Task DisposeAsync() => await bed.DisposeAsync();

    [Theory]
    [InlineData("RS256", "RSA")]
    [InlineData("RS384", "RSA")]
    [InlineData("RS512", "RSA")]
    [InlineData("ES256", "EC")]
    [InlineData("ES384", "EC")]
    [InlineData("ES512", "EC")]
    public async Task A_token_says_who_its_caller_is_and_anybody_can_verify_it(string algorithm, string type)
    {
        await bed.WriteAsync("oidc/key/other", $$"""{"algorithm":"{{algorithm}}","allowed_client_ids":"app"}""").Ok();
        await bed.WriteAsync("oidc/role/app", """{"key":"other","client_id":"app","ttl":"1h"}""").Ok();
        var answer = (await bed.Node.ReadAsync("identity/oidc/token/app", bob.ClientToken).Ok()).Json();
        Assert.Equal(("app", 3600), (answer.Text("client_id"), answer.GetProperty("ttl").GetInt32()));
        var (header, claims) = await VerifyAsync(answer.Text("token"));
        Assert.Equal(algorithm, header.Text("alg"));
        Assert.Equal(type, (await KeysAsync()).Single(k => k.Text("kid") == header.Text("kid")).Text("kty"));
        Assert.Equal(("https://kist.example:8200/v1/identity/oidc", bob.EntityId, "app"), (claims.Text("iss"), claims.Text("sub"), claims.Text("aud")));
        Assert.Equal(3600, claims.GetProperty("exp").GetInt64() - claims.GetProperty("iat").GetInt64());
        Assert.Equal("""{"active":true}""", await IntrospectAsync(answer.Text("token")));
    }

    [Fact]
    public async Task Discovery_leads_verifiers_to_the_keys()
    {
        var discovery = (await bed.Node.ReadAsync("identity/oidc/.well-known/openid-configuration", Nobody).Ok()).Json();
        Assert.Equal("https://kist.example:8200/v1/identity/oidc", discovery.Text("issuer"));
        Assert.Equal(discovery.Text("issuer") + "/.well-known/keys", discovery.Text("jwks_uri"));
        Assert.All(await KeysAsync(), key => Assert.False(key.TryGetProperty("d", out _)));
    }

    [Fact]
    public async Task Both_nodes_sign_with_the_same_key_and_rotate_it_together()
    {
        await RoleAsync();
        var first = await TokenAsync(bed.Node);
        var kid = Header(first).Text("kid");
        Assert.Equal(kid, Header(await TokenAsync(bed.Other)).Text("kid"));
        var before = await KeysAsync();
        await bed.WriteAsync("oidc/key/main/rotate").Ok();
        var head = await bed.Store.HeadAsync(default);
        var answer = await bed.Other.AskAsync(Operation.Read, "identity/oidc/token/app", "", bob.ClientToken, index: head);
        var second = answer.Json().Text("token");
        Assert.NotEqual(kid, Header(second).Text("kid"));
        // What signs now was published before, and what signed before still is.
        Assert.Contains(Header(second).Text("kid"), before.Select(k => k.Text("kid")));
        Assert.Equal("""{"active":true}""", await IntrospectAsync(first));
        await bed.WriteAsync("oidc/key/main/rotate", """{"verification_ttl":0}""").Ok();
        Assert.Contains("\"active\":false", await IntrospectAsync(second));
        Assert.Equal("""{"active":true}""", await IntrospectAsync(first));
    }

    [Fact]
    public async Task Rotations_at_once_leave_one_key_that_signs()
    {
        await RoleAsync();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(
            () => (i % 2 == 0 ? bed.Node : bed.Other).WriteAsync("identity/oidc/key/main/rotate").Ok())));
        foreach (var node in (TestNode[])[bed.Node, bed.Other])
            Assert.Equal("""{"active":true}""", await IntrospectAsync(await TokenAsync(node)));
        Assert.Equal(10, (await KeysAsync()).Count);
    }

    [Fact]
    public async Task Another_algorithm_makes_other_keys_and_what_the_old_ones_signed_stays_good()
    {
        await RoleAsync();
        var old = await TokenAsync(bed.Node);
        await bed.WriteAsync("oidc/key/main", """{"algorithm":"RS256"}""").Ok();
        Assert.Equal("RS256", Header(await TokenAsync(bed.Node)).Text("alg"));
        Assert.Equal("""{"active":true}""", await IntrospectAsync(old));
    }

    [Fact]
    public async Task A_template_adds_claims_whose_values_stay_values()
    {
        await bed.CreateAsync("group", $$"""{"name":"devs","member_entity_ids":"{{bob.EntityId}}"}""");
        const string Template = """
            {"name": {{identity.entity.name}}, "in": { "groups": {{ identity.entity.groups.names }} }, "none": {{identity.entity.metadata.none}},
             "team": {{identity.entity.aliases.ACCESSOR.metadata.team}}, "all": {{identity.entity.aliases.ACCESSOR.metadata}}, "nbf": {{time.now}}, "later": {{time.now.plus.1h}}}
            """;
        var template = Template.Replace("ACCESSOR", bed.Accessor, StringComparison.Ordinal);
        foreach (var text in (string[])[template, Convert.ToBase64String(Encoding.UTF8.GetBytes(template))])
        {
            await bed.WriteAsync("oidc/role/app", JsonSerializer.Serialize(new { key = "main", template = text })).Ok();
            var (_, claims) = await VerifyAsync(await TokenAsync(bed.Other));
            Assert.Equal(("entity-" + bob.EntityId, "", "a\"b"), (claims.Text("name"), claims.Text("none"), claims.Text("team")));
            Assert.Equal(["devs"], claims.GetProperty("in").Texts("groups"));
            Assert.Equal("a\"b", claims.GetProperty("all").Text("team"));
            Assert.Equal(3600, claims.GetProperty("later").GetInt64() - claims.GetProperty("nbf").GetInt64());
        }
    }

    [Theory]
    [InlineData("""{"sub": "root"}""")]
    [InlineData("""{"aud": {{identity.entity.id}}}""")]
    [InlineData("""{"a": {{identity.entity.nam}}}""")]
    [InlineData("""{"a": "{{identity.entity.name}}"}""")]
    [InlineData("""{"a": {{identity.entity.name}""")]
    [InlineData("""{"a": 1, "a": 2}""")]
    [InlineData("""{"a": {"b": 1, "b": 2}}""")]
    [InlineData("""{ {{identity.entity.metadata.x}}: true }""")]
    [InlineData("""["a"]""")]
    [InlineData("%%%")]
    public async Task A_template_that_makes_no_claims_is_refused(string template) =>
        await bed.WriteAsync("oidc/role/app", JsonSerializer.Serialize(new { key = "main", template })).Fails(FailureKind.Invalid);

    [Theory]
    [InlineData("oidc/config", """{"issuer":"kist"}""")]
    [InlineData("oidc/config", """{"issuer":"https://kist/path"}""")]
    [InlineData("oidc/config", """{"issuer":"ftp://kist"}""")]
    [InlineData("oidc/key/main", """{"algorithm":"none"}""")]
    [InlineData("oidc/key/main", """{"algorithm":"HS256"}""")]
    [InlineData("oidc/key/main", """{"rotation_period":"1s"}""")]
    [InlineData("oidc/key/main", """{"verification_ttl":"-1s"}""")]
    [InlineData("oidc/key/main", """{"rotation_period":"1h","verification_ttl":"11h"}""")]
    [InlineData("oidc/key/a%b", "{}")]
    [InlineData("oidc/key/none/rotate", "{}")]
    [InlineData("oidc/role/app", "{}")]
    [InlineData("oidc/role/app", """{"key":"none"}""")]
    [InlineData("oidc/role/app", """{"key":"main","ttl":0}""")]
    [InlineData("oidc/role/app", """{"key":"main","ttl":"25h"}""")]
    [InlineData("oidc/introspect", "{}")]
    public async Task What_makes_no_sense_is_refused(string path, string body) => await bed.WriteAsync(path, body).Fails(FailureKind.Invalid);

    [Fact]
    public async Task A_key_signs_only_for_the_clients_that_it_allows_and_for_callers_with_an_entity()
    {
        await RoleAsync();
        await bed.Node.ReadAsync("identity/oidc/token/app").Fails(FailureKind.Invalid);
        await bed.Node.ReadAsync("identity/oidc/token/none", bob.ClientToken).Fails(FailureKind.Invalid);
        await bed.WriteAsync("oidc/key/main", """{"allowed_client_ids":"other"}""").Ok();
        Assert.Equal("identity.client_id", (await bed.Node.ReadAsync("identity/oidc/token/app", bob.ClientToken).Fails(FailureKind.Invalid)).Code);
        Assert.Equal("identity.key_in_use", (await bed.DeleteAsync("oidc/key/main").Fails(FailureKind.Invalid)).Code);
        await bed.DeleteAsync("oidc/role/app").Ok();
        await bed.DeleteAsync("oidc/key/main").Ok();
        Assert.Empty(await KeysAsync());
        Assert.Empty(await bed.Node.Node.Identities.Space.All[0].Oidc.Folder("private/").ScanAsync("", 0, default));
    }

    [Fact]
    public async Task Keys_and_roles_are_read_and_listed()
    {
        await RoleAsync();
        var key = await bed.ReadAsync("oidc/key/main");
        Assert.Equal(("ES256", 86400), (key.Text("algorithm"), key.GetProperty("verification_ttl").GetInt32()));
        Assert.Equal("main", (await bed.ReadAsync("oidc/role/app")).Text("key"));
        Assert.Equal(["main"], (await bed.ListAsync("oidc/key")).Texts("keys"));
        Assert.Equal(["app"], (await bed.ListAsync("oidc/role")).Texts("keys"));
        Assert.Equal("https://kist.example:8200", (await bed.ReadAsync("oidc/config")).Text("issuer"));
    }

    [Fact]
    public async Task A_token_that_is_not_good_is_told_so()
    {
        await RoleAsync();
        var token = await TokenAsync(bed.Node);
        var parts = token.Split('.');
        var none = Base64Url.EncodeToString("""{"alg":"none","kid":"x"}"""u8);
        var header = JsonDocument.Parse(Base64Url.DecodeFromChars(parts[0])).RootElement;
        var critical = Base64Url.EncodeToString(Encoding.UTF8.GetBytes($$"""{"alg":"ES256","kid":"{{header.Text("kid")}}","crit":["x"]}"""));
        var twice = Base64Url.EncodeToString("""{"sub":"a","sub":"b"}"""u8);
        string[] bad =
        [
            "x", "..", "a.b.c", $"{none}.{parts[1]}.", $"{critical}.{parts[1]}.{parts[2]}", $"{parts[0]}.{twice}.{parts[2]}", $"{parts[0]}.{parts[1]}.",
            $"{parts[0]}.{parts[1]}.AAAA", token + "A", token + ".x", $"{parts[0]}.{parts[2]}.{parts[1]}", new string('a', 70_000),
        ];
        foreach (var text in bad)
            Assert.Contains("\"active\":false", await IntrospectAsync(text));
        Assert.Contains("\"active\":false", await IntrospectAsync(token, "another"));
        await bed.WriteAsync("entity/id/" + bob.EntityId, """{"disabled":true}""").Ok();
        Assert.Contains("\"active\":false", await IntrospectAsync(token));
    }

    [Fact]
    public async Task A_token_is_not_good_before_its_time()
    {
        await bed.WriteAsync("oidc/role/app", """{"key":"main","template":"{\"nbf\": {{time.now.plus.1h}}}"}""").Ok();
        Assert.Contains("not good yet", await IntrospectAsync(await TokenAsync(bed.Node)));
        await bed.WriteAsync("oidc/role/app", """{"key":"main","template":"{\"nbf\": {{time.now}}}"}""").Ok();
        Assert.Equal("""{"active":true}""", await IntrospectAsync(await TokenAsync(bed.Node)));
    }

    [Fact]
    public async Task Generated_tokens_are_told_to_be_no_good()
    {
        await RoleAsync();
        var token = await TokenAsync(bed.Node);
        for (var i = 0; i < token.Length; i++)
        {
            // Each letter has bits that count, the last one of the signature too: others of it would be a second spelling.
            var other = token[i] == 'A' ? 'B' : 'A';
            Assert.Contains("\"active\":false", await IntrospectAsync(token[..i] + other + token[(i + 1)..]));
        }
    }

    [Fact]
    public async Task A_node_that_comes_later_publishes_what_was_rotated_before_and_not_what_has_leaked()
    {
        await RoleAsync();
        var leaked = Header(await TokenAsync(bed.Node)).Text("kid");
        Assert.Contains(leaked, (await KeysAsync()).Select(k => k.Text("kid")));
        await bed.WriteAsync("oidc/key/main/rotate", """{"verification_ttl":0}""").Ok();
        Assert.DoesNotContain(leaked, (await KeysAsync()).Select(k => k.Text("kid")));
        await using var third = await TestNode.JoinAsync(bed.Store, bed.Node, new CallMethod(), new NotesEngine());
        var keys = (await third.ReadAsync("identity/oidc/.well-known/keys", Nobody).Ok()).Json().GetProperty("keys");
        Assert.Equal(2, keys.GetArrayLength());
        Assert.DoesNotContain(leaked, keys.EnumerateArray().Select(k => k.Text("kid")));
    }

    [Fact]
    public async Task A_key_is_not_deleted_under_a_role_that_begins_to_use_it_meanwhile()
    {
        for (var i = 0; i < 20; i++)
        {
            await bed.WriteAsync("oidc/key/brief", """{"algorithm":"ES256"}""").Ok();
            var role = Task.Run(() => bed.Other.AskAsync(Operation.Update, "identity/oidc/role/brief", """{"key":"brief"}"""));
            var deleted = Task.Run(() => bed.DeleteAsync("oidc/key/brief"));
            var (made, gone) = (await role, await deleted);
            Assert.True(made.Failure is null ^ gone.Failure is null, $"{made.Failure?.Code} {gone.Failure?.Code}");
            await bed.DeleteAsync("oidc/role/brief").Ok();
            await bed.DeleteAsync("oidc/key/brief").Ok();
        }
    }

    private Task<Response> RoleAsync() => bed.WriteAsync("oidc/role/app", """{"key":"main","client_id":"app"}""").Ok();

    private async Task<string> TokenAsync(TestNode node) => (await node.AskAsync(
        Operation.Read, "identity/oidc/token/app", "", bob.ClientToken, index: await bed.Store.HeadAsync(default)).Ok()).Json().Text("token");

    private async Task<string> IntrospectAsync(string token, string? client = null) => Encoding.UTF8.GetString(
        (await bed.AtOtherAsync(Operation.Update, "identity/oidc/introspect", JsonSerializer.Serialize(new { token, client_id = client })).Ok()).Data.Span);

    private async Task<List<JsonElement>> KeysAsync() => [.. (await bed.Other.AskAsync(
        Operation.Read, "identity/oidc/.well-known/keys", "", Nobody, index: await bed.Store.HeadAsync(default)).Ok()).Json().GetProperty("keys").EnumerateArray()];

    private static JsonElement Header(string token) => JsonDocument.Parse(Base64Url.DecodeFromChars(token.Split('.')[0])).RootElement;

    // As a program elsewhere does it, by the published keys alone.
    private async Task<(JsonElement Header, JsonElement Claims)> VerifyAsync(string token)
    {
        var parts = token.Split('.');
        var header = Header(token);
        var key = (await KeysAsync()).Single(k => k.Text("kid") == header.Text("kid"));
        var data = Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}");
        var signature = Base64Url.DecodeFromChars(parts[2]);
        var hash = new HashAlgorithmName("SHA" + header.Text("alg")[2..]);
        if (key.Text("kty") == "RSA")
        {
            using var rsa = RSA.Create(new RSAParameters { Modulus = Bytes("n"), Exponent = Bytes("e") });
            Assert.True(rsa.VerifyData(data, signature, hash, RSASignaturePadding.Pkcs1));
        }
        else
        {
            var curve = ECCurve.CreateFromFriendlyName("nist" + key.Text("crv").Replace("-", "", StringComparison.Ordinal));
            using var ecdsa = ECDsa.Create(new ECParameters { Curve = curve, Q = new ECPoint { X = Bytes("x"), Y = Bytes("y") } });
            Assert.True(ecdsa.VerifyData(data, signature, hash));
        }
        return (header, JsonDocument.Parse(Base64Url.DecodeFromChars(parts[1])).RootElement);

        byte[] Bytes(string name) => Base64Url.DecodeFromChars(key.Text(name));
    }
}
