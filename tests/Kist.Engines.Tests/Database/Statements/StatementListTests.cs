using System.Text;
using Kist.Engines.Database.Statements;

namespace Kist.Engines.Tests.Database.Statements;

public sealed class StatementListTests
{
    [Theory]
    [InlineData("SELECT 1", "SELECT 1")]
    [InlineData("SELECT 1; SELECT 2;", "SELECT 1|SELECT 2")]
    [InlineData(" ;; SELECT 1 ; ", "SELECT 1")]
    [InlineData("SELECT ';'; SELECT \";\"", "SELECT ';'|SELECT \";\"")]
    [InlineData("SELECT 'it''s;'; SELECT 2", "SELECT 'it''s;'|SELECT 2")]
    [InlineData("SELECT E'a\\';b'; SELECT 2", "SELECT E'a\\';b'|SELECT 2")]
    [InlineData("SELECT 'a\\'; SELECT 2", "SELECT 'a\\'|SELECT 2")]
    [InlineData("SELECT e'a'\n'\\';x'; SELECT 2", "SELECT e'a'\n'\\';x'|SELECT 2")]
    [InlineData("DO $$ BEGIN a; END $$; SELECT 2", "DO $$ BEGIN a; END $$|SELECT 2")]
    [InlineData("DO $x$ $$; $$ ; $x$; SELECT 2", "DO $x$ $$; $$ ; $x$|SELECT 2")]
    [InlineData("SELECT a$b; SELECT c$d", "SELECT a$b|SELECT c$d")]
    [InlineData("SELECT $1; SELECT $1", "SELECT $1|SELECT $1")]
    [InlineData("SELECT 1 -- ; no\n; SELECT 2", "SELECT 1 -- ; no|SELECT 2")]
    [InlineData("SELECT 1 /* ; /* ; */ ; */; SELECT 2", "SELECT 1 /* ; /* ; */ ; */|SELECT 2")]
    [InlineData("SELECT 1; -- nothing more", "SELECT 1")]
    [InlineData("CREATE RULE r AS ON INSERT TO t DO (a; b); SELECT 2", "CREATE RULE r AS ON INSERT TO t DO (a; b)|SELECT 2")]
    [InlineData(
        "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END; SELECT 3",
        "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END|SELECT 3")]
    public void Statements_are_cut_outside_quotes_comments_and_bodies(string sql, string expected) =>
        Assert.Equal(expected.Split('|'), StatementList.Split([sql]));

    [Fact]
    public void Entries_are_also_json_and_base64()
    {
        const string sql = "SELECT ';'; SELECT 2";
        const string json = """["SELECT ';'", "SELECT 2"]""";
        string[] expected = ["SELECT ';'", "SELECT 2"];
        Assert.Equal(expected, StatementList.Split([json]));
        Assert.Equal(expected, StatementList.Split([Convert.ToBase64String(Encoding.UTF8.GetBytes(sql))]));
        Assert.Equal(expected, StatementList.Split([Convert.ToBase64String(Encoding.UTF8.GetBytes(json))]));
        Assert.Equal(["SELECT ';'", "SELECT 2", "SELECT 3"], StatementList.Split([sql, "SELECT 3"]));
        // A word can be base64 too.
        Assert.Equal(["VACUUM"], StatementList.Split(["VACUUM"]));
        Assert.Equal(["[x"], StatementList.Split(["[x"]));
    }

    [Theory]
    [InlineData("SELECT 'x")]
    [InlineData("SELECT \"x")]
    [InlineData("DO $$ x")]
    [InlineData("SELECT 1 /* x")]
    [InlineData("SELECT E'\\'")]
    [InlineData("SELECT '\0'")]
    public void What_is_left_open_is_refused(string sql) => Assert.Equal("database.invalid_statements", StatementList.Check("f", [sql])?.Code);

    [Fact]
    public void Lists_are_bounded()
    {
        Assert.Null(StatementList.Check("f", ["SELECT 1"]));
        Assert.NotNull(StatementList.Check("f", [new string('x', StatementList.MostCharacters + 1)]));
        Assert.NotNull(StatementList.Check("f", [.. Enumerable.Repeat("x", StatementList.MostEntries + 1)]));
    }
}
