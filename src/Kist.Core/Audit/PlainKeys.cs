using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Kist.Crypto;

namespace Kist.Core.Audit;

/// <summary>
/// Which values of a record the audit shows in clear: the properties marked with <see cref="AuditPlainAttribute"/>
/// (<see cref="Of(JsonTypeInfo)"/>), or with <c>log_raw</c> all but the secrets (<see cref="AllButSecrets(JsonTypeInfo)"/>), as a tree that follows the
/// record, so that a user's own key of the same name elsewhere is not taken for it. Made once for each route; immutable.
/// </summary>
public sealed class PlainKeys
{
    private readonly (string Name, byte[] Utf8, PlainKeys Below)[] named;
    private readonly PlainKeys? any;

    private PlainKeys((string Name, byte[] Utf8, PlainKeys Below)[] named, PlainKeys? any)
    {
        this.named = named;
        this.any = any;
    }

    /// <summary>Nothing is in clear.</summary>
    public static PlainKeys None { get; } = new([], null);

    /// <summary>Everything is in clear.</summary>
    public static PlainKeys All { get; } = new([], null);

    /// <summary>The marks of a record, its nested records and the elements of its lists and maps. A record that contains itself is hidden there.</summary>
    public static PlainKeys Of(JsonTypeInfo type) => Of(type, []);

    /// <summary>
    /// Everything but what has the type <see cref="SecretText"/>: token ids, key shares and the like, which no setting shows. A record that contains
    /// itself is hidden there, and so is what is no record at all.
    /// </summary>
    public static PlainKeys AllButSecrets(JsonTypeInfo type) => type.Type == typeof(Nothing) ? None : Open(type, []);

    /// <summary>The marks below the property <paramref name="name"/>.</summary>
    public PlainKeys Below(string name)
    {
        if (this == All)
            return All;
        foreach (var entry in named)
        {
            if (string.Equals(entry.Name, name, StringComparison.Ordinal))
                return entry.Below;
        }
        return any ?? None;
    }

    /// <summary>The marks below the property name that <paramref name="reader"/> stands on.</summary>
    internal PlainKeys Below(ref Utf8JsonReader reader)
    {
        if (this == All)
            return All;
        foreach (var entry in named)
        {
            if (reader.ValueTextEquals(entry.Utf8))
                return entry.Below;
        }
        return any ?? None;
    }

    private static PlainKeys Of(JsonTypeInfo type, HashSet<Type> outer)
    {
        if (!outer.Add(type.Type))
            return None;
        var marks = type.Kind switch
        {
            JsonTypeInfoKind.Object => OfProperties(type, outer),
            // The elements of a list stand under the list's own name.
            JsonTypeInfoKind.Enumerable => OfNested(type.ElementType, type, outer),
            JsonTypeInfoKind.Dictionary => OfNested(type.ElementType, type, outer) is var below && below != None ? new PlainKeys([], below) : None,
            _ => None,
        };
        _ = outer.Remove(type.Type);
        return marks;
    }

    private static PlainKeys OfProperties(JsonTypeInfo type, HashSet<Type> outer)
    {
        List<(string, byte[], PlainKeys)> marked = [];
        foreach (var property in type.Properties)
        {
            var plain = property.AttributeProvider?.IsDefined(typeof(AuditPlainAttribute), inherit: true) ?? false;
            var below = plain ? OpenNested(property.PropertyType, type, []) : OfNested(property.PropertyType, type, outer);
            if (below != None)
                marked.Add((property.Name, Encoding.UTF8.GetBytes(property.Name), below));
        }
        return marked.Count == 0 ? None : new PlainKeys([.. marked], null);
    }

    private static PlainKeys OfNested(Type? nested, JsonTypeInfo type, HashSet<Type> outer) =>
        nested is not null && type.Options.TryGetTypeInfo(nested, out var info) ? Of(info, outer) : None;

    private static PlainKeys Open(JsonTypeInfo type, HashSet<Type> outer)
    {
        if (!outer.Add(type.Type))
            return None;
        var open = type.Kind switch
        {
            JsonTypeInfoKind.Object => OpenProperties(type, outer),
            JsonTypeInfoKind.Enumerable => OpenNested(type.ElementType, type, outer),
            JsonTypeInfoKind.Dictionary => OpenNested(type.ElementType, type, outer) is var below && below != All ? new PlainKeys([], below) : All,
            _ => All,
        };
        _ = outer.Remove(type.Type);
        return open;
    }

    // Keys that are no property of the record are the caller's own.
    private static PlainKeys OpenProperties(JsonTypeInfo type, HashSet<Type> outer)
    {
        List<(string, byte[], PlainKeys)> hiding = [];
        foreach (var property in type.Properties)
        {
            var below = OpenNested(property.PropertyType, type, outer);
            if (below != All)
                hiding.Add((property.Name, Encoding.UTF8.GetBytes(property.Name), below));
        }
        return hiding.Count == 0 ? All : new PlainKeys([.. hiding], All);
    }

    private static PlainKeys OpenNested(Type? nested, JsonTypeInfo type, HashSet<Type> outer) =>
        nested is not null && nested != typeof(SecretText) && type.Options.TryGetTypeInfo(nested, out var info) ? Open(info, outer) : None;
}
