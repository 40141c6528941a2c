using Kist.Client;
using Kist.Client.Settings;
using Kist.Commands.Arguments;
using Kist.Commands.Rendering;
using Kist.Crypto;

namespace Kist.Commands.Cli;

/// <summary>One call of a command: its arguments and flags, and the client and output that they ask for.</summary>
internal sealed class Invocation : IDisposable
{
    private readonly ParsedArguments parsed;
    private readonly CallSettings values;
    private KistClient? client;
    private ClientSettings? settings;

    public Invocation(CliHost host, Command command, ParsedArguments parsed)
    {
        Host = host;
        Command = command;
        this.parsed = parsed;
        values = new CallSettings(host, parsed);
        Input = new InputText(host.Input);
        Output = new Output(host, values.Format(command.Shows), command.Shows == Shows.Fields ? Text(CommonFlags.Field) : null);
    }

    /// <summary>The world.</summary>
    public CliHost Host { get; }

    /// <summary>The command that was called.</summary>
    public Command Command { get; }

    /// <summary>Its arguments, as many as its declaration says.</summary>
    public IReadOnlyList<string> Arguments => parsed.Positional;

    /// <summary>Standard input and files.</summary>
    public InputText Input { get; }

    /// <summary>Where results go.</summary>
    public Output Output { get; }

    /// <summary>How to reach the server.</summary>
    public ClientSettings Settings => settings ??= values.Read();

    /// <summary>The client, for questions that come before the command's own request; that one goes through <see cref="SendAsync"/>.</summary>
    public KistClient Client => client ??= new KistClient(Settings, Host.Time, Host.Network);

    /// <summary>The file that keeps the user's token.</summary>
    public TokenFile TokenFile => values.TokenFiles[0];

    /// <summary>The argument at this place, or null.</summary>
    public string? Argument(int index) => index < Arguments.Count ? Arguments[index] : null;

    /// <summary>Whether the flag was given.</summary>
    public bool Has(Flag flag) => Known(flag) && parsed.Has(flag);

    /// <summary>A switch.</summary>
    public bool Switch(Flag flag) => Known(flag) && parsed.Switch(flag);

    /// <summary>A text, or null when not given.</summary>
    public string? Text(Flag flag) => Known(flag) ? parsed.Text(flag) : null;

    /// <summary>A number, or null when not given.</summary>
    public long? Number(Flag flag) => Known(flag) ? parsed.Number(flag) : null;

    /// <summary>All texts.</summary>
    public IReadOnlyList<string> List(Flag flag) => Known(flag) ? parsed.List(flag) : [];

    /// <summary>All texts, each as it was given.</summary>
    public IReadOnlyList<string> Each(Flag flag) => Known(flag) ? parsed.Each(flag) : [];

    /// <summary>All pairs.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Map(Flag flag) => Known(flag) ? parsed.Map(flag) : [];

    /// <summary>Sends the command's own request: wrapped if the user asks for it, or printed as a curl command in its place.</summary>
    public async Task<ApiResponse> SendAsync(ApiRequest request, CancellationToken cancellation)
    {
        var wrapped = request with { WrapTtl = values.Find("WRAP_TTL")?.Value ?? request.WrapTtl };
        if (Switch(CommonFlags.OutputCurlString))
        {
            Host.Output.WriteLine(CurlCommand.Render(wrapped, Settings, Host.ProgramName));
            throw ExitException.Done();
        }

        return await Client.SendAsync(wrapped, cancellation);
    }

    /// <summary>Sends a request that must succeed.</summary>
    /// <exception cref="ApiException">It failed.</exception>
    public async Task<ApiResponse> DemandAsync(ApiRequest request, CancellationToken cancellation) =>
        (await SendAsync(request, cancellation)).EnsureSuccess();

    /// <summary>
    /// Sends a request whose answer <see cref="Show"/> shows: a success, or data without errors under another status, such as a batch of which parts
    /// failed. What such an answer holds may be had only once.
    /// </summary>
    /// <exception cref="ApiException">It failed.</exception>
    public async Task<ApiResponse> DemandDataAsync(ApiRequest request, CancellationToken cancellation) =>
        (await SendAsync(request, cancellation)).EnsureData();

    /// <summary>Shows an answer, whatever its status; one that is no success is told on standard error and by the exit code.</summary>
    /// <returns>The exit code.</returns>
    public int Show(ApiResponse response)
    {
        var shown = Output.Show(response);
        if (response.Succeeded)
            return shown;
        Host.Tell($"Code: {(int)response.Status}. The server did not do all that was asked for; the answer says what failed.");
        return ExitCode.Failed;
    }

    /// <summary>Whether somebody can be asked.</summary>
    public bool CanAsk => !Switch(CommonFlags.NonInteractive) && Host.InputIsTerminal;

    /// <summary>Asks without showing what is typed; spaces around it stay. What servers wrote may be in the prompt.</summary>
    public async Task<string> AskAsync(string prompt, CancellationToken cancellation) =>
        (await Host.AskSecret(Printable.Escape(prompt), cancellation)).Trim('\r', '\n');

    /// <summary>A secret from its argument, from standard input (<c>-</c>), or, when there is no argument, from the user.</summary>
    /// <exception cref="ExitException">There is nobody to ask, or nothing was given.</exception>
    public async Task<SecretText> SecretAsync(string? argument, string name, CancellationToken cancellation)
    {
        var text = argument switch
        {
            "-" => Input.Standard(),
            null when !CanAsk => throw NobodyToAsk(name),
            null => await AskAsync($"{char.ToUpperInvariant(name[0])}{name[1..]} (will be hidden): ", cancellation),
            _ => argument,
        };
        return Given(text.Trim(), name);
    }

    /// <summary>A password from the user, in which spaces count.</summary>
    /// <exception cref="ExitException">There is nobody to ask, or nothing was given.</exception>
    public async Task<SecretText> PasswordAsync(string prompt, CancellationToken cancellation) => CanAsk
        ? Given(await AskAsync($"{prompt} (will be hidden): ", cancellation), "password")
        : throw NobodyToAsk("password");

    /// <inheritdoc/>
    public void Dispose()
    {
        client?.Dispose();
        settings?.Token?.Dispose();
    }

    private static ExitException NobodyToAsk(string name) =>
        ExitException.Usage($"the {name} is missing and there is nobody to ask: give it as an argument, or - for standard input");

    private static SecretText Given(string text, string name) =>
        text.Length > 0 ? new SecretText(text) : throw ExitException.Usage($"the {name} is empty");

    private bool Known(Flag flag) =>
        Command.AllFlags.Contains(flag) ? true : throw new InvalidOperationException($"{Command.Name} does not declare {flag}");
}
