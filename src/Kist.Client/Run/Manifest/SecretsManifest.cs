using Kist.Wire.Yaml;

namespace Kist.Client.Run.Manifest;

/// <summary>What a secrets file asks for, in Summon's format: variables by name, and files.</summary>
public sealed record SecretsManifest(IReadOnlyList<SecretSpec> Variables, IReadOnlyList<FileSpec> Files)
{
    private const string FilesKey = "summon.files";

    /// <summary>Asks for nothing.</summary>
    public static SecretsManifest Empty { get; } = new([], []);

    /// <summary>Reads a secrets file.</summary>
    /// <exception cref="RunException">It is faulty; the message says where, without the file's name, and repeats no value.</exception>
    public static SecretsManifest Read(string text, ManifestOptions options)
    {
        var reading = YamlReader.ReadTagged(text);
        if (reading.Fault is { } fault)
            throw RunException.Usage($"{fault.Position}: {fault.Reason}");
        if (reading.Root is null or YamlScalar { Kind: YamlScalarKind.Null })
            return Empty;
        if (reading.Root is not YamlMap map)
            throw RunException.Usage("invalid YAML structure: expected mapping");
        RefuseRepeated(map);
        var variables = map.Entries.Where(static e => e.Key != FilesKey).ToList();
        var files = map.Entries.FirstOrDefault(static e => e.Key == FilesKey);
        var sections = new SectionReader(options);
        return new SecretsManifest(
            variables.Count == 0 ? [] : sections.ReadVariables(variables),
            files is null ? [] : FileSpecReader.Read(files.Value, sections));
    }

    /// <summary>Which of two lines counts, no reader can know.</summary>
    internal static void RefuseRepeated(YamlMap map)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        if (map.Entries.FirstOrDefault(e => !seen.Add(e.Key)) is { } repeated)
            throw RunException.Usage($"{repeated.Position}: the same name as on another line");
    }
}
