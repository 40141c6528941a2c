using System.Text.Json;
using Kist.Auth.AppRole.Stored;
using Kist.Core.Logins;

namespace Kist.Auth.Tests.AppRole;

public sealed class AppRoleStoredTests
{
    // Forms that a released program may have written: they never change.
    private const string GoldenRole =
        """{"schema":1,"id":"0011","role_id":"r","bind_secret_id":false,"secret_id_bound_cidrs":["10.0.0.0/8"],"secret_id_num_uses":4""" +
        ""","secret_id_ttl":"00:10:00","local_secret_ids":true,"token":{"schema":1,"token_ttl":"01:00:00","token_max_ttl":"00:00:00","token_policies":["dev"]""" +
        ""","token_bound_cidrs":[],"token_explicit_max_ttl":"00:00:00","token_no_default_policy":false,"token_num_uses":0,"token_period":"00:00:00",""" +
        """
        "token_type":"default"}}
        """;

    private const string GoldenSecretId =
        """{"schema":1,"accessor":"a","role":"app","num_uses":3,"ttl":"00:10:00","created":"2026-02-01T00:00:00+00:00","updated":"2026-02-01T00:00:01+00:00""" +
        "\"" + ""","expires_at":"2026-02-01T00:10:00+00:00","cidrs":["10.0.0.0/8"],"token_bound_cidrs":["10.0.0.1"],"metadata":{"k":"v"}}""";

    private static readonly DateTimeOffset Time = new(2026, 2, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_role_has_the_agreed_form()
    {
        var role = new RoleRecord
        {
            Id = "0011",
            RoleId = "r",
            BindSecretId = false,
            SecretIdBoundCidrs = ["10.0.0.0/8"],
            SecretIdNumUses = 4,
            SecretIdTtl = TimeSpan.FromMinutes(10),
            LocalSecretIds = true,
            Token = new TokenSettings { TokenTtl = TimeSpan.FromHours(1), TokenPolicies = ["dev"] },
        };
        Assert.Equal(GoldenRole, JsonSerializer.Serialize(role, AppRoleStoredJson.Default.RoleRecord));
        Assert.Equivalent(role, JsonSerializer.Deserialize(GoldenRole, AppRoleStoredJson.Default.RoleRecord), strict: true);
    }

    [Fact]
    public void A_secret_id_has_the_agreed_form()
    {
        var secretId = new SecretIdRecord
        {
            Accessor = "a",
            Role = "app",
            NumUses = 3,
            Ttl = TimeSpan.FromMinutes(10),
            Created = Time,
            Updated = Time.AddSeconds(1),
            ExpiresAt = Time.AddMinutes(10),
            Cidrs = ["10.0.0.0/8"],
            TokenBoundCidrs = ["10.0.0.1"],
            Metadata = new Dictionary<string, string>(StringComparer.Ordinal) { ["k"] = "v" },
        };
        Assert.Equal(GoldenSecretId, JsonSerializer.Serialize(secretId, AppRoleStoredJson.Default.SecretIdRecord));
        Assert.Equivalent(secretId, JsonSerializer.Deserialize(GoldenSecretId, AppRoleStoredJson.Default.SecretIdRecord), strict: true);
    }

    [Fact]
    public void What_leads_to_roles_and_secret_ids_has_the_agreed_form()
    {
        Assert.Equal("""{"schema":1,"role":"app"}""", JsonSerializer.Serialize(new RoleIdRecord { Role = "app" }, AppRoleStoredJson.Default.RoleIdRecord));
        Assert.Equal("""{"schema":1,"secret_id":"h"}""", JsonSerializer.Serialize(new AccessorRecord { SecretId = "h" }, AppRoleStoredJson.Default.AccessorRecord));
        var path = AppRoleStore.DuePath(Time, "0011", "h");
        Assert.Equal("08de6124d7c64000/0011/h", path);
        Assert.Equal((Time, "0011", "h"), AppRoleStore.ParseDuePath(path));
    }
}
