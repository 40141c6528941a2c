namespace Kist.Kubernetes.AtRest.Objects;

/// <summary>Takes what a reader finds, in any order.</summary>
internal sealed class ObjectBuilder(StoredEncoding encoding)
{
    public string ApiVersion { get; set; } = "";

    public string Kind { get; set; } = "";

    public string Name { get; set; } = "";

    public string Namespace { get; set; } = "";

    public string Uid { get; set; } = "";

    public string Type { get; set; } = "";

    public bool? Immutable { get; set; }

    public List<KeyValuePair<string, string>> Labels { get; } = [];

    public List<StoredField> Annotations { get; } = [];

    public List<StoredField> Data { get; } = [];

    public List<StoredField> BinaryData { get; } = [];

    public List<OwnerReference> Owners { get; } = [];

    public bool IsSecret => (ApiVersion, Kind) is ("v1", "Secret");

    public bool IsConfigMap => (ApiVersion, Kind) is ("v1", "ConfigMap");

    public StoredObject Build() => new()
    {
        Encoding = encoding,
        ApiVersion = ApiVersion,
        Kind = Kind,
        Name = Name,
        Namespace = Namespace,
        Uid = Uid,
        Type = Type,
        Immutable = Immutable,
        Labels = Labels,
        Annotations = Annotations,
        Data = Data,
        BinaryData = BinaryData,
        Owners = Owners,
    };
}
