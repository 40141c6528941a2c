using System.Text;
using System.Text.Json;
using Kist.Crypto;
using Kist.Engines.Database.Stored;

namespace Kist.Engines.Tests.Database;

/// <summary>The bytes of stored records: what is written today is read by every later program.</summary>
public sealed class StoredFormTests
{
    private const string Connection =
        """{"schema":1,"plugin_name":"p","allowed_roles":["a"],"root_rotation_statements":[],"password_policy":"","verify_connection":true,"details":{"connection_url":"u","username":"n","username_template":"","max_open_connections":4,"max_idle_connections":0,"max_connection_lifetime":"00:00:00","disable_escaping":false,"password_authentication":"","tls_certificate":"","tls_ca":""},"password":"one","staged":"two","former":["zero"]}""";

    private const string StaticRole =
        """{"schema":1,"id":"i","db_name":"d","username":"u","rotation_period":"01:00:00","rotation_statements":[],"credential_type":"password","password_policy":"","password":"one","rotated":"2025-03-01T12:00:00+00:00","staged":{"password":"two","at":"2025-03-01T13:00:00+00:00","refused":true}}""";

    private const string Role =
        """{"schema":1,"db_name":"d","default_ttl":"01:00:00","max_ttl":"00:00:00","creation_statements":["c"],"revocation_statements":[],"rollback_statements":[],"renew_statements":[],"credential_type":"password","password_policy":""}""";

    private const string Leased = """{"schema":1,"db_name":"d","role":"r","username":"u","revocation_statements":["x"]}""";

    [Fact]
    public void A_connection_keeps_its_form()
    {
        var read = JsonSerializer.Deserialize(Connection, DatabaseStoredJson.Default.ConnectionRecord)!;
        Assert.Equal("two one zero", string.Join(' ', read.Candidates().Select(c => c!.Reveal())));
        Assert.Equal(Connection, Encoding.UTF8.GetString(JsonSerializer.SerializeToUtf8Bytes(read, DatabaseStoredJson.Default.ConnectionRecord)));
        Assert.DoesNotContain("one", read.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_static_role_keeps_its_form()
    {
        var read = JsonSerializer.Deserialize(StaticRole, DatabaseStoredJson.Default.StaticRoleRecord)!;
        Assert.Equal("two", read.Staged!.Password.Reveal());
        Assert.Equal(StaticRole, Encoding.UTF8.GetString(JsonSerializer.SerializeToUtf8Bytes(read, DatabaseStoredJson.Default.StaticRoleRecord)));
        Assert.DoesNotContain("two", read.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_role_and_the_user_of_a_lease_keep_their_form()
    {
        var role = JsonSerializer.Deserialize(Role, DatabaseStoredJson.Default.RoleRecord)!;
        Assert.Equal(Role, Encoding.UTF8.GetString(JsonSerializer.SerializeToUtf8Bytes(role, DatabaseStoredJson.Default.RoleRecord)));
        var user = JsonSerializer.Deserialize(Leased, DatabaseStoredJson.Default.LeasedUser)!;
        Assert.Equal(Leased, Encoding.UTF8.GetString(JsonSerializer.SerializeToUtf8Bytes(user, DatabaseStoredJson.Default.LeasedUser)));
    }

    [Fact]
    public void No_password_is_forgotten_before_three_others_have_come()
    {
        var record = new ConnectionRecord { Password = new SecretText("0") };
        for (var i = 1; i <= 5; i++)
            record = (record with { Staged = new SecretText($"{i}") }).Proven(new SecretText($"{i}"));
        Assert.Equal("5 4 3 2", string.Join(' ', record.Candidates().Select(c => c!.Reveal())));
        Assert.Null(record.Staged);
        // A former one that is the right one again.
        Assert.Equal("3 5 4 2", string.Join(' ', record.Proven(new SecretText("3")).Candidates().Select(c => c!.Reveal())));
    }
}
