using System.Globalization;
using System.Text;
using Kist.Client.Agent;

namespace Kist.Hosting.Agent.Local;

/// <summary>The agent's metrics in Prometheus' text format.</summary>
internal static class AgentMetrics
{
    /// <summary>All of them. A count's name may bear labels.</summary>
    public static string Render(AgentStatus status)
    {
        var text = new StringBuilder();
        text.Append("# HELP kist_agent_part_good Whether the part's last try succeeded.\n# TYPE kist_agent_part_good gauge\n");
        foreach (var part in status.Parts)
            Line(text, "kist_agent_part_good", part, part.IsGood ? 1 : 0);
        text.Append("# HELP kist_agent_part_since_seconds Since when it is so, in seconds since 1970.\n# TYPE kist_agent_part_since_seconds gauge\n");
        foreach (var part in status.Parts)
            Line(text, "kist_agent_part_since_seconds", part, part.Since.ToUnixTimeSeconds());
        var family = "";
        foreach (var (metric, count) in status.Counts)
        {
            var name = metric.Split('{')[0];
            if (name != family)
                text.Append("# TYPE ").Append(name).Append(" counter\n");
            family = name;
            text.Append(metric).Append(' ').Append(count.ToString(CultureInfo.InvariantCulture)).Append('\n');
        }
        return text.ToString();
    }

    private static void Line(StringBuilder text, string metric, AgentPartStatus part, long value) =>
        text.Append(metric).Append("{part=\"").Append(Escape(part.Part)).Append("\"} ").Append(value.ToString(CultureInfo.InvariantCulture)).Append('\n');

    private static string Escape(string label) => label
        .Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
}
