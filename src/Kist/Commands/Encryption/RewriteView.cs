using System.Globalization;
using System.Text;
using System.Text.Json;
using Kist.Commands.Rendering;
using Kist.Kubernetes.Encryption.Rewrite;

namespace Kist.Commands.Encryption;

/// <summary>Shows what a rewrite came to.</summary>
internal static class RewriteView
{
    private static readonly string[] Header = ["Resource", "Objects", "Rewritten", "Current", "Gone", "Failed"];
    private static readonly string[] DryHeader = ["Resource", "Objects"];

    public static JsonElement Json(RewriteResult result, bool dryRun) => EncryptionCommands.Json(writer =>
    {
        writer.WriteStartObject();
        writer.WriteBoolean("dryRun", dryRun);
        writer.WriteBoolean("complete", result.IsComplete);
        Counts(writer, "totals", result.Total, dryRun);
        writer.WriteStartObject("resources");
        foreach (var (name, counts) in result.ByResource)
            Counts(writer, name, counts, dryRun);
        writer.WriteEndObject();
        writer.WriteStartArray("failures");
        foreach (var failure in result.Failures)
        {
            writer.WriteStartObject();
            writer.WriteString("key", failure.Key);
            writer.WriteString("message", failure.Message);
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
        writer.WriteString("last", result.Last?.ToString());
        writer.WriteEndObject();
    });

    public static string Table(RewriteResult result, bool dryRun)
    {
        var rows = result.ByResource.Select(r => Row(r.Key, r.Value, dryRun)).Append(Row("(all)", result.Total, dryRun));
        var text = new StringBuilder(TableText.Render(dryRun ? DryHeader : Header, rows));
        if (result.Failures.Count > 0)
            text.Append("\nFailed:\n");
        foreach (var failure in result.Failures)
            text.Append(CultureInfo.InvariantCulture, $"{failure.Key}: {failure.Message}\n");
        return text.ToString();
    }

    private static string[] Row(string name, RewriteCounts counts, bool dryRun) => dryRun
        ? [name, Number(counts.Objects)]
        : [name, Number(counts.Objects), Number(counts.Rewritten), Number(counts.Current), Number(counts.Gone), Number(counts.Failed)];

    private static void Counts(Utf8JsonWriter writer, string name, RewriteCounts counts, bool dryRun)
    {
        writer.WriteStartObject(name);
        writer.WriteNumber("objects", counts.Objects);
        if (!dryRun)
        {
            writer.WriteNumber("rewritten", counts.Rewritten);
            writer.WriteNumber("current", counts.Current);
            writer.WriteNumber("gone", counts.Gone);
            writer.WriteNumber("failed", counts.Failed);
        }
        writer.WriteEndObject();
    }

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
