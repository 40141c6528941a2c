using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Kist.Core.Telemetry;

/// <summary>A gauge: its name, what it says, and its value now.</summary>
public readonly record struct Gauge(string Name, string Help, double Value);

/// <summary>Renders metrics for Prometheus (text format 0.0.4) and in the JSON form of Vault's <c>sys/metrics</c>.</summary>
internal static class MetricsDocument
{
    public const string PrometheusType = "text/plain; version=0.0.4; charset=utf-8";

    public static ReadOnlyMemory<byte> Prometheus(RequestMetrics requests, IEnumerable<Gauge> gauges)
    {
        var text = new StringBuilder();
        foreach (var gauge in gauges)
        {
            Head(text, gauge.Name, "gauge", gauge.Help);
            text.Append(gauge.Name).Append(' ').Append(Number(gauge.Value)).Append('\n');
        }
        Head(text, "kist_requests_total", "counter", "Requests answered, by operation and outcome.");
        foreach (var (operation, outcome, count) in requests.Counts())
            text.Append(CultureInfo.InvariantCulture, $"kist_requests_total{{operation=\"{operation}\",outcome=\"{outcome}\"}} {count}\n");
        Head(text, "kist_request_duration_seconds", "histogram", "Time from the request's arrival in the core to its answer.");
        foreach (var (operation, cumulative, sum) in requests.Durations())
        {
            for (var i = 0; i < cumulative.Length; i++)
            {
                var bound = i < RequestMetrics.Bounds.Length ? Number(RequestMetrics.Bounds[i]) : "+Inf";
                text.Append(CultureInfo.InvariantCulture, $"kist_request_duration_seconds_bucket{{operation=\"{operation}\",le=\"{bound}\"}} {cumulative[i]}\n");
            }
            text.Append(CultureInfo.InvariantCulture, $"kist_request_duration_seconds_sum{{operation=\"{operation}\"}} {Number(sum.TotalSeconds)}\n");
            text.Append(CultureInfo.InvariantCulture, $"kist_request_duration_seconds_count{{operation=\"{operation}\"}} {cumulative[^1]}\n");
        }
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    public static ReadOnlyMemory<byte> Json(RequestMetrics requests, IEnumerable<Gauge> gauges, DateTimeOffset now)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(buffer);
        writer.WriteStartObject();
        writer.WriteString("Timestamp", now.UtcDateTime);
        writer.WriteStartArray("Gauges");
        foreach (var gauge in gauges)
        {
            writer.WriteStartObject();
            writer.WriteString("Name", gauge.Name);
            writer.WriteNumber("Value", gauge.Value);
            writer.WriteStartObject("Labels");
            writer.WriteEndObject();
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
        writer.WriteStartArray("Counters");
        foreach (var (operation, outcome, count) in requests.Counts())
        {
            writer.WriteStartObject();
            writer.WriteString("Name", "kist_requests_total");
            writer.WriteNumber("Count", count);
            writer.WriteStartObject("Labels");
            writer.WriteString("operation", operation);
            writer.WriteString("outcome", outcome);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
        writer.WriteStartArray("Samples");
        foreach (var (operation, cumulative, sum) in requests.Durations())
        {
            writer.WriteStartObject();
            writer.WriteString("Name", "kist_request_duration_seconds");
            writer.WriteNumber("Count", cumulative[^1]);
            writer.WriteNumber("Sum", sum.TotalSeconds);
            writer.WriteNumber("Mean", sum.TotalSeconds / cumulative[^1]);
            writer.WriteStartObject("Labels");
            writer.WriteString("operation", operation);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenMemory;
    }

    private static void Head(StringBuilder text, string name, string type, string help) =>
        text.Append("# HELP ").Append(name).Append(' ').Append(help).Append("\n# TYPE ").Append(name).Append(' ').Append(type).Append('\n');

    private static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
