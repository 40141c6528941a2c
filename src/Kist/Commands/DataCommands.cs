using System.Text.Json.Nodes;
using Kist.Client;
using Kist.Commands.Arguments;
using Kist.Commands.Cli;

namespace Kist.Commands;

/// <summary><c>read, write, patch, delete, path-help</c>: any path of the API.</summary>
internal static class DataCommands
{
    /// <summary>How long what is wrapped by hand can be unwrapped, unless the user says; as in Vault's program.</summary>
    private const string DefaultWrapTtl = "5m";

    private static readonly Flag Force = Flag.Switch("force", ["f"], "Write even without data, for paths that only act.");

    public static Command Read => new("read", "Reads any path of the API.", ReadAsync)
    {
        Arguments = "PATH [K=V...]",
        Description = "Pairs after the path become parameters of the query.",
        Shows = Shows.Fields,
        Example = new("Look at your own token", "read auth/token/lookup-self"),
    };

    public static Command Write => new("write", "Writes to any path of the API.", WriteAsync)
    {
        Arguments = "PATH [DATA...]",
        Description = DataHelp,
        Flags = [Force],
        Shows = Shows.Fields,
        Example = new("Write a secret of a version 1 mount from a file", "write kv1/app/db password=@password.txt"),
    };

    public static Command Patch => new("patch", "Merges data into what stands at a path.", PatchAsync)
    {
        Arguments = "PATH [DATA...]",
        Description = $"Sends a JSON merge patch. {DataHelp}",
        Flags = [Force],
        Shows = Shows.Fields,
        Example = new("Change one setting of a secret", "patch secret/metadata/app/db max_versions=5"),
    };

    public static Command Delete => new("delete", "Deletes at any path of the API.", DeleteAsync)
    {
        Arguments = "PATH [K=V...]",
        Description = "Pairs after the path become parameters of the query.",
        Shows = Shows.Fields,
        Example = new("Delete a secret of a version 1 mount", "delete kv1/app/db"),
    };

    public static Command PathHelp => new("path-help", "Shows what the server says about a path.", PathHelpAsync)
    {
        Arguments = "PATH",
        Shows = Shows.Format,
        Example = new("See what a key/value mount offers", "path-help secret"),
    };

    /// <summary>How data is given, for every command that takes some.</summary>
    public static string DataHelp =>
        "Data is key=value, key=@file, key=- (standard input), or a whole JSON object as @file or -. "
        + "Secrets are best given by file or standard input: other users of the machine can see a program's arguments.";

    /// <summary>Pairs as parameters of a query.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>> Query(Invocation call, IEnumerable<string> pairs)
    {
        var data = new DataArguments(call.Input).Read([.. pairs]);
        return
        [
            .. from pair in data
               from value in pair.Value is JsonArray list ? list.AsEnumerable() : [pair.Value]
               select KeyValuePair.Create(pair.Key, Text(value)),
        ];
    }

    private static string Text(JsonNode? value) => value is JsonValue v && v.TryGetValue(out string? text) ? text : value?.ToJsonString() ?? "";

    private static async Task<int> ReadAsync(Invocation call, CancellationToken cancellation)
    {
        var path = call.Arguments[0].Trim('/');
        var response = (await call.SendAsync(ApiRequest.Read(path, Query(call, call.Arguments.Skip(1))), cancellation)).OrNothing(path);
        return call.Output.Show(response);
    }

    private static async Task<int> WriteAsync(Invocation call, CancellationToken cancellation)
    {
        var (path, data, outside) = Data(call);
        var request = ApiRequest.Write(path, data) with { BodyIsSecret = outside, WrapTtl = path == "sys/wrapping/wrap" ? DefaultWrapTtl : null };
        return Written(call, await call.DemandDataAsync(request, cancellation), path);
    }

    private static async Task<int> PatchAsync(Invocation call, CancellationToken cancellation)
    {
        var (path, data, outside) = Data(call);
        var request = ApiRequest.Patch(path, data) with { BodyIsSecret = outside };
        return Written(call, await call.DemandDataAsync(request, cancellation), path);
    }

    private static async Task<int> DeleteAsync(Invocation call, CancellationToken cancellation)
    {
        var path = call.Arguments[0].Trim('/');
        var request = ApiRequest.Delete(path) with { Query = Query(call, call.Arguments.Skip(1)) };
        var response = await call.DemandAsync(request, cancellation);
        call.Output.Warn(response);
        return call.Output.Success($"Data deleted (if it existed) at: {path}");
    }

    private static async Task<int> PathHelpAsync(Invocation call, CancellationToken cancellation)
    {
        var request = ApiRequest.Read(call.Arguments[0].Trim('/'), KeyValuePair.Create("help", "1"));
        var answer = (await call.DemandAsync(request, cancellation)).Json ?? default;
        return call.Output.Document(answer, () => $"{answer.Text("help")?.TrimEnd()}\n");
    }

    private static (string Path, JsonObject Data, bool Outside) Data(Invocation call)
    {
        var arguments = new DataArguments(call.Input);
        var data = arguments.Read([.. call.Arguments.Skip(1)]);
        if (data.Count == 0 && !call.Switch(Force))
            throw ExitException.Usage("there is no data to write; to write without any, give -force");
        return (call.Arguments[0].Trim('/'), data, arguments.CameFromOutside);
    }

    private static int Written(Invocation call, ApiResponse response, string path) =>
        response.Json is null ? call.Output.Success($"Data written to: {path}") : call.Show(response);
}
