using Kist.Engines.Database.Plugins.Postgres;

namespace Kist.Engines.Tests.Database.Postgres;

public sealed class PostgresUrlTests
{
    [Theory]
    [InlineData("postgresql://{{username}}:{{password}}@h:5433/d?sslmode=disable", "dbname=d;host=h;password={{password}};port=5433;sslmode=disable;user={{username}}")]
    [InlineData("postgres://u@h", "host=h;user=u")]
    [InlineData("postgresql:///d", "dbname=d")]
    [InlineData("postgresql://h1:1,h2,[::1]:3/d", "dbname=d;host=h1,h2,::1;port=1,,3")]
    [InlineData("postgresql://u%40x:p%2Fq@h/a%20b", "dbname=a b;host=h;password=p/q;user=u@x")]
    [InlineData("postgresql://u:p@ss:w@h/d", "dbname=d;host=h;password=p@ss:w;user=u")]
    [InlineData("host=h port=1 user={{username}} password='a b\\'c' dbname = d", "dbname=d;host=h;password=a b'c;port=1;user={{username}}")]
    public void Both_forms_are_read(string url, string expected)
    {
        var parts = PostgresUrl.Parse(url).Value.Parts;
        Assert.Equal(expected, string.Join(';', parts.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => $"{p.Key}={p.Value}")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("mysql://h")]
    [InlineData("postgresql://h?passfile=/etc/passwd")]
    [InlineData("host=h service=x")]
    [InlineData("host='h")]
    [InlineData("postgresql://h?sslmode")]
    [InlineData("postgresql://h/db@x")]
    [InlineData("postgresql://u:12/34@h/d")]
    [InlineData("postgresql://u:hidden@h/d?password={{password}}")]
    [InlineData("postgresql://u@h/d?user=x")]
    [InlineData("host=h host=i")]
    [InlineData("host={{password}} user=u")]
    [InlineData("postgresql://h/d?application_name={{password}}")]
    public void What_it_does_not_take_is_refused(string url) => Assert.Equal("database.invalid_connection", PostgresUrl.Parse(url).Failure?.Code);

    [Theory]
    [InlineData("sslcert")]
    [InlineData("sslkey")]
    [InlineData("sslrootcert")]
    public void Files_of_the_server_are_refused_and_the_fields_that_replace_them_are_named(string key)
    {
        foreach (var url in new[] { $"postgresql://h?{key}=/etc/x", $"host=h {key}=/etc/x" })
            Assert.Contains("tls_certificate, private_key and tls_ca", PostgresUrl.Parse(url).Failure?.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("postgresql://u:hidden@h/d", "postgresql://u:xxxxx@h/d")]
    [InlineData("postgresql://u:hidden@hidden@h/d", "postgresql://u:xxxxx@h/d")]
    [InlineData("postgresql://u:hid:den@h:1,[::1]:2/d?options=-c%20a%3Db&sslmode=x", "postgresql://u:xxxxx@h:1,[::1]:2/d?options=-c%20a%3Db&sslmode=x")]
    [InlineData("postgres://{{username}}:hidden{{password}}@h/a%20b", "postgres://{{username}}:xxxxx@h/a%20b")]
    [InlineData("postgresql://u:hidden@h/d?password={{password}}", "xxxxx")]
    [InlineData("postgresql://u:12/hidden@h/d", "xxxxx")]
    [InlineData("postgresql://{{username}}:{{password}}@h/d", "postgresql://{{username}}:{{password}}@h/d")]
    [InlineData("postgresql://u@h/d", "postgresql://u@h/d")]
    [InlineData("postgresql://u@h/d?password=hidden", "postgresql://u:xxxxx@h/d")]
    [InlineData("host=h password=hidden user=u", "host=h password=xxxxx user=u")]
    [InlineData("host=h password='hid\\'den' user='a b'", "host=h password=xxxxx user='a b'")]
    [InlineData("no address, hidden", "xxxxx")]
    public void A_password_in_it_is_never_shown(string url, string expected) => Assert.Equal(expected, PostgresUrl.Redact(url));

    [Fact]
    public void A_value_in_a_place_is_no_place_and_no_other_part()
    {
        var url = PostgresUrl.Parse("postgresql://{{username}}:{{password}}@h/d").Value;
        Assert.Equal("{{password}}", url.Part("user", "{{password}}", "x@evil/?host=evil"));
        Assert.Equal("x@evil/?host=evil", url.Part("password", "u", "x@evil/?host=evil"));
        Assert.Equal("h", url.Part("host", "u", "x@evil/?host=evil"));
    }
}
