using System.Globalization;

namespace Kist.Kubernetes.Encryption.Rotation;

/// <summary>What an API server's metrics tell of the configuration that it has loaded.</summary>
/// <param name="Hashes">
/// The SHA-256 of the file, in hexadecimal (1.34 and later, with automatic reload); several answer behind one address when it names several.
/// </param>
/// <param name="LastReload">When it last loaded the file anew with success (1.26 and later).</param>
/// <param name="Started">When the process began, and so read the file.</param>
public sealed record ServerMetrics(IReadOnlyList<string> Hashes, DateTimeOffset? LastReload, DateTimeOffset? Started)
{
    /// <summary>The SHA-256 of the name of each server's lease, in hexadecimal.</summary>
    public IReadOnlyList<string> Ids { get; init; } = [];

    private const string Controller = "apiserver_encryption_config_controller_";

    /// <summary>Reads the text of <c>/metrics</c>; what is not there or malformed is not known.</summary>
    public static ServerMetrics Parse(string text)
    {
        var hashes = new List<string>();
        var ids = new HashSet<string>(StringComparer.Ordinal);
        DateTimeOffset? reload = null, started = null;
        foreach (var line in text.Split('\n'))
        {
            if (line.StartsWith(Controller, StringComparison.Ordinal) && Label(line, "apiserver_id_hash") is { } id)
                ids.Add(Digest(id));
            if (line.StartsWith($"{Controller}last_config_info{{", StringComparison.Ordinal) && Value(line) > 0 && Label(line, "hash") is { } hash)
                hashes.Add(Digest(hash));
            else if (line.StartsWith($"{Controller}automatic_reload_last_", StringComparison.Ordinal) && Label(line, "status") is "success")
                reload = Time(Value(line));
            else if (line.StartsWith("process_start_time_seconds ", StringComparison.Ordinal))
                started = Time(Value(line));
        }
        return new ServerMetrics(hashes, reload, started) { Ids = [.. ids] };
    }

    private static string Digest(string label) => label.StartsWith("sha256:", StringComparison.Ordinal) ? label["sha256:".Length..] : label;

    private static string? Label(string line, string name)
    {
        // Quotes inside of values are escaped; the values that are looked for have none.
        var start = line.IndexOf($"{{{name}=\"", StringComparison.Ordinal);
        if (start < 0)
            start = line.IndexOf($",{name}=\"", StringComparison.Ordinal);
        if (start < 0)
            return null;
        start += name.Length + 3;
        var end = line.IndexOf('"', start);
        return end < 0 ? null : line[start..end];
    }

    private static double? Value(string line) =>
        double.TryParse(line[(line.LastIndexOf(' ') + 1)..].TrimEnd('\r'), NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
            ? value
            : null;

    private static DateTimeOffset? Time(double? seconds) =>
        seconds is > 0 and < 1e11 ? DateTimeOffset.UnixEpoch.AddSeconds(seconds.Value) : null;
}
