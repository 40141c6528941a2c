using Kist.Core;
using Kist.Crypto;
using Kist.Engines.Database.Plugins.Postgres;
using Kist.Engines.Database.Stored;
using Kist.Harness;
using Npgsql;

namespace Kist.Engines.Tests.Database.Postgres;

public sealed class PostgresSettingsTests
{
    [Theory]
    [InlineData("host=/var/run/postgresql", "not a local socket")]
    [InlineData("host=@abstract", "not a local socket")]
    [InlineData("host=h,/tmp", "not a local socket")]
    [InlineData("host='h, /tmp'", "not a local socket")]
    [InlineData("postgresql://%2Ftmp/d", "not a local socket")]
    [InlineData("host=h connect_timeout=0", "1 to 30 seconds")]
    [InlineData("host=h connect_timeout=31", "1 to 30 seconds")]
    [InlineData("host=h connect_timeout=x", "1 to 30 seconds")]
    [InlineData("host=h target_session_attrs=read-write", "more than one host")]
    [InlineData("host=h target_session_attrs=x", "cannot be read")]
    [InlineData("host='' ", "cannot be read")]
    [InlineData("host=h user=''", "must name the user")]
    public void What_would_fail_at_each_use_or_reach_another_than_the_database_is_refused(string url, string why) =>
        Assert.Contains(why, PostgresSettings.Check(Details(url))?.Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("host=h connect_timeout=1")]
    [InlineData("host=h connect_timeout=30 target_session_attrs=any")]
    [InlineData("host=h,i target_session_attrs=read-write")]
    [InlineData("postgresql://[::1]:5433/d?sslmode=verify-full")]
    public void What_can_be_used_is_taken(string url) => Assert.Null(PostgresSettings.Check(Details(url)));

    [Theory]
    [InlineData("disable", false)]
    [InlineData("allow", false)]
    [InlineData("prefer", false)]
    [InlineData("require", true)]
    [InlineData("verify-ca", true)]
    [InlineData("verify-full", true)]
    public void Authorities_are_not_taken_where_they_would_not_count(string mode, bool counts)
    {
        var home = Directory.CreateTempSubdirectory("kist-database-");
        using var files = TestCertificates.Create(home.FullName);
        var details = Details($"host=h sslmode={mode}");
        var checkedNow = PostgresSettings.Check(details with { TlsCa = File.ReadAllText(files.AuthorityFile) });
        home.Delete(recursive: true);
        Assert.Equal(counts, checkedNow is null);
        Assert.Null(PostgresSettings.Check(details));
    }

    [Theory]
    [InlineData("25006")]
    [InlineData("57P01")]
    [InlineData("57P02")]
    [InlineData("57P03")]
    [InlineData("57P04")]
    [InlineData("57P05")]
    public void A_database_that_cannot_now_has_refused_nothing(string state)
    {
        var refused = new PostgresException("not now", "FATAL", "FATAL", state);
        Assert.Equal(FailureKind.Unavailable, PostgresFailures.Of(refused).Kind);
        Assert.Equal(FailureKind.Unavailable, PostgresFailures.Of(new NpgsqlException("wrapped", refused)).Kind);
    }

    private static ConnectionDetails Details(string url) => new() { ConnectionUrl = new SecretText(url), Username = "u" };
}
