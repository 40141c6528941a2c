using Kist.Engines.Database.Statements;

namespace Kist.Engines.Tests.Database.Statements;

public sealed class StatementValuesTests
{
    private const string Vicious = "a\"b'c\\d$$e";

    [Theory]
    [InlineData("CREATE ROLE \"{{name}}\"", "CREATE ROLE \"a\"\"b'c\\d$$e\"")]
    [InlineData("SELECT '{{name}}'", "SELECT 'a\"b''c\\d$$e'")]
    [InlineData("SELECT E'{{name}}'", "SELECT E'a\"b''c\\\\d$$e'")]
    [InlineData("SELECT E'x'\n'{{name}}'", "SELECT E'x'\n'a\"b''c\\\\d$$e'")]
    [InlineData("SELECT U&'{{name}}'", "SELECT U&'a\"b''c\\\\d$$e'")]
    [InlineData("SELECT U&\"{{name}}\"", "SELECT U&\"a\"\"b'c\\\\d$$e\"")]
    [InlineData("SELECT fe'{{name}}'", "SELECT fe'a\"b''c\\d$$e'")]
    [InlineData("SELECT $x${{name}}$x$", "SELECT $x$a\"b'c\\d$$e$x$")]
    [InlineData("DROP ROLE {{name}}", "DROP ROLE \"a\"\"b'c\\d$$e\"")]
    [InlineData("ALTER ROLE {{username}} PASSWORD {{password}}", "ALTER ROLE \"a\"\"b'c\\d$$e\" PASSWORD E'p''\\\\'")]
    [InlineData("SELECT 1 -- {{name}}", "SELECT 1 -- {{name}}")]
    [InlineData("SELECT {{other}}", "SELECT {{other}}")]
    public void A_value_is_quoted_by_its_place(string statement, string expected) =>
        Assert.Equal(expected, new StatementValues(Vicious, "p'\\").PutInto(statement).Value);

    [Theory]
    [InlineData("SELECT $${{name}}$$")]
    [InlineData("DO $$ CREATE ROLE \"{{name}}\" $$")]
    [InlineData("SELECT 'CREATE ROLE {{name}}'")]
    [InlineData("SELECT 'CREATE ROLE \"{{name}}\"'")]
    [InlineData("SELECT E{{name}}")]
    [InlineData("SELECT {{name}}{{name}}")]
    [InlineData("SELECT 'x'{{password}}")]
    [InlineData("SELECT {{password}}'x'")]
    [InlineData("SELECT {{password}}x")]
    public void A_value_that_its_place_could_not_hold_is_refused(string statement)
    {
        var refused = new StatementValues(Vicious, "p'\\").PutInto(statement);
        Assert.Equal("database.unsafe_statement", refused.Failure?.Code);
        Assert.DoesNotContain("p'", refused.Failure!.Message, StringComparison.Ordinal);
    }

    // What the documentation of roles shows, and what operators write in bodies.
    [Theory]
    [InlineData("DO $$ BEGIN CREATE ROLE \"{{name}}\" PASSWORD '{{password}}' VALID UNTIL '{{expiration}}'; END $$")]
    [InlineData("SELECT dblink_exec('CREATE ROLE \"{{name}}\"')")]
    [InlineData("SELECT 'until {{expiration}}'")]
    public void A_plain_value_stands_everywhere(string statement)
    {
        var made = new StatementValues("v-token-my-role--x1", "aB3-", "2030-01-01 00:00:00+0000").PutInto(statement.Replace("\"{{name}}\"')", "{{password}}')", StringComparison.Ordinal));
        Assert.True(made.Succeeded);
        Assert.DoesNotContain("{{", made.Value, StringComparison.Ordinal);
    }
}
