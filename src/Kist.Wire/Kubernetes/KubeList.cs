using System.Text.Json;

namespace Kist.Wire.Kubernetes;

/// <summary>Which objects to list.</summary>
/// <param name="Resource">Their type.</param>
public sealed record KubeListQuery(KubeResource Resource)
{
    /// <summary>Those of one namespace; null for all.</summary>
    public string? Namespace { get; init; }

    /// <summary>Those with these labels; null for all.</summary>
    public string? LabelSelector { get; init; }

    /// <summary>Those with these fields; null for all.</summary>
    public string? FieldSelector { get; init; }

    /// <summary>Most objects of a page.</summary>
    public int PageSize { get; init; } = 500;

    /// <summary>Their metadata alone: what they hold stays on the server.</summary>
    public bool MetadataOnly { get; init; }

    /// <summary>
    /// When the state that the pages show has been compacted away in the meantime, go on from the same place in a newer state. Else
    /// <see cref="KubeError.Gone"/> says so, and the list begins anew.
    /// </summary>
    public bool ContinuesInNewerState { get; init; }
}

/// <summary>A part of a list.</summary>
/// <param name="ResourceVersion">The state that it shows, from which a watch can begin.</param>
/// <param name="Items">The objects, in the order of their keys in etcd, after those of the page before.</param>
public sealed record KubePage(string ResourceVersion, IReadOnlyList<KubeObject> Items)
{
    /// <summary>How many objects follow; null when the server does not say.</summary>
    public long? Remaining { get; init; }

    internal string Continue { get; init; } = "";

    /// <exception cref="KubeException"><see cref="KubeError.Malformed"/>: this is no list.</exception>
    internal static KubePage Parse(Memory<byte> json)
    {
        try
        {
            var reader = new Utf8JsonReader(json.Span);
            return Read(ref reader, json);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new KubeException(KubeError.Malformed, "the API server sent a list that is not JSON");
        }
    }

    private static KubePage Read(ref Utf8JsonReader reader, Memory<byte> json)
    {
        var page = new KubePage("", []);
        var fields = JsonFields.Enter(ref reader);
        while (fields.Next(ref reader, out var name))
        {
            switch (name)
            {
                case "metadata":
                    page = page.WithMetadata(ref reader);
                    break;
                case "items":
                    page = page with { Items = ReadItems(ref reader, json) };
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }
        return page;
    }

    private KubePage WithMetadata(ref Utf8JsonReader reader)
    {
        var page = this;
        var fields = JsonFields.Enter(ref reader);
        while (fields.Next(ref reader, out var name))
        {
            switch (name)
            {
                case "resourceVersion":
                    page = page with { ResourceVersion = JsonFields.Text(ref reader) };
                    break;
                case "continue":
                    page = page with { Continue = JsonFields.Text(ref reader) };
                    break;
                case "remainingItemCount":
                    reader.Read();
                    page = page with { Remaining = reader.GetInt64() };
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }
        return page;
    }

    // Go writes an empty list as null.
    private static List<KubeObject> ReadItems(ref Utf8JsonReader reader, Memory<byte> json)
    {
        var items = new List<KubeObject>();
        reader.Read();
        if (reader.TokenType == JsonTokenType.Null)
            return items;
        if (reader.TokenType != JsonTokenType.StartArray)
            throw new JsonException();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            items.Add(KubeObject.Parse(json[start..(int)reader.BytesConsumed]));
        }
        return items;
    }
}
