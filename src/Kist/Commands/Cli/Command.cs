using Kist.Commands.Arguments;

namespace Kist.Commands.Cli;

/// <summary>How a command shows its result, and so which flags it has for that.</summary>
internal enum Shows
{
    /// <summary>A message, or nothing.</summary>
    Message,

    /// <summary>Something that <c>-format</c> can shape.</summary>
    Format,

    /// <summary>Fields, one of which <c>-field</c> can pick.</summary>
    Fields,
}

/// <summary>A worked example for help.</summary>
/// <param name="Does">What it does, as an order: "Write two values".</param>
/// <param name="Line">The command line without the program's name.</param>
internal sealed record Example(string Does, string Line);

/// <summary>A verb of the CLI: parsing, help, completion and the reference page all come from this declaration.</summary>
/// <param name="Name">Its words: <c>kv get</c>.</param>
/// <param name="Summary">One sentence.</param>
/// <param name="Run">Does it; answers the exit code. Errors are thrown as <see cref="ExitException"/> or the client's exceptions.</param>
internal sealed record Command(string Name, string Summary, Func<Invocation, CancellationToken, Task<int>> Run)
{
    /// <summary>What it takes: <c>PATH</c> is required, <c>[PATH]</c> not, and <c>...</c> at the end allows more of the last.</summary>
    public string Arguments { get; init; } = "";

    /// <summary>Further help, in whole sentences, or empty.</summary>
    public string Description { get; init; } = "";

    /// <summary>Its own flags.</summary>
    public IReadOnlyList<Flag> Flags { get; init; } = [];

    /// <summary>How it shows its result.</summary>
    public Shows Shows { get; init; }

    /// <summary>Whether it calls a server, and so has the connection flags.</summary>
    public bool CallsServer { get; init; } = true;

    /// <summary>A worked example, which works with what this program has; null for a verb of Vault's that has nothing to work on yet.</summary>
    public required Example? Example { get; init; }

    /// <summary>The exit code after a failed request: 2, but where that is an answer.</summary>
    public Func<ParsedArguments, int> FailureCode { get; init; } = static _ => ExitCode.Failed;

    /// <summary>True for commands that programs call, which help leaves out.</summary>
    public bool Hidden { get; init; }

    /// <summary>True when its flags are not ours to read: all words are arguments.</summary>
    public bool TakesRawArguments { get; init; }

    /// <summary>True when its arguments are another program's command line: its own flags end at the first of them.</summary>
    public bool RunsProgram { get; init; }

    /// <summary>The words of <see cref="Name"/>.</summary>
    public string[] Words => Name.Split(' ');

    /// <summary>All flags that it knows.</summary>
    public IReadOnlyList<Flag> AllFlags => [.. Flags, .. CommonFlags.ForOutput(Shows), .. CallsServer ? CommonFlags.Connection : []];

    /// <summary>How many arguments it needs and takes at most.</summary>
    public (int Least, int Most) Arity
    {
        get
        {
            var words = Arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            var least = words.Count(static w => w[0] != '[');
            return (least, words is [.., var last] && last.Contains("...", StringComparison.Ordinal) ? int.MaxValue : words.Length);
        }
    }
}

/// <summary>
/// Commands whose names begin with the same word. They are made when that word is called, so that a start costs no more than its command.
/// </summary>
/// <param name="Name">The word.</param>
/// <param name="Commands">Makes the commands; a group of one has the command's own name.</param>
internal sealed record CommandGroup(string Name, Func<IReadOnlyList<Command>> Commands)
{
    /// <summary>One sentence for groups of several; a single command has its own.</summary>
    public string? About { get; init; }

    /// <summary>One sentence.</summary>
    public string Summary => About ?? Commands()[0].Summary;

    /// <summary>True when help leaves the whole group out.</summary>
    public bool Hidden => About is null && Commands()[0].Hidden;
}
