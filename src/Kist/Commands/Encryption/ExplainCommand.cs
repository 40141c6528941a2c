using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Kist.Commands.Cli;
using Kist.Commands.Rendering;
using Kist.Kubernetes.Encryption;

namespace Kist.Commands.Encryption;

/// <summary><c>encryption explain</c>: the file in words.</summary>
internal static class ExplainCommand
{
    public static Command Explain => new("encryption explain", "Says in words what an EncryptionConfiguration does for each resource.", RunAsync)
    {
        Arguments = "FILE",
        Description = "What is written with what, what can be read, what is written anew, and what would happen if something were taken out. "
            + "- reads standard input. Never shows a key.",
        Shows = Shows.Format,
        CallsServer = false,
        Example = new("Read a configuration in words", "encryption explain encryption-config.yaml"),
    };

    private static Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var path = call.Arguments[0];
        var text = EncryptionCommands.Text(call, path);

        // The gate is not what is asked here: a file of KMS v1 can be explained, too.
        var explanation = Explanation.Of(EncryptionCommands.Load(path, text, new LintFacts { KmsV1Enabled = true }));
        return Task.FromResult(call.Output.Document(JsonText.ToElement(Json(explanation)), () => Words(explanation)));
    }

    private static JsonObject Json(Explanation explanation) => new()
    {
        ["resources"] = new JsonArray([.. explanation.Entries.Select(e => new JsonObject
        {
            ["resources"] = JsonText.Array(e.Resources),
            ["written"] = e.Written,
            ["readable"] = JsonText.Array(e.Readable),
            ["rewritten"] = e.Rewritten,
            ["changes"] = JsonText.Array(e.Changes),
        })]),
        ["uncovered"] = explanation.Uncovered,
    };

    private static string Words(Explanation explanation)
    {
        var words = new StringBuilder();
        foreach (var entry in explanation.Entries)
        {
            words.Append(string.Join(", ", entry.Resources)).Append('\n');
            words.Append("  written    ").Append(entry.Written).Append('\n');
            for (var i = 0; i < entry.Readable.Count; i++)
                words.Append(CultureInfo.InvariantCulture, $"  {(i == 0 ? "readable" : "").PadRight(10)} {i + 1}. {entry.Readable[i]}\n");
            if (entry.Rewritten is { } rewritten)
                words.Append("  rewritten  ").Append(rewritten).Append('\n');
            foreach (var change in entry.Changes)
                words.Append("  - ").Append(change).Append('\n');
            words.Append('\n');
        }
        if (explanation.Uncovered is { } uncovered)
            words.Append("everything else\n  ").Append(uncovered).Append('\n');
        return words.ToString();
    }
}
