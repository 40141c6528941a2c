using System.Text;
using Kist.Core.Namespaces;
using Kist.Core.Tokens;
using Kist.Crypto;

namespace Kist.Core.Tests.Tokens;

/// <summary>The bytes that lie in a store of today must be read by every later program.</summary>
public sealed class StoredFormTests
{
    private static readonly string Entry = """
        {"schema":1,"accessor":"acc","parent_hash":"00ff","depth":2,"type":"service","policies":["app","default"],
        "path":"auth/token/create","display_name":"token-ci","metadata":{"team":"a"},
        "issued_at":"2026-01-31T12:00:00+00:00","expires_at":"2026-01-31T13:00:00+00:00","creation_ttl":"01:00:00",
        "max_ttl":"00:00:00","explicit_max_ttl":"32.00:00:00","period":"00:00:00","renewable":true,"last_renewal":null,
        "num_uses":3,"bound_cidrs":["10.0.0.0/8"],"role":"ci","entity_id":"e","revoked":false}
        """.ReplaceLineEndings("");

    private static readonly string Role = """
        {"schema":1,"name":"ci","allowed_policies":["a"],"allowed_policies_glob":["b*"],"disallowed_policies":["c"],
        "disallowed_policies_glob":["d*"],"orphan":true,"renewable":false,"path_suffix":"v1",
        "allowed_entity_aliases":["e"],"token_bound_cidrs":["10.0.0.0/8"],"token_explicit_max_ttl":"01:00:00",
        "token_no_default_policy":true,"token_num_uses":5,"token_period":"00:10:00","token_type":"service"}
        """.ReplaceLineEndings("");

    private static readonly TokenEntry TheEntry = new()
    {
        Accessor = "acc",
        ParentHash = "00ff",
        Depth = 2,
        Policies = ["app", "default"],
        Path = "auth/token/create",
        DisplayName = "token-ci",
        Metadata = new Dictionary<string, string> { ["team"] = "a" },
        IssuedAt = new DateTimeOffset(2026, 1, 31, 12, 0, 0, TimeSpan.Zero),
        ExpiresAt = new DateTimeOffset(2026, 1, 31, 13, 0, 0, TimeSpan.Zero),
        CreationTtl = TimeSpan.FromHours(1),
        ExplicitMaxTtl = TimeSpan.FromHours(768),
        Renewable = true,
        NumUses = 3,
        BoundCidrs = ["10.0.0.0/8"],
        Role = "ci",
        EntityId = "e",
    };

    [Fact]
    public async Task An_entry_has_its_golden_form()
    {
        var host = await TokenHost.StartAsync();
        var transaction = host.Records.Begin();
        host.Records.Add(transaction, "ab", TheEntry);
        Assert.True((await transaction.CommitAsync(default)).Succeeded);
        Assert.Equal(Entry, await TextAsync(host, "id/ab"));
        Assert.Equal(
            ["accessor/" + host.Records.HashAccessor("acc"), "expiry/08de60c8a455c800/ab", "id/ab", "parent/00ff/ab"],
            await host.PathsAsync());
        Assert.Equal("""{"schema":1,"accessor":"acc","token_hash":"ab"}""", await TextAsync(host, "accessor/" + host.Records.HashAccessor("acc")));

        var read = (await host.Records.ReadAsync("ab", default))!.Value.Entry;
        Assert.Equivalent(TheEntry, read, strict: true);
    }

    [Fact]
    public async Task A_role_has_its_golden_form()
    {
        var host = await TokenHost.StartAsync();
        var role = new TokenRole
        {
            Name = "ci",
            AllowedPolicies = ["a"],
            AllowedPoliciesGlob = ["b*"],
            DisallowedPolicies = ["c"],
            DisallowedPoliciesGlob = ["d*"],
            Orphan = true,
            Renewable = false,
            PathSuffix = "v1",
            AllowedEntityAliases = ["e"],
            TokenBoundCidrs = ["10.0.0.0/8"],
            TokenExplicitMaxTtl = TimeSpan.FromHours(1),
            TokenNoDefaultPolicy = true,
            TokenNumUses = 5,
            TokenPeriod = TimeSpan.FromMinutes(10),
            TokenType = "service",
        };
        Assert.True((await host.Tokens.Roles.WriteAsync(default, role, 0, default)).Succeeded);
        Assert.Equal(Role, await TextAsync(host, "role/ci"));
        Assert.Equivalent(role, (await host.Tokens.Roles.ReadAsync(default, "ci", default))!.Value.Record, strict: true);
    }

    [Fact]
    public async Task A_mark_has_its_golden_form()
    {
        var host = await TokenHost.StartAsync();
        var token = await host.IssueAsync();
        var hash = (await host.FindAsync(token)).Hash;
        string? mark = null;
        host.Store.Fate = _ =>
        {
            host.Store.Fate = _ =>
            {
                mark = TextAsync(host, "revoking/" + hash).GetAwaiter().GetResult();
                return null;
            };
            return null;
        };
        await host.RevokeAsync(token);
        Assert.Equal("""{"schema":1,"keeps_children":false}""", mark);
    }

    [Fact]
    public async Task The_store_holds_no_id_and_no_accessor()
    {
        var host = await TokenHost.StartAsync();
        var secrets = new List<string> { (await host.RootAsync()).Reveal() };
        var custom = new SecretText("a-custom-id-of-somebody");
        Assert.True((await host.TryIssueAsync(change: s => s with { Id = custom })).Succeeded);
        secrets.Add(custom.Reveal());
        for (var i = 0; i < 5; i++)
        {
            var issued = (await host.TryIssueAsync(await host.IssueAsync(), s => s with { NumUses = i })).Value.Token;
            secrets.Add(issued.ClientToken.Reveal());
            secrets.Add(issued.Accessor);
            var used = (await host.Tokens.UseAsync(await host.LoginAsync(issued.ClientToken), default)).Value;
            await host.Tokens.EndUseAsync(used, default);
        }
        await foreach (var entry in host.Store.ExportAsync(default))
        {
            foreach (var secret in secrets.Select(Encoding.UTF8.GetBytes))
            {
                Assert.Equal(-1, entry.Key.Span.IndexOf(secret));
                Assert.Equal(-1, entry.Value.Span.IndexOf(secret));
            }
        }
    }

    private static async Task<string> TextAsync(TokenHost host, string path)
    {
        var stored = await host.Barrier.System(NamespaceId.Root).Folder("token/").ReadAsync(path, default);
        return Encoding.UTF8.GetString(stored!.Value.Value.Span);
    }
}
