using System.Security.Cryptography;
using System.Text.Json;

namespace Kist.Wire.Kubernetes;

/// <summary>
/// An object as the API server sent it, byte for byte, so that nothing of it is lost when it goes back. Only what every object has is read out of it.
/// Prints its name and never its content.
/// </summary>
public sealed class KubeObject : IDisposable
{
    private readonly Memory<byte> json;

    private KubeObject(Memory<byte> json, KubeMetadata metadata, string kind, string apiVersion)
    {
        this.json = json;
        Metadata = metadata;
        Kind = kind;
        ApiVersion = apiVersion;
    }

    /// <summary>The object's JSON.</summary>
    public ReadOnlyMemory<byte> Json => json;

    /// <summary>Name, namespace, version.</summary>
    public KubeMetadata Metadata { get; }

    /// <summary>Its kind; empty in lists of built-in types.</summary>
    public string Kind { get; }

    /// <summary>Its API version; empty in lists of built-in types.</summary>
    public string ApiVersion { get; }

    /// <summary>Reads an object. It takes the memory over.</summary>
    /// <exception cref="KubeException"><see cref="KubeError.Malformed"/>: this is none.</exception>
    public static KubeObject Parse(Memory<byte> json)
    {
        try
        {
            var reader = new Utf8JsonReader(json.Span);
            return Read(ref reader, json);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The reader's message may quote the text.
            throw new KubeException(KubeError.Malformed, "the API server sent an object that is not JSON");
        }
    }

    /// <summary>The object as a tree, on the same memory.</summary>
    public JsonDocument Open() => JsonDocument.Parse(json);

    /// <summary>Kind and name.</summary>
    public override string ToString() => $"{Kind} {Metadata.Path}".TrimStart();

    /// <summary>Wipes the content, which may be secret.</summary>
    public void Dispose() => CryptographicOperations.ZeroMemory(json.Span);

    private static KubeObject Read(ref Utf8JsonReader reader, Memory<byte> json)
    {
        KubeMetadata? metadata = null;
        string kind = "", apiVersion = "";
        var fields = JsonFields.Enter(ref reader);
        while (fields.Next(ref reader, out var name))
        {
            switch (name)
            {
                case "kind":
                    kind = JsonFields.Text(ref reader);
                    break;
                case "apiVersion":
                    apiVersion = JsonFields.Text(ref reader);
                    break;
                case "metadata":
                    metadata = KubeMetadata.Read(ref reader);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }
        return new KubeObject(json, metadata ?? throw new JsonException(), kind, apiVersion);
    }
}

/// <summary>What every object has.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Namespace">Its namespace; empty for what lies in none.</param>
/// <param name="Uid">Names it for all times; empty where the server sends none.</param>
/// <param name="ResourceVersion">Changes with every write. Only to be compared for equality.</param>
public sealed record KubeMetadata(string Name, string Namespace, string Uid, string ResourceVersion)
{
    /// <summary><c>namespace/name</c>, or the name alone.</summary>
    public string Path => Namespace.Length == 0 ? Name : $"{Namespace}/{Name}";

    internal static KubeMetadata Read(ref Utf8JsonReader reader)
    {
        var metadata = new KubeMetadata("", "", "", "");
        var fields = JsonFields.Enter(ref reader);
        while (fields.Next(ref reader, out var name))
        {
            switch (name)
            {
                case "name":
                    metadata = metadata with { Name = JsonFields.Text(ref reader) };
                    break;
                case "namespace":
                    metadata = metadata with { Namespace = JsonFields.Text(ref reader) };
                    break;
                case "uid":
                    metadata = metadata with { Uid = JsonFields.Text(ref reader) };
                    break;
                case "resourceVersion":
                    metadata = metadata with { ResourceVersion = JsonFields.Text(ref reader) };
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }
        return metadata;
    }
}
