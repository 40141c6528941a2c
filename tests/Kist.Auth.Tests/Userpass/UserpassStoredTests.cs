using System.Text.Json;
using Kist.Auth.Userpass.Passwords;
using Kist.Auth.Userpass.Stored;
using Kist.Core.Logins;

namespace Kist.Auth.Tests.Userpass;

public sealed class UserpassStoredTests
{
    // Forms that a released program may have written: they never change.
    private const string GoldenUser =
        """{"schema":1,"id":"0011","password":{"bcrypt":"","passes":2,"memory_kibibytes":19456,"salt":"aa","hash":"bb"}""" +
        ""","token":{"schema":1,"token_ttl":"01:00:00","token_max_ttl":"00:00:00","token_policies":["dev"],"token_bound_cidrs":["10.0.0.0/8"]""" +
        ""","token_explicit_max_ttl":"00:00:00","token_no_default_policy":true,"token_num_uses":3,"token_period":"00:00:00","token_type":"default"}}""";

    private const string GoldenFailures =
        """{"schema":1,"count":5,"last":"2026-02-01T00:00:00+00:00","locked_until":"2026-02-01T00:15:00+00:00"}""";

    private static readonly DateTimeOffset Time = new(2026, 2, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_user_has_the_agreed_form()
    {
        var user = new UserRecord
        {
            Id = "0011",
            Password = new PasswordHash { Passes = 2, MemoryKibibytes = 19456, Salt = "aa", Hash = "bb" },
            Token = new TokenSettings
            {
                TokenTtl = TimeSpan.FromHours(1),
                TokenPolicies = ["dev"],
                TokenBoundCidrs = ["10.0.0.0/8"],
                TokenNoDefaultPolicy = true,
                TokenNumUses = 3,
            },
        };
        Assert.Equal(GoldenUser, JsonSerializer.Serialize(user, UserpassStoredJson.Default.UserRecord));
        Assert.Equivalent(user, JsonSerializer.Deserialize(GoldenUser, UserpassStoredJson.Default.UserRecord), strict: true);
    }

    [Fact]
    public void Failures_have_the_agreed_form()
    {
        var failures = new FailureRecord { Count = 5, Last = Time, LockedUntil = Time.AddMinutes(15) };
        Assert.Equal(GoldenFailures, JsonSerializer.Serialize(failures, UserpassStoredJson.Default.FailureRecord));
        Assert.Equal(failures, JsonSerializer.Deserialize(GoldenFailures, UserpassStoredJson.Default.FailureRecord));
    }
}
