using System.Text.Json;
using System.Text.Json.Nodes;
using Kist.Client;
using Kist.Commands.Arguments;
using Kist.Commands.Cli;
using Kist.Commands.Rendering;

namespace Kist.Commands.Operator;

/// <summary>The group <c>operator</c>; seal, unseal, rotate and key-status are here.</summary>
internal static class OperatorCommands
{
    private static readonly Flag Reset = Flag.Switch("reset", "Forget the shares given so far.");
    private static readonly Flag Migrate = Flag.Switch("migrate", "The share is for a move from one seal to another.");

    public static CommandGroup Group => new("operator", static () =>
    [
        OperatorInitCommand.Init, Unseal, Seal, Rotate, KeyStatus, GenerateRootCommand.GenerateRoot, RekeyCommand.Rekey,
    ])
    {
        About = "Works on the server itself: unsealing, keys, root tokens.",
    };

    private static Command Unseal => new("operator unseal", "Gives the server one share of the unseal key.", UnsealAsync)
    {
        Arguments = "[SHARE]",
        Description = "Without an argument, asks for the share; - reads it from standard input. "
            + "Other users of the machine can see a share that is an argument.",
        Flags = [Reset, Migrate],
        Shows = Shows.Fields,
        Example = new("Give a share without showing it", "operator unseal"),
    };

    private static Command Seal => new("operator seal", "Seals the server: it forgets its keys and answers no more.", SealAsync)
    {
        Example = new("Stop all access at once", "operator seal"),
    };

    private static Command Rotate => new("operator rotate", "Starts a new term of the encryption key.", RotateAsync)
    {
        Description = "New values are encrypted under the new key; old ones stay readable.",
        Shows = Shows.Fields,
        Example = new("Rotate after an operator left", "operator rotate"),
    };

    private static Command KeyStatus => new("operator key-status", "Shows the encryption key's term and age.", KeyStatusAsync)
    {
        Shows = Shows.Fields,
        Example = new("See how old the key is", "operator key-status -field=install_time"),
    };

    private static async Task<int> UnsealAsync(Invocation call, CancellationToken cancellation)
    {
        var body = new JsonObject();
        if (call.Switch(Reset))
        {
            body["reset"] = true;
        }
        else
        {
            using var share = await call.SecretAsync(call.Argument(0), "unseal key", cancellation);
            body["key"] = share.Reveal();
            body["migrate"] = call.Switch(Migrate);
        }

        var request = ApiRequest.Write("sys/unseal", body) with { BodyIsSecret = true, WithoutNamespace = true };
        var answer = await call.DemandAsync(request, cancellation);
        StatusCommand.Show(call, answer.Json ?? default, null);
        return ExitCode.Done;
    }

    private static async Task<int> SealAsync(Invocation call, CancellationToken cancellation)
    {
        call.Output.Warn(await call.DemandAsync(ApiRequest.Write("sys/seal"), cancellation));
        return call.Output.Success("The server is sealed.");
    }

    private static async Task<int> RotateAsync(Invocation call, CancellationToken cancellation)
    {
        call.Output.Warn(await call.DemandAsync(ApiRequest.Write("sys/rotate"), cancellation));
        var status = (await call.Client.SendAsync(ApiRequest.Read("sys/key-status"), cancellation)).EnsureSuccess();
        if (call.Output.IsTable)
            call.Output.Success("Rotated key\n");
        return ShowKey(call, status);
    }

    private static async Task<int> KeyStatusAsync(Invocation call, CancellationToken cancellation) =>
        ShowKey(call, await call.DemandAsync(ApiRequest.Read("sys/key-status"), cancellation));

    private static int ShowKey(Invocation call, ApiResponse response)
    {
        if (!call.Output.IsTable)
            return call.Output.Show(response);
        var key = response.Data ?? response.Json ?? default;
        call.Output.Write(TableText.Columns(
            [Row(key, "Key Term", "term"), Row(key, "Install Time", "install_time"), Row(key, "Encryption Count", "encryptions")]));
        return ExitCode.Done;
    }

    private static IReadOnlyList<string> Row(JsonElement key, string title, string field) =>
        [title, key.Field(field) is { } value ? GoText.Format(value) : "n/a"];
}
