using System.Text;
using Kist.Commands.Arguments;

namespace Kist.Commands.Cli;

/// <summary>Writes <c>docs/reference/cli.md</c> from the commands' declarations. A test fails when the page is stale.</summary>
internal static class ReferencePage
{
    private const string Head = """
        # Command line reference

        Made from the program's own declarations by `kist __reference > docs/reference/cli.md`; do not edit by hand.

        Flags take one dash or two, their value after `=` or as the next argument, and stand anywhere after the command; `--` ends them.
        `-` as an argument means standard input. Data is `key=value`, `key=@file`, `key=-`, `@file` or `-` (a JSON object); a key given twice
        becomes a list, and `key=\@x` is the text `@x`. Give secrets by file or standard input: other users of the machine can see a program's
        arguments.

        Flags go before variables, `KIST_` variables before `VAULT_` ones, and a token in a variable before the token file `~/.kist-token`,
        which goes before `~/.vault-token`. Through a link named `vault`, the program puts `VAULT_` variables first and uses `~/.vault-token`
        only.

        | Variable | Meaning |
        |---|---|
        | `KIST_TOKEN` | The token. |
        | `KIST_FORMAT` | The form of results, as `-format`. |
        | `KIST_CLIENT_TIMEOUT` | How long one attempt may take. Default `60s`. |
        | `KIST_MAX_RETRIES` | Further attempts after 412 and where no connection could be made; for reads and lists alone, also after 5xx but 501. Default 2. |

        """;

    private const string ExitCodes = """

        | Exit code | Meaning |
        |---|---|
        | 0 | Done; for `status`, unsealed. |
        | 1 | Wrong usage: nothing was changed. For `status` and `operator init -status`, the server does not answer. |
        | 2 | The request failed or found nothing; for `status`, sealed; for `operator init -status`, not initialised. |
        | 3 | A check was made and found something: `etcd report`, `verify` and `search`, `encryption lint`; for `encryption rotate`, something is left to do. |
        | 130 | Interrupted. |

        """;

    /// <summary>The page.</summary>
    public static string Render(IReadOnlyList<CommandGroup> groups)
    {
        var text = new StringBuilder(Head);
        foreach (var flag in CommonFlags.Connection.Where(static f => f.Variable is not null))
            text.Append($"| `KIST_{flag.Variable}` | As `-{flag.Name}`. |\n");
        text.Append(ExitCodes);
        text.Append("\n## Flags of every command that calls a server\n\n");
        Flags(text, CommonFlags.Connection);
        text.Append("\n## Flags of commands that show a result\n\n");
        Flags(text, CommonFlags.ForOutput(Shows.Fields));
        foreach (var group in groups.Where(static g => !g.Hidden))
            Group(text, group);
        return text.ToString();
    }

    private static void Group(StringBuilder text, CommandGroup group)
    {
        text.Append($"\n## {group.Name}\n\n{group.Summary}\n");
        foreach (var command in group.Commands().Where(static c => !c.Hidden))
            Command(text, command, group.About is null);
    }

    private static void Command(StringBuilder text, Command command, bool alone)
    {
        if (!alone)
            text.Append($"\n### {command.Name}\n\n{command.Summary}\n");
        if (command.Description.Length > 0)
            text.Append($"\n{command.Description}\n");
        text.Append($"\n    kist {command.Name} {command.Arguments}".TrimEnd()).Append('\n');
        if (command.Example is { } example)
            text.Append($"\n{example.Does}:\n\n    $ kist {example.Line}\n");
        if (command.Shows != Shows.Message)
            text.Append($"\nShows a result: {string.Join(" and ", CommonFlags.ForOutput(command.Shows).Select(static f => $"`-{f.Name}`"))}.\n");
        if (command.Flags.Count == 0)
            return;
        text.Append('\n');
        Flags(text, command.Flags);
    }

    private static void Flags(StringBuilder text, IReadOnlyList<Flag> flags)
    {
        text.Append("| Flag | Meaning |\n|---|---|\n");
        foreach (var flag in flags)
            text.Append($"| `{HelpText.Signature(flag).Replace("|", "\\|", StringComparison.Ordinal)}` | {HelpText.Explanation(flag)} |\n");
    }
}
