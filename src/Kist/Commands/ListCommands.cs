using System.Text.Json;
using System.Text.Json.Nodes;
using Kist.Client;
using Kist.Commands.Cli;
using Kist.Commands.Rendering;

namespace Kist.Commands;

/// <summary><c>list, scan</c>: what stands below a path.</summary>
internal static class ListCommands
{
    public static Command List => new("list", "Lists what stands directly below a path.", (call, c) => RunAsync(call, ApiRequest.List, c))
    {
        Arguments = "PATH",
        Description = "Names that end in / have more below them.",
        Shows = Shows.Format,
        Example = new("List the secrets of a version 1 mount", "list kv1/teams"),
    };

    public static Command Scan => new("scan", "Lists everything below a path, to any depth.", (call, c) => RunAsync(call, ApiRequest.Scan, c))
    {
        Arguments = "PATH",
        Shows = Shows.Format,
        Example = new("List every secret of a version 2 mount", "scan secret/metadata"),
    };

    /// <summary>Shows the keys of an answer to a list; JSON and YAML are the bare list.</summary>
    /// <exception cref="ExitException">There are none, and a person reads.</exception>
    public static int Show(Invocation call, ApiResponse response, string path)
    {
        if (response.IsNothing)
            return Nothing(call, path);
        response.EnsureFound();
        if (response.Json?.Object("wrap_info") is not null || call.Output.Format == OutputFormat.Raw)
            return call.Output.Show(response);
        call.Output.Warn(response);
        var keys = response.Data?.Texts("keys") ?? [];
        return keys.Count > 0 ? Names(call, "Keys", keys) : Nothing(call, path);
    }

    /// <summary>Shows names in one column.</summary>
    public static int Names(Invocation call, string header, IReadOnlyList<string> names) =>
        call.Output.Document(Array(names), () => TableText.Render([header], names.Select(static n => (IReadOnlyList<string>)[n])));

    /// <summary>Texts as a JSON array.</summary>
    public static JsonElement Array(IEnumerable<string> texts) =>
        JsonText.ToElement(JsonText.Array(texts));

    /// <summary>Programs get an empty object, as from Vault's program, and all the exit code.</summary>
    private static int Nothing(Invocation call, string path)
    {
        if (call.Output.Format is not (OutputFormat.Json or OutputFormat.Yaml))
            throw ExitException.Failed($"No value found at {path}/");
        call.Output.Document(JsonText.ToElement(new JsonObject()), static () => "");
        return ExitCode.Failed;
    }

    private static async Task<int> RunAsync(Invocation call, Func<string, ApiRequest> request, CancellationToken cancellation)
    {
        var path = call.Arguments[0].Trim('/');
        return Show(call, await call.SendAsync(request(path), cancellation), path);
    }
}
