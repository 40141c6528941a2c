using System.Text;
using Kist.Wire.Hcl;
using Kist.Wire.Yaml;

namespace Kist.Client.Run.Manifest;

/// <summary>Reads <c>summon.files</c>.</summary>
internal static class FileSpecReader
{
    private const int LongestName = 255;

    private static readonly Dictionary<string, SecretFileFormat> Formats =
        Enum.GetValues<SecretFileFormat>().ToDictionary(static f => f.ToString().ToLowerInvariant(), StringComparer.Ordinal);

    private static readonly string[] Fields = ["path", "format", "template", "permissions", "overwrite", "secrets"];

    public static List<FileSpec> Read(YamlValue value, SectionReader sections)
    {
        if (value is not YamlList list)
            throw RunException.Usage($"{value.Position}: summon.files must be a sequence/array");
        var files = new List<FileSpec>();
        foreach (var element in list.Elements)
        {
            var file = ReadFile(element, sections);
            if (files.Any(f => System.IO.Path.GetFullPath(f.Path) == System.IO.Path.GetFullPath(file.Path)))
                throw RunException.Usage($"{element.Position}: file already exists at \"{file.Path}\": two entries have this path");
            files.Add(file);
        }
        return files;
    }

    private static FileSpec ReadFile(YamlValue element, SectionReader sections)
    {
        if (element is not YamlMap map)
            throw RunException.Usage($"{element.Position}: each of summon.files must be a mapping, not {element.Noun}");
        SecretsManifest.RefuseRepeated(map);
        if (map.Entries.FirstOrDefault(static e => !Fields.Contains(e.Key, StringComparer.Ordinal)) is { } unknown)
            throw RunException.Usage($"{unknown.Position}: unknown field of summon.files{HclSuggestion.For(unknown.Key, Fields)}");
        var path = ReadPath(Text(map, "path"), map.Position);
        var template = Text(map, "template") ?? "";
        var format = template.Length > 0 ? SecretFileFormat.Template : ReadFormat(Text(map, "format"), path);
        if (format == SecretFileFormat.Template && template.Length == 0)
            throw RunException.Usage($"the file \"{path}\" has the format template and no template");
        var file = new FileSpec(path, ReadSecrets(map, path, sections))
        {
            Format = format,
            Template = template,
            Permissions = ReadPermissions(Text(map, "permissions"), path),
            Overwrite = Text(map, "overwrite") switch
            {
                null or "false" or "False" or "FALSE" => false,
                "true" or "True" or "TRUE" => true,
                _ => throw RunException.Usage($"overwrite of the file \"{path}\" must be true or false"),
            },
        };
        AliasRules.Check(file);
        return file;
    }

    private static string? Text(YamlMap map, string field) => map.Entries.FirstOrDefault(e => e.Key == field)?.Value switch
    {
        null or YamlScalar { Kind: YamlScalarKind.Null } => null,
        YamlScalar scalar => scalar.Text,
        var other => throw RunException.Usage($"{other.Position}: {field} must be a text, not {other.Noun}"),
    };

    private static string ReadPath(string? path, HclPosition at)
    {
        if (string.IsNullOrEmpty(path))
            throw RunException.Usage($"{at}: a path is required for each of summon.files");
        var name = System.IO.Path.GetFileName(path);
        if (name is "" or "." or ".." || path.Contains('\0', StringComparison.Ordinal))
            throw RunException.Usage($"{at}: the path of a file must end in a file name: \"{path}\"");
        return Encoding.UTF8.GetByteCount(name) <= LongestName
            ? path
            : throw RunException.Usage($"{at}: the file name has more than {LongestName} bytes: \"{name[..20]}…\"");
    }

    private static SecretFileFormat ReadFormat(string? format, string path) => Formats.TryGetValue(format ?? "yaml", out var known)
        ? known
        : throw RunException.Usage(
            $"unrecognized standard file format, \"{format}\", for the file \"{path}\"{HclSuggestion.For(format ?? "", Formats.Keys)}");

    private static UnixFileMode ReadPermissions(string? text, string path)
    {
        if (text is null)
            return UnixFileMode.UserRead | UnixFileMode.UserWrite;
        var digits = text.StartsWith("0o", StringComparison.OrdinalIgnoreCase) ? text[2..] : text;
        var isOctal = digits.Length is > 0 and <= 4 && digits.All(static c => c is >= '0' and <= '7');
        var mode = isOctal ? Convert.ToInt32(digits, 8) : -1;
        return mode is > 0 and <= 0x1FF
            ? (UnixFileMode)mode
            : throw RunException.Usage($"permissions of the file \"{path}\" must be octal, from 0001 to 0777, such as 0640");
    }

    private static List<SecretSpec> ReadSecrets(YamlMap map, string path, SectionReader sections)
    {
        if (map.Entries.FirstOrDefault(static e => e.Key == "secrets")?.Value is not YamlMap { Entries.Count: > 0 } secrets)
            throw RunException.Usage($"no secrets defined for the file \"{path}\"");
        SecretsManifest.RefuseRepeated(secrets);
        var nested = secrets.Entries.Count(static e => e.Value is YamlMap);
        if (nested == 0)
            return sections.ReadSpecs(secrets);
        return sections.HasSection
            ? sections.ReadSection(secrets.Entries)
            : throw RunException.Usage(
                $"environment sections exist in file config but no environment specified: choose one with -e for the file \"{path}\"");
    }
}
