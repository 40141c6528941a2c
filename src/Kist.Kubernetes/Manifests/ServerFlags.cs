using Kist.Wire.Yaml;

namespace Kist.Kubernetes.Manifests;

/// <summary>The flags on a container's command line, in <c>command</c> and <c>args</c>: <c>--name=value</c>, or the value as the next word.</summary>
public sealed class ServerFlags
{
    private readonly List<(string Name, string Value)> flags = [];

    internal ServerFlags(YamlMap container)
    {
        List<string> words = [.. Words(container)];
        for (var i = 0; i < words.Count; i++)
        {
            if (Name(words[i]) is not { } name)
                continue;
            var equals = words[i].IndexOf('=', StringComparison.Ordinal);
            var next = i + 1 < words.Count && !words[i + 1].StartsWith('-') ? words[i + 1] : "true";
            flags.Add((name, equals >= 0 ? words[i][(equals + 1)..] : next));
        }
    }

    /// <summary>A flag's last value; null when it is not given.</summary>
    public string? Text(string name) => All(name).LastOrDefault();

    /// <summary>All values of a flag.</summary>
    public IEnumerable<string> All(string name) => flags.Where(f => f.Name == name).Select(f => f.Value);

    internal static IEnumerable<string> Words(YamlMap container) =>
        Lists(container).SelectMany(l => l.Elements).OfType<YamlScalar>().Select(s => s.Text);

    internal static IEnumerable<YamlList> Lists(YamlMap container) =>
        ((string[])["command", "args"]).Select(container.List).OfType<YamlList>();

    /// <summary>The flag's name in a word; null when it is none.</summary>
    internal static string? Name(string word) => word.StartsWith("--", StringComparison.Ordinal) ? word[2..].Split('=')[0] : null;
}

/// <summary>Looks up fields.</summary>
internal static class YamlFields
{
    public static YamlMap? Map(this YamlMap map, string name) => Value(map, name) as YamlMap;

    public static YamlList? List(this YamlMap map, string name) => Value(map, name) as YamlList;

    public static string? Text(this YamlMap map, string name) => (Value(map, name) as YamlScalar)?.Text;

    public static YamlValue? Value(this YamlMap map, string name) => map.Entries.FirstOrDefault(e => e.Key == name)?.Value;
}
