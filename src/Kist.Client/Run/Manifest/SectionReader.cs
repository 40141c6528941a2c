using Kist.Wire.Yaml;

namespace Kist.Client.Run.Manifest;

/// <summary>Reads the lines of a secrets file, or those of one of its sections with what all sections share.</summary>
internal sealed class SectionReader(ManifestOptions options)
{
    private static readonly string[] Shared = ["common", "default"];

    /// <summary>Whether a section was asked for.</summary>
    public bool HasSection => options.Section is not null;

    /// <summary>The variables at the top of a file.</summary>
    public List<SecretSpec> ReadVariables(IReadOnlyList<YamlEntry> entries)
    {
        if (options.Section is not null)
            return ReadSection(entries);
        var sections = entries.Where(static e => e.Value is YamlMap).Select(static e => e.Key).ToList();
        if (sections.Count > 0 && !options.LikeSummon)
        {
            throw RunException.Usage(
                $"the file has sections ({string.Join(", ", sections.Take(10))}): choose one with -e, as in -e {sections[0]}");
        }
        return [.. entries.Select(ReadSpec)];
    }

    /// <summary>The lines of the chosen section, then those of <c>common</c>, or else of <c>default</c>, that it lacks.</summary>
    public List<SecretSpec> ReadSection(IReadOnlyList<YamlEntry> sections)
    {
        var section = sections.FirstOrDefault(e => e.Key == options.Section);
        if (section is null || sections.Any(static e => !IsSection(e.Value)))
            throw RunException.Usage($"No such environment '{options.Section}' found in secrets file");
        var specs = ReadSpecs(section.Value);
        var names = specs.Select(static s => s.Name).ToHashSet(StringComparer.Ordinal);
        var shared = Shared.Select(name => sections.FirstOrDefault(e => e.Key == name)).FirstOrDefault(static e => e is not null);
        if (shared is not null && shared.Key != section.Key)
            specs.AddRange(ReadSpecs(shared.Value).Where(s => names.Add(s.Name)));
        return specs;
    }

    /// <summary>The lines of a mapping.</summary>
    public List<SecretSpec> ReadSpecs(YamlValue value)
    {
        if (value is not YamlMap map)
            return [];
        SecretsManifest.RefuseRepeated(map);
        return [.. map.Entries.Select(ReadSpec)];
    }

    private static bool IsSection(YamlValue value) => value is YamlMap or YamlScalar { Kind: YamlScalarKind.Null, Text: "" };

    private SecretSpec ReadSpec(YamlEntry entry)
    {
        if (entry.Value is not YamlScalar scalar)
        {
            return options.LikeSummon
                ? new SecretSpec(entry.Key, "", SecretTag.Literal, entry.Position)
                : throw RunException.Usage($"{entry.Position}: {entry.Key} must be a text, not {entry.Value.Noun}");
        }
        var tag = options.LikeSummon ? SecretTag.ReadLoosely(scalar.Tag) : SecretTag.ReadStrictly(scalar.Tag, entry.Key);
        return new SecretSpec(entry.Key, options.Substitutions.Apply(scalar.Text), tag, entry.Position);
    }
}
