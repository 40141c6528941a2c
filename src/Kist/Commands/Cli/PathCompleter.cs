using System.Text.Json;
using Kist.Client;
using Kist.Client.Kv;
using Kist.Client.Settings;
using Kist.Commands.Arguments;
using Kist.Commands.Kv;

namespace Kist.Commands.Cli;

/// <summary>Asks the server which paths begin as the typed one does. What goes wrong is no candidate: nobody wants errors at the Tab key.</summary>
internal static class PathCompleter
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>The candidates for a command's path.</summary>
    public static async Task<IReadOnlyList<string>> CandidatesAsync(
        CliHost host, Command command, IReadOnlyList<string> before, string current, CancellationToken cancellation)
    {
        if (!command.CallsServer || !command.Arguments.TrimStart('[').StartsWith("PATH", StringComparison.Ordinal))
            return [];
        using var patience = new CancellationTokenSource(Patience, host.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellation);
        try
        {
            var parsed = FlagParser.Parse([.. before.Skip(command.Words.Length)], command.AllFlags);
            if (parsed.Positional.Count > 0)
                return [];
            using var call = new Invocation(host, command, parsed);
            var names = await NamesAsync(call, current, either.Token);

            // A candidate is a line, and the shell shows it on the terminal.
            return [.. names.Where(n => n.StartsWith(current, StringComparison.Ordinal) && !n.Any(char.IsControl)).Order(StringComparer.Ordinal)];
        }
        catch (Exception e) when (e is ExitException or SettingException or ApiException or ConnectionException or OperationCanceledException)
        {
            return [];
        }
    }

    private static async Task<IEnumerable<string>> NamesAsync(Invocation call, string current, CancellationToken cancellation)
    {
        var folder = current[..(current.LastIndexOf('/') + 1)];
        var isKv = call.Command.Words[0] == "kv";
        var mount = isKv ? call.Text(KvCommands.Mount) : null;
        if (folder.Length == 0 && mount is null)
            return await MountsAsync(call, isKv, cancellation);
        var path = isKv ? (await KvMount.FindAsync(call.Client, folder, mount, cancellation)).ApiPath("metadata") : folder;
        var answer = await call.Client.SendAsync(ApiRequest.List(path), cancellation);
        return (answer.Data?.Texts("keys") ?? []).Select(key => folder + key);
    }

    private static async Task<IEnumerable<string>> MountsAsync(Invocation call, bool onlyKv, CancellationToken cancellation)
    {
        var answer = await call.Client.SendAsync(ApiRequest.Read("sys/internal/ui/mounts"), cancellation);
        var engines = Fields(answer.Data?.Object("secret"))
            .Where(m => !onlyKv || m.Value.Text("type") is "kv" or "generic").Select(static m => m.Name);
        return onlyKv ? engines : [.. engines, .. Fields(answer.Data?.Object("auth")).Select(static m => $"auth/{m.Name}")];
    }

    private static JsonElement.ObjectEnumerator Fields(JsonElement? found) => found is { } fields ? fields.EnumerateObject() : default;
}
