using FsCheck.Fluent;
using Kist.Crypto;
using Kist.Engines.Database.Plugins;
using Kist.Engines.Database.Plugins.Postgres;
using Kist.Engines.Database.Stored;
using Kist.Harness.Servers;

namespace Kist.Engines.Tests.Database.Postgres;

/// <summary>Names and passwords that try to be more, against a real server: what a statement did is all in the catalogue.</summary>
[Collection(SharedPostgresCollection.Name)]
public sealed class InjectionTests(SharedPostgres postgres)
{
    // What ends quotes, begins others, joins them, and does harm if it comes to be code.
    private static readonly string[] Pieces =
    [
        "'", "\"", "\\", "''", "\\'", "$$", "$x$", "--", "/*", "*/", ";", "\n", " ", "E'", "U&'", "(", ")", "\\'; CREATE ROLE harm; --", "'; CREATE ROLE harm; --",
        "\"; CREATE ROLE harm; --", "$$; CREATE ROLE harm; --", "a", "Z", "0", "{{password}}", "{{name}}", "ä", "\U0001F600",
    ];

    private static readonly string[] Statements =
    [
        "CREATE ROLE \"{{name}}\" PASSWORD '{{password}}' VALID UNTIL '{{expiration}}'",
        "CREATE ROLE {{name}} PASSWORD {{password}}",
        "CREATE ROLE U&\"{{name}}\" PASSWORD '{{password}}'",
        "CREATE ROLE \"{{name}}\" PASSWORD E'{{password}}'",
        "DO $$ BEGIN CREATE ROLE \"{{name}}\" PASSWORD '{{password}}'; END $$",
        "DO $x$ BEGIN EXECUTE 'CREATE ROLE \"{{name}}\"'; END $x$",
        "CREATE ROLE \"{{name}}\"; COMMENT ON ROLE \"{{name}}\" IS $${{name}}$$",
        "CREATE ROLE \"{{name}}\"; COMMENT ON ROLE \"{{name}}\" IS E'x'\n'{{name}}'",
        "CREATE ROLE \"{{name}}\"; -- {{name}}\nCOMMENT ON ROLE \"{{name}}\" IS 'is {{name}}'",
        "CREATE ROLE \"{{name}}\"; COMMENT ON ROLE \"{{name}}\" IS U&'{{name}}'",
        "/* {{name}} */ CREATE ROLE \"{{name}}\"",
    ];

    [FactNeedingServer(NeededServer.Postgres)]
    public Task No_name_and_no_password_is_ever_more_than_that() => NothingIsMoreAsync("postgres", 400);

    // There a backslash in any literal escapes, unless the session says otherwise.
    [FactNeedingServer(NeededServer.Postgres)]
    public async Task Nor_is_it_in_a_database_whose_literals_have_escapes()
    {
        await postgres.RunAsync("CREATE DATABASE of_injections");
        await postgres.RunAsync("ALTER DATABASE of_injections SET standard_conforming_strings = off");
        await NothingIsMoreAsync("of_injections", 200);
        await ThatWhichWasMeantIsSetAsync("of_injections");
    }

    // The password itself, not one that escapes have made another.
    [FactNeedingServer(NeededServer.Postgres)]
    public Task The_password_that_was_meant_is_the_one_that_is_set() => ThatWhichWasMeantIsSetAsync("postgres");

    private async Task NothingIsMoreAsync(string inDatabase, int count)
    {
        await using var database = new PostgresPlugin(TimeProvider.System).Open(Details(inDatabase), new SecretText(PostgresServer.Password));
        var texts = Gen.Elements(Pieces).ListOf().Resize(5).Select(list => string.Concat(list)).Where(text => text.Length > 0);
        var cases = Gen.Zip(Gen.Zip(texts, texts), Gen.Elements(Statements)).Sample(count).ToList();
        var made = 0;
        foreach (var ((name, password), statement) in cases)
        {
            var before = await RolesAsync();
            var outcome = await database.CreateUserAsync(User(name, password, statement), default);
            var fresh = (await RolesAsync()).Except(before).ToList();
            if (!outcome.Succeeded)
            {
                Assert.True(fresh.Count == 0, $"refused, and made {string.Join(", ", fresh)}: {statement} with {name}");
                continue;
            }
            made++;
            Assert.True(fresh is [var only] && only == name, $"made {string.Join(", ", fresh)}: {statement} with {name}");
            Assert.True((await database.ExtendUserAsync(name, DateTimeOffset.UnixEpoch.AddYears(70), [], default)).Succeeded);
            using var next = new SecretText(password + "'\"\\");
            Assert.True((await database.SetPasswordAsync(name, next, [], default)).Succeeded);
            Assert.True((await database.DropUserAsync(name, [], default)).Succeeded);
            Assert.Equal(before, await RolesAsync());
        }
        Assert.InRange(made, count / 4, cases.Count - 1);
    }

    private async Task ThatWhichWasMeantIsSetAsync(string inDatabase)
    {
        await using var database = new PostgresPlugin(TimeProvider.System).Open(Details(inDatabase), new SecretText(PostgresServer.Password));
        var count = 0;
        string[] statements =
        [
            Statements[0], Statements[1], Statements[3], "CREATE ROLE \"{{name}}\" PASSWORD $p${{password}}$p$", "CREATE ROLE \"{{name}}\" PASSWORD U&'{{password}}'",
        ];
        foreach (var statement in statements)
        {
            foreach (var password in new[] { "a'b", "a\\b", "a\"b", "a$$b", "a\\'b--", "a''b" })
            {
                var name = $"meant_{++count}_{Guid.NewGuid():N}"[..20];
                var outcome = await database.CreateUserAsync(User(name, password, statement), default);
                Assert.True(outcome.Succeeded, $"{statement} {password}: {outcome.Failure}");
                await postgres.RunAsync($"ALTER ROLE {name} LOGIN VALID UNTIL 'infinity'");
                Assert.True(await postgres.CanLogInAsync(name, password), $"{statement} {password}");
                Assert.True((await database.DropUserAsync(name, [], default)).Succeeded);
            }
        }
    }

    private async Task<IReadOnlyList<string>> RolesAsync() =>
        await postgres.AskAsync("SELECT rolname::text FROM pg_roles WHERE rolname !~ '^(admin|user)_' ORDER BY 1");

    private ConnectionDetails Details(string database) => new()
    {
        ConnectionUrl = new SecretText($"postgresql://{{{{username}}}}:{{{{password}}}}@{PrivateServer.Host}:{postgres.Server.Port}/{database}"),
        Username = PostgresServer.Superuser,
    };

    private static NewUser User(string name, string password, string statement) => new()
    {
        Username = name,
        Password = new SecretText(password),
        ExpiresAt = DateTimeOffset.UnixEpoch.AddYears(60),
        Statements = [statement],
        IsVoid = () => false,
    };
}
