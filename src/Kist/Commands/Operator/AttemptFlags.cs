using Kist.Client;
using Kist.Commands.Arguments;
using Kist.Commands.Cli;

namespace Kist.Commands.Operator;

/// <summary>What an operation that needs several people's shares has in common: begin, give a share, look, cancel.</summary>
internal static class AttemptFlags
{
    public static readonly Flag Init = Flag.Switch("init", "Begin; prints a nonce for the others.");
    public static readonly Flag Status = Flag.Switch("status", "Show how far it is.");
    public static readonly Flag Cancel = Flag.Switch("cancel", "Give up and forget the shares given so far.");
    public static readonly Flag Nonce = Flag.Text("nonce", "nonce", "The nonce that the one who began it told you.");

    /// <summary>The nonce: given, or that of what goes on. It shows that all shares are meant for the same operation.</summary>
    /// <exception cref="ExitException">Nothing goes on.</exception>
    public static async Task<string> NonceAsync(Invocation call, string path, CancellationToken cancellation)
    {
        var status = (await call.Client.SendAsync(ApiRequest.Read(path), cancellation)).EnsureSuccess();
        if (status.Json?.IsTrue("started") != true && status.Json?.Text("nonce") is null or "")
            throw ExitException.Failed("Nothing of this kind goes on; begin with -init");
        return call.Text(Nonce) ?? status.Json?.Text("nonce") ?? "";
    }
}
