using System.Text.Json;
using Kist.Core;
using Kist.Core.Routing.Fields;

namespace Kist.Auth.AppRole.SecretIds;

/// <summary>The metadata of a secret id in the forms in which clients send it: an object, an object as JSON in a string, or <c>k=v</c> pairs with commas.</summary>
internal static class SecretIdMetadata
{
    /// <summary>Most characters of keys and values together: tokens carry it.</summary>
    public const int MaxChars = 8192;

    /// <summary>Most keys.</summary>
    public const int MaxKeys = 64;

    private static readonly Failure Unreadable = AppRoleFailures.Invalid("metadata", "expected an object with string values, or k=v pairs");

    private static readonly Failure TooLarge = AppRoleFailures.Invalid("metadata", $"has at most {MaxKeys} keys and {MaxChars} characters");

    /// <summary>Reads the field.</summary>
    public static Outcome<IReadOnlyDictionary<string, string>> Read(RawJson field)
    {
        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        if (!TryRead(field, map))
            return Unreadable;
        return map.Count > MaxKeys || map.Sum(pair => (long)pair.Key.Length + pair.Value.Length) > MaxChars
            ? TooLarge
            : new Outcome<IReadOnlyDictionary<string, string>>(map);
    }

    private static bool TryRead(RawJson field, Dictionary<string, string> map)
    {
        if (field.IsEmpty)
            return true;
        try
        {
            using var document = JsonDocument.Parse(field.Utf8);
            var root = document.RootElement;
            return root.ValueKind switch
            {
                JsonValueKind.Null => true,
                JsonValueKind.Object => TryReadObject(root, map),
                JsonValueKind.String => TryReadText(root.GetString()!.Trim(), map),
                _ => false,
            };
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // No JSON, too deep, or an escape that names no character.
            return false;
        }
    }

    private static bool TryReadObject(JsonElement root, Dictionary<string, string> map)
    {
        foreach (var member in root.EnumerateObject())
        {
            if (member.Name.Length == 0 || member.Value.ValueKind is JsonValueKind.Object or JsonValueKind.Array or JsonValueKind.Null)
                return false;
            map[member.Name] = member.Value.ValueKind == JsonValueKind.String ? member.Value.GetString()! : member.Value.GetRawText();
        }
        return true;
    }

    private static bool TryReadText(string text, Dictionary<string, string> map)
    {
        if (text.StartsWith('{'))
        {
            using var document = JsonDocument.Parse(text);
            return TryReadObject(document.RootElement, map);
        }
        foreach (var pair in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            if (equals < 1)
                return false;
            map[pair[..equals]] = pair[(equals + 1)..];
        }
        return true;
    }
}
