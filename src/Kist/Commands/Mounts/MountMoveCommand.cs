using System.Text.Json.Nodes;
using Kist.Client;
using Kist.Commands.Cli;

namespace Kist.Commands.Mounts;

/// <summary><c>secrets move</c> and <c>auth move</c>.</summary>
internal static class MountMoveCommand
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    public static Command Move(MountKind kind) => new(
        $"{kind.Group} move", $"Moves a mounted {kind.Noun} to another path.", (call, c) => RunAsync(call, kind, c))
    {
        Arguments = "FROM TO",
        Description = "What it holds moves along. Policies name paths: write the new one into those that name the old."
            + (kind == MountKind.Secrets ? "" : " Tokens that the method issued stay valid."),
        Example = kind == MountKind.Secrets
            ? new("Rename a mount", "secrets move apps applications")
            : new("Rename a method", "auth move userpass people"),
    };

    private static async Task<int> RunAsync(Invocation call, MountKind kind, CancellationToken cancellation)
    {
        var from = Path(kind, call.Arguments[0]);
        var to = Path(kind, call.Arguments[1]);
        var started = await call.DemandAsync(ApiRequest.Write("sys/remount", new JsonObject { ["from"] = from, ["to"] = to }), cancellation);
        call.Output.Warn(started);
        if (started.Data?.Text("migration_id") is { } id)
            await WaitAsync(call, id, cancellation);
        return call.Output.Success($"Moved the {kind.Noun} {from} to: {to}");
    }

    private static async Task WaitAsync(Invocation call, string id, CancellationToken cancellation)
    {
        while (true)
        {
            var answer = (await call.Client.SendAsync(ApiRequest.Read($"sys/remount/status/{id}"), cancellation)).EnsureSuccess();
            switch (answer.Data?.Object("migration_info")?.Text("status"))
            {
                case "success":
                    return;
                case "failure":
                    throw ExitException.Failed($"The move failed half way; the server's log says why under migration {id}");
                default:
                    await Task.Delay(Pause, call.Host.Time, cancellation);
                    break;
            }
        }
    }

    private static string Path(MountKind kind, string path)
    {
        var trimmed = path.Trim('/');
        return trimmed.StartsWith(kind.RemountPrefix, StringComparison.Ordinal) ? $"{trimmed}/" : $"{kind.RemountPrefix}{trimmed}/";
    }
}
