using System.Runtime.InteropServices;
using Kist.Core;

namespace Kist.Kubernetes.AtRest.Objects;

/// <summary>How an object is written before it is encrypted.</summary>
public enum StoredEncoding
{
    /// <summary>Kubernetes' protobuf: <c>k8s</c>, a zero byte, and an envelope.</summary>
    Protobuf,

    /// <summary>JSON: custom resources, and clusters with <c>--storage-media-type=application/json</c>.</summary>
    Json,
}

/// <summary>
/// An object as it lies in etcd once decrypted, decoded as far as it takes to say what it is. Values, which are secret, are not copied: fields say
/// where they stand in the plaintext, and <see cref="StoredValues"/> reads one.
/// </summary>
public sealed record StoredObject
{
    /// <summary>How it was written.</summary>
    public required StoredEncoding Encoding { get; init; }

    /// <summary>Such as <c>v1</c>.</summary>
    public string ApiVersion { get; init; } = "";

    /// <summary>The group of <see cref="ApiVersion"/>; empty for the core group.</summary>
    public string Group => ApiVersion.IndexOf('/', StringComparison.Ordinal) is var slash and >= 0 ? ApiVersion[..slash] : "";

    /// <summary>Such as <c>Secret</c>.</summary>
    public string Kind { get; init; } = "";

    /// <summary>The name.</summary>
    public string Name { get; init; } = "";

    /// <summary>The namespace; empty for what has none.</summary>
    public string Namespace { get; init; } = "";

    /// <summary>The id that no other object ever has.</summary>
    public string Uid { get; init; } = "";

    /// <summary>A Secret's type; empty for everything else.</summary>
    public string Type { get; init; } = "";

    /// <summary>Whether a Secret or ConfigMap can change; null when it does not say.</summary>
    public bool? Immutable { get; init; }

    /// <summary>Labels, which hold no secrets.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Labels { get; init; } = [];

    /// <summary>Annotations; their values may hold what the object holds (<c>kubectl apply</c> keeps a copy there).</summary>
    public IReadOnlyList<StoredField> Annotations { get; init; } = [];

    /// <summary>The keys of a Secret's or ConfigMap's <c>data</c>.</summary>
    public IReadOnlyList<StoredField> Data { get; init; } = [];

    /// <summary>The keys of a ConfigMap's <c>binaryData</c>.</summary>
    public IReadOnlyList<StoredField> BinaryData { get; init; } = [];

    /// <summary>What it belongs to and is deleted with.</summary>
    public IReadOnlyList<OwnerReference> Owners { get; init; } = [];

    /// <summary>
    /// Decodes a plaintext. A failure says that this is no object: after aescbc, which authenticates nothing, that the key was wrong or the value was
    /// changed.
    /// </summary>
    public static Outcome<StoredObject> Parse(ReadOnlySpan<byte> plaintext)
    {
        if (plaintext.IsEmpty)
            return Failure.Invalid("object.empty", "the value is empty, which the API server reads as an object without a name");
        if (ProtobufObjectReader.Recognizes(plaintext))
            return ProtobufObjectReader.Read(plaintext) is { } decoded ? decoded : Malformed("protobuf");
        if (plaintext[0] != '{')
            return Failure.Invalid("object.unknown", "the plaintext is no object: it starts neither with the protobuf mark nor with a brace");
        return JsonObjectReader.Read(plaintext) is { } json ? json : Malformed("JSON");
    }

    private static Failure Malformed(string encoding) => Failure.Invalid("object.malformed", $"the object is no well-formed {encoding}");
}

/// <summary>A key of an object and where its value stands in the plaintext.</summary>
/// <param name="Name">The key.</param>
/// <param name="Form">How the value is written there.</param>
/// <param name="Offset">Where the written value starts.</param>
/// <param name="Length">How many bytes it takes there.</param>
/// <param name="Size">How many bytes the value itself has; for JSON text the written length.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct StoredField(string Name, StoredForm Form, int Offset, int Length, int Size);

/// <summary>How a value is written.</summary>
public enum StoredForm
{
    /// <summary>As it is.</summary>
    Raw,

    /// <summary>As the inside of a JSON string.</summary>
    JsonText,

    /// <summary>In base64 in a JSON string.</summary>
    JsonBase64,
}

/// <summary>What an object belongs to.</summary>
/// <param name="ApiVersion">Such as <c>apps/v1</c>.</param>
/// <param name="Kind">Such as <c>Deployment</c>.</param>
/// <param name="Name">Its name, in the same namespace.</param>
/// <param name="Uid">Its id.</param>
/// <param name="IsController">True for the one that manages the object.</param>
public sealed record OwnerReference(string ApiVersion, string Kind, string Name, string Uid, bool IsController);
