using Kist.Crypto;
using Kist.Wire;
using Kist.Wire.Yaml;

namespace Kist.Kubernetes.Encryption;

/// <summary>Turns a text's tree into the model, and records what the API server's decoder refuses.</summary>
internal sealed class ConfigurationReader
{
    private const string ApiVersion = "apiserver.config.k8s.io/v1";
    private const string Kind = "EncryptionConfiguration";
    private const string KindFix = $"write apiVersion: {ApiVersion} and kind: {Kind}";
    private static readonly string[] Top = ["apiVersion", "kind", "resources"];
    private static readonly string[] Entry = ["resources", "providers"];
    private static readonly string[] Providers = ["aesgcm", "aescbc", "secretbox", "identity", "kms"];
    private static readonly string[] KeyedFields = ["keys"];
    private static readonly string[] KeyFields = ["name", "secret"];
    private static readonly string[] KmsFields = ["apiVersion", "name", "cachesize", "endpoint", "timeout"];

    private readonly List<Finding> findings = [];

    /// <summary>What the decoder refuses, in the order of the file.</summary>
    public IReadOnlyList<Finding> Findings => findings;

    /// <summary>Reads what can be read; null when the text is no object at all.</summary>
    public EncryptionConfiguration? Read(YamlValue? root)
    {
        if (root is null or YamlScalar { Kind: YamlScalarKind.Null })
        {
            findings.Add(Finding.Error("kind", Place.File, "Object 'Kind' is missing", KindFix));
            return null;
        }
        if (root is not YamlMap map)
        {
            findings.Add(FieldReader.WrongType(Place.File, root, "an object", "write fields at the top level: apiVersion, kind, resources"));
            return null;
        }
        // A file of another kind has other fields; to name them all unknown would say nothing.
        var ours = new YamlMap([.. map.Entries.Where(e => Top.Contains(e.Key, StringComparer.Ordinal))], map.Position);
        if (!IsOurKind(new FieldReader(ours, Place.File, Top, [])))
            return null;
        var fields = new FieldReader(map, Place.File, Top, findings);
        return new EncryptionConfiguration(
            [.. fields.Elements("resources").Select(e => Rule(Object(e, Entry)))],
            fields.Place.Field("resources"));
    }

    private bool IsOurKind(FieldReader fields)
    {
        var (version, kind) = (Meta(fields, "apiVersion"), Meta(fields, "kind"));
        if (version is null || kind is null)
            return false;
        if ((version, kind) is (ApiVersion, Kind) or ("v1", "EncryptionConfig"))
            return true;
        findings.Add(Finding.Error("kind", fields.Place.Field("kind"), $"no kind \"{kind}\" is registered for version \"{version}\"", KindFix));
        return false;
    }

    private string? Meta(FieldReader fields, string name)
    {
        var value = fields.Value(name);
        if (value is YamlScalar { Kind: YamlScalarKind.Text, Text.Length: > 0 } text)
            return text.Text;
        if (value is null or YamlScalar { Kind: YamlScalarKind.Text })
            findings.Add(Finding.Error("kind", fields.Place.Field(name), $"Object '{(name is "kind" ? "Kind" : name)}' is missing", KindFix));
        else
            findings.Add(FieldReader.WrongType(fields.Place.Field(name), value, "a string", "put it in double quotes"));
        return null;
    }

    // An element that is null is one with every field absent.
    private FieldReader Object((YamlValue Value, Place Place) element, string[] known)
    {
        if (element.Value is not (YamlMap or YamlScalar { Kind: YamlScalarKind.Null }))
            findings.Add(FieldReader.WrongType(element.Place, element.Value, "an object", $"write its fields: {string.Join(", ", known)}"));
        return new FieldReader(element.Value as YamlMap, element.Place, known, findings);
    }

    private ResourceRule Rule(FieldReader fields) => new(
        [.. fields.Elements("resources").Select(Resource)],
        [.. fields.Elements("providers").Select(e => Provider(Object(e, Providers)))],
        fields.Place);

    private ResourceName Resource((YamlValue Value, Place Place) element)
    {
        if (element.Value is YamlScalar { Kind: YamlScalarKind.Text } text)
            return new ResourceName(text.Text, element.Place);
        if (element.Value is not YamlScalar { Kind: YamlScalarKind.Null })
            findings.Add(FieldReader.WrongType(element.Place, element.Value, "a string", "put it in double quotes"));
        return new ResourceName("", element.Place);
    }

    private ProviderConfiguration Provider(FieldReader fields) => new(fields.Place)
    {
        AesGcm = Keyed(fields, "aesgcm"),
        AesCbc = Keyed(fields, "aescbc"),
        Secretbox = Keyed(fields, "secretbox"),
        Identity = Identity(fields),
        Kms = fields.Map("kms") is { } kms ? Kms(new FieldReader(kms, fields.Place.Field("kms"), KmsFields, findings)) : null,
        HasUnknownFields = fields.HasUnknown,
    };

    private bool Identity(FieldReader fields)
    {
        if (fields.Map("identity") is not { } map)
            return false;
        // It has no fields: the reader records those that are there.
        _ = new FieldReader(map, fields.Place.Field("identity"), [], findings);
        return true;
    }

    private KeyedProvider? Keyed(FieldReader fields, string name)
    {
        if (fields.Map(name) is not { } map)
            return null;
        var inner = new FieldReader(map, fields.Place.Field(name), KeyedFields, findings);
        return new KeyedProvider([.. inner.Elements("keys").Select(e => Key(Object(e, KeyFields)))], inner.Place);
    }

    private static ConfiguredKey Key(FieldReader fields) =>
        new(fields.Text("name") ?? "", new SecretText(fields.Text("secret") ?? ""), fields.Place);

    private KmsConfiguration Kms(FieldReader fields)
    {
        var version = fields.Text("apiVersion") is { Length: > 0 } given ? given : KmsConfiguration.V1;
        var cacheSize = fields.Integer("cachesize");
        if (fields.Value("cachesize") is null && version is KmsConfiguration.V1)
            cacheSize = KmsConfiguration.DefaultCacheSize;
        return new KmsConfiguration(version, fields.Text("name") ?? "", fields.Text("endpoint") ?? "", Timeout(fields), cacheSize, fields.Place);
    }

    private KmsTimeout Timeout(FieldReader fields)
    {
        if (fields.Text("timeout") is not { } text || fields.Value("timeout") is not YamlScalar { Kind: YamlScalarKind.Text })
            return KmsTimeout.Default;
        // Go itself knows neither days nor, but for zero, bare seconds.
        var isGo = text is "0" or "+0" or "-0" || (text is [.., 's' or 'm' or 'h'] && !text.Contains('d', StringComparison.Ordinal));
        if (isGo && GoDuration.TryParse(text, out var duration))
            return new KmsTimeout(duration, text);
        findings.Add(Finding.Error(
            "wrong-type",
            fields.Place.Field("timeout"),
            $"time: invalid duration \"{text}\"",
            "write a number with a unit: 3s, 500ms, 1m"));
        return KmsTimeout.Default;
    }
}
