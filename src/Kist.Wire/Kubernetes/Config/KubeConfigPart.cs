using Kist.Wire.Yaml;

namespace Kist.Wire.Kubernetes.Config;

/// <summary>One file of a kubeconfig.</summary>
internal sealed record KubeConfigPart(string Path, YamlMap Root)
{
    private string Folder => System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(Path)) ?? "/";

    public static KubeConfigPart Read(string path, string text)
    {
        var reading = YamlReader.Read(text);
        if (reading.Fault is { } fault)
            throw KubeConfig.Unusable($"{path}: {fault.Position}: {fault.Reason}");
        return new KubeConfigPart(path, reading.Root switch
        {
            YamlMap map => map,
            null or YamlScalar { Kind: YamlScalarKind.Null } => new YamlMap([], Hcl.HclPosition.Start),
            _ => throw KubeConfig.Unusable($"{path} is no kubeconfig: its top level is {reading.Root.Noun}"),
        });
    }

    /// <summary>The value of a field; null when it is missing or null.</summary>
    public static YamlValue? Value(YamlMap map, string name) =>
        map.Entries.FirstOrDefault(e => e.Key == name)?.Value is { } value and not YamlScalar { Kind: YamlScalarKind.Null } ? value : null;

    /// <summary>A scalar; empty when it is missing.</summary>
    public string Text(YamlMap map, string name) => Value(map, name) switch
    {
        null => "",
        YamlScalar scalar => scalar.Text,
        var other => throw Wrong(other, name, "a string"),
    };

    public bool Flag(YamlMap map, string name) => Text(map, name) switch
    {
        "true" => true,
        "" or "false" => false,
        _ => throw Wrong(Value(map, name)!, name, "true or false"),
    };

    public YamlMap? Map(YamlMap map, string name) => Value(map, name) switch
    {
        null => null,
        YamlMap found => found,
        var other => throw Wrong(other, name, "an object"),
    };

    public IReadOnlyList<YamlValue> List(YamlMap map, string name) => Value(map, name) switch
    {
        null => [],
        YamlList list => list.Elements,
        var other => throw Wrong(other, name, "a list"),
    };

    /// <summary>The names in a list of named things.</summary>
    public IEnumerable<string> Names(string list) =>
        List(Root, list).OfType<YamlMap>().Select(map => Text(map, "name")).Where(name => name.Length > 0);

    /// <summary>What a list has under a name.</summary>
    public YamlMap? Find(string list, string field, string name) =>
        List(Root, list).OfType<YamlMap>().FirstOrDefault(map => Text(map, "name") == name) is { } found ? Map(found, field) : null;

    /// <summary>A path that is relative to the file.</summary>
    public string Resolve(string path) => System.IO.Path.GetFullPath(path, Folder);

    /// <summary>The PEM text of a field in base64, else of the file that another field names; null when there is neither.</summary>
    public (string Pem, string Origin)? Pem(YamlMap map, string name)
    {
        var data = Text(map, name + "-data");
        if (data.Length > 0)
            return (Decode(data, name + "-data"), $"{Path}: {name}-data");
        var file = Text(map, name);
        if (file.Length == 0)
            return null;
        var resolved = Resolve(file);
        return (KubeFile.Read(resolved), resolved);
    }

    private string Decode(string data, string name)
    {
        try
        {
            return System.Text.Encoding.UTF8.GetString(Convert.FromBase64String(data));
        }
        catch (FormatException)
        {
            throw KubeConfig.Unusable($"{Path}: {name} is not base64");
        }
    }

    private KubeException Wrong(YamlValue value, string name, string expected) =>
        KubeConfig.Unusable($"{Path}: {value.Position}: {name} must be {expected}, and is {value.Noun}");
}
