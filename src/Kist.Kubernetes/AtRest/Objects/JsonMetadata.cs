using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Kist.Kubernetes.AtRest.Objects;

/// <summary>Reads <c>metadata</c>.</summary>
internal static class JsonMetadata
{
    public static bool ReadField(ref Utf8JsonReader reader, string name, ObjectBuilder value)
    {
        switch (name)
        {
            case "name":
                return JsonFields.TryText(ref reader, text => value.Name = text);
            case "namespace":
                return JsonFields.TryText(ref reader, text => value.Namespace = text);
            case "uid":
                return JsonFields.TryText(ref reader, text => value.Uid = text);
            case "labels":
                return JsonFields.Each(ref reader, value.Labels, AddLabel);
            case "annotations":
                return JsonFields.Each(ref reader, value.Annotations, JsonFields.AddText);
            case "ownerReferences":
                return ReadOwners(ref reader, value);
            default:
                reader.Skip();
                return true;
        }
    }

    private static bool AddLabel(ref Utf8JsonReader reader, string name, List<KeyValuePair<string, string>> labels) =>
        JsonFields.TryText(ref reader, text => labels.Add(KeyValuePair.Create(name, text)));

    private static bool ReadOwners(ref Utf8JsonReader reader, ObjectBuilder value)
    {
        if (reader.TokenType == JsonTokenType.Null)
            return true;
        if (reader.TokenType != JsonTokenType.StartArray)
            return false;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            var owner = new StrongBox<OwnerReference>(new OwnerReference("", "", "", "", false));
            if (!JsonFields.Each(ref reader, owner, ReadOwnerField))
                return false;
            value.Owners.Add(owner.Value!);
        }
        return true;
    }

    private static bool ReadOwnerField(ref Utf8JsonReader reader, string name, StrongBox<OwnerReference> owner)
    {
        switch (name)
        {
            case "apiVersion":
                return JsonFields.TryText(ref reader, text => owner.Value = owner.Value! with { ApiVersion = text });
            case "kind":
                return JsonFields.TryText(ref reader, text => owner.Value = owner.Value! with { Kind = text });
            case "name":
                return JsonFields.TryText(ref reader, text => owner.Value = owner.Value! with { Name = text });
            case "uid":
                return JsonFields.TryText(ref reader, text => owner.Value = owner.Value! with { Uid = text });
            case "controller":
                owner.Value = owner.Value! with { IsController = reader.TokenType == JsonTokenType.True };
                reader.Skip();
                return true;
            default:
                reader.Skip();
                return true;
        }
    }
}
