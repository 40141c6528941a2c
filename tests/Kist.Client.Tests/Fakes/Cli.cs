using System.Text;
using Kist.Commands;
using Kist.Commands.Cli;

namespace Kist.Client.Tests.Fakes;

/// <summary>Runs command lines in a world of the test's making.</summary>
internal sealed class Cli : IDisposable
{
    private readonly TemporaryFolder home = new();
    private readonly Dictionary<string, string> variables = new() { ["KIST_ADDR"] = "http://127.0.0.1:8200", ["KIST_MAX_RETRIES"] = "0" };
    private string programName = "kist";
    private byte[] input = [];
    private Queue<string>? typed;
    private bool outputIsTerminal;
    private bool errorIsTerminal;

    /// <summary>The fake server that answers.</summary>
    public FakeServer Server { get; } = new();

    /// <summary>The commands that there are.</summary>
    public IReadOnlyList<CommandGroup> Groups { get; set; } = CommandTable.Groups;

    /// <summary>The user's home folder.</summary>
    public TemporaryFolder Home => home;

    /// <summary>What was asked of the user.</summary>
    public List<string> Prompts { get; } = [];

    public Cli With(string variable, string value)
    {
        variables[variable] = value;
        return this;
    }

    public Cli Without(string variable)
    {
        variables.Remove(variable);
        return this;
    }

    public Cli CalledAs(string name)
    {
        programName = name;
        return this;
    }

    public Cli Input(string text) => Input(Encoding.UTF8.GetBytes(text));

    public Cli Input(byte[] bytes)
    {
        input = bytes;
        return this;
    }

    /// <summary>A user sits at the terminal and answers prompts with these, one after the other, and with the last one from then on.</summary>
    public Cli UserTypes(params string[] texts)
    {
        typed = new Queue<string>(texts);
        return this;
    }

    public Cli OnTerminal(bool output = true, bool error = true)
    {
        (outputIsTerminal, errorIsTerminal) = (output, error);
        return this;
    }

    public async Task<CliResult> RunAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var host = new CliHost
        {
            ProgramName = programName,
            Variable = name => variables.GetValueOrDefault(name),
            HomeFolder = home.Path,
            PodFolder = home.At("pod"),
            Input = new MemoryStream(input),
            Output = output,
            Error = error,
            InputIsTerminal = typed is not null,
            OutputIsTerminal = outputIsTerminal,
            ErrorIsTerminal = errorIsTerminal,
            AskSecret = (prompt, _) =>
            {
                Prompts.Add(prompt);
                return Task.FromResult(typed!.Count > 1 ? typed.Dequeue() : typed.Peek());
            },
            Network = Server,
        };
        var code = await CommandLine.RunAsync(host, Groups, arguments, CancellationToken.None);
        return new CliResult(code, output.ToString(), error.ToString());
    }

    public void Dispose() => home.Dispose();
}

/// <summary>How a command line ended.</summary>
internal sealed record CliResult(int Code, string Output, string Error);
