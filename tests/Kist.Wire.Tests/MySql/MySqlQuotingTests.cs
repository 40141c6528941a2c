using FsCheck.Fluent;
using Kist.Harness.Servers;
using Kist.Wire.MySql;
using Kist.Wire.Sockets;

namespace Kist.Wire.Tests.MySql;

[Collection(SharedMariaDbCollection.Name)]
public sealed class MySqlQuotingTests(SharedMariaDb shared)
{
    [Theory]
    [InlineData("name", "`name`")]
    [InlineData("a`b", "`a``b`")]
    [InlineData("a'\\\"", "`a'\\\"`")]
    public void Names_stand_in_backticks(string name, string quoted) => Assert.Equal(quoted, MySqlQuoting.Identifier(name));

    [Theory]
    [InlineData("")]
    [InlineData("a\0b")]
    [InlineData("a😀")]
    public void What_can_be_no_name_is_refused(string name) => Assert.Throws<ArgumentException>(() => MySqlQuoting.Identifier(name));

    [Fact]
    public void Half_a_character_is_no_text_and_a_name_has_an_end()
    {
        Assert.Throws<ArgumentException>(() => MySqlQuoting.Text("a\udc00"));
        Assert.Throws<ArgumentException>(() => MySqlQuoting.Identifier("a\ud800"));
        Assert.Throws<ArgumentException>(() => MySqlQuoting.Identifier(new string('a', 513)));
    }

    [FactNeedingServer(NeededServer.MariaDb)]
    public async Task Any_text_and_any_name_come_back_from_the_server()
    {
        using var connection = await shared.ConnectAsync();
        await ComeBackAsync(connection);
    }

    [FactNeedingServer(NeededServer.MariaDb)]
    public async Task A_server_with_other_modes_and_another_character_set_reads_the_same()
    {
        await using var server = await MariaDbServer.StartAsync(new MariaDbServerOptions
        {
            Arguments =
            [
                "--sql-mode=NO_BACKSLASH_ESCAPES,ANSI_QUOTES,STRICT_TRANS_TABLES",
                "--character-set-server=sjis",
                "--skip-character-set-client-handshake",
            ],
        });
        using var connection = await MySqlConnection.ConnectAsync(SharedMariaDb.Endpoint(server), CancellationToken.None);
        var modes = (await connection.ExecuteAsync("SELECT @@GLOBAL.sql_mode, @@SESSION.sql_mode", CancellationToken.None)).Rows[0];
        Assert.Contains("NO_BACKSLASH_ESCAPES", modes[0]);
        Assert.DoesNotContain("NO_BACKSLASH_ESCAPES", modes[1]);
        Assert.Contains("ANSI_QUOTES", modes[1]);
        await ComeBackAsync(connection);
    }

    [FactNeedingServer(NeededServer.MariaDb)]
    public async Task A_session_that_turns_the_mode_on_ends()
    {
        using var connection = await shared.ConnectAsync();
        var fault = await Assert.ThrowsAsync<WireException>(
            () => connection.ExecuteAsync("SET SESSION sql_mode = 'NO_BACKSLASH_ESCAPES'", CancellationToken.None));
        Assert.Contains("NO_BACKSLASH_ESCAPES", fault.Message);
        Assert.False(connection.IsUsable);
    }

    private static async Task ComeBackAsync(MySqlConnection connection)
    {
        // What escapes and what characters of several bytes hide: 0x5c ends characters of Shift JIS and GBK.
        var texts = Gen.Elements("'", "''", "\\", "\"", "`", "\0", "\n", "\r", "\u001a", "%", "_", "a", "--", "/*", "é", "ソ", "¿", "縗", "😀", " ")
            .ArrayOf().Select(string.Concat).Sample(200, 20).Concat(["", "\\", "\\'", "'; DROP DATABASE mysql; -- "]);
        foreach (var text in texts)
        {
            Assert.Equal(text, (await connection.ExecuteAsync($"SELECT {MySqlQuoting.Text(text)}", CancellationToken.None)).Rows[0][0]);
            // No names of columns end or begin with what does not show.
            var name = text.Replace("\0", "", StringComparison.Ordinal).Replace("😀", "", StringComparison.Ordinal).Trim(' ', '\n', '\r', '\u001a');
            if (name.Length is > 0 and < 60)
                Assert.Equal([name], (await connection.ExecuteAsync($"SELECT 1 AS {MySqlQuoting.Identifier(name)}", CancellationToken.None)).Columns);
        }
    }
}
