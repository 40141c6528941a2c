using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Kist.Client;
using Kist.Commands.Arguments;
using Kist.Commands.Cli;
using Kist.Commands.Rendering;
using Kist.Wire.Hcl;

namespace Kist.Commands.Policies;

/// <summary><c>policy list, read, write, delete, fmt</c>.</summary>
internal static class PolicyCommands
{
    private const string Path = "sys/policies/acl";

    public static CommandGroup Group => new("policy", static () => [List, Read, Write, Delete, Fmt]) { About = "Works with policies." };

    private static Command List => new("policy list", "Lists policies.", ListAsync)
    {
        Shows = Shows.Format,
        Example = new("List policies", "policy list"),
    };

    private static Command Read => new("policy read", "Shows a policy.", ReadAsync)
    {
        Arguments = "NAME",
        Shows = Shows.Format,
        Example = new("Keep a policy in a file", "policy read app > app.hcl"),
    };

    private static Command Write => new("policy write", "Writes a policy from a file.", WriteAsync)
    {
        Arguments = "NAME FILE",
        Description = "The file holds HCL or JSON; - reads standard input.",
        Example = new("Upload a policy", "policy write app app.hcl"),
    };

    private static Command Delete => new("policy delete", "Deletes a policy.", DeleteAsync)
    {
        Arguments = "NAME",
        Description = "Tokens that name it lose what it allowed at once.",
        Example = new("Delete a policy", "policy delete app"),
    };

    private static Command Fmt => new("policy fmt", "Brings a policy file into the usual layout.", FormatAsync)
    {
        Arguments = "FILE",
        Description = "Changes white space only, and writes the file in place; - formats standard input to standard output.",
        CallsServer = false,
        Example = new("Format a policy", "policy fmt app.hcl"),
    };

    private static async Task<int> ListAsync(Invocation call, CancellationToken cancellation)
    {
        var response = await call.DemandAsync(ApiRequest.List(Path), cancellation);
        call.Output.Warn(response);
        var names = response.Data?.Texts("keys") ?? [];
        return call.Output.Document(ListCommands.Array(names), () => string.Concat(names.Select(static n => n + "\n")));
    }

    private static async Task<int> ReadAsync(Invocation call, CancellationToken cancellation)
    {
        var name = call.Arguments[0];
        var response = await call.SendAsync(ApiRequest.Read($"{Path}/{name}"), cancellation);
        if (response.Status == HttpStatusCode.NotFound)
            throw ExitException.Failed($"No policy named: {name}");
        var policy = response.EnsureSuccess().Data?.Text("policy") ?? "";
        var document = JsonText.ToElement(new JsonObject { ["policy"] = policy });
        return call.Output.Document(document, () => policy.EndsWith('\n') ? policy : policy + "\n");
    }

    private static async Task<int> WriteAsync(Invocation call, CancellationToken cancellation)
    {
        var name = call.Arguments[0];
        var body = new JsonObject { ["policy"] = Source(call, call.Arguments[1]) };
        call.Output.Warn(await call.DemandAsync(ApiRequest.Write($"{Path}/{name}", body), cancellation));
        return call.Output.Success($"Uploaded policy: {name}");
    }

    private static async Task<int> DeleteAsync(Invocation call, CancellationToken cancellation)
    {
        var name = call.Arguments[0];
        call.Output.Warn(await call.DemandAsync(ApiRequest.Delete($"{Path}/{name}"), cancellation));
        return call.Output.Success($"Deleted policy: {name}");
    }

    private static async Task<int> FormatAsync(Invocation call, CancellationToken cancellation)
    {
        var file = call.Arguments[0];
        var source = Source(call, file);
        var formatted = Format(source);
        if (file == "-")
        {
            call.Output.Write(formatted);
            return ExitCode.Done;
        }

        if (formatted != source)
            await File.WriteAllTextAsync(file, formatted, new UTF8Encoding(false), cancellation);
        return call.Output.Success($"Formatted policy: {file}");
    }

    /// <exception cref="ExitException">The policy is not HCL; what cannot be read is not touched.</exception>
    private static string Format(string source)
    {
        try
        {
            HclDocument.Parse(source);
            return PolicyLayout.Format(source);
        }
        catch (HclException e)
        {
            throw ExitException.Usage(e.Message);
        }
    }

    private static string Source(Invocation call, string file) => file == "-" ? call.Input.Standard() : InputText.FromFile(file);
}
