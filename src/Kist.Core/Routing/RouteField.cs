using System.ComponentModel;
using System.Reflection;
using System.Text.Json.Serialization.Metadata;
using Kist.Core.Routing.Fields;

namespace Kist.Core.Routing;

/// <summary>A field of a route's request or response, for help, OpenAPI and the reference.</summary>
public sealed class RouteField
{
    private readonly FieldType type;

    private RouteField(JsonPropertyInfo property)
    {
        Name = property.Name;
        type = FieldTypes.Describe(property.PropertyType);
        Description = (property.AttributeProvider as MemberInfo)?.GetCustomAttribute<DescriptionAttribute>()?.Description ?? "";
        Required = property.IsRequired;
        TakesNull = property.PropertyType == typeof(RawJson);
    }

    /// <summary>The JSON name.</summary>
    public string Name { get; }

    /// <summary>The type's name for people.</summary>
    public string Type => type.Name;

    /// <summary>The OpenAPI type.</summary>
    public string OpenApiType => type.OpenApi;

    /// <summary>The OpenAPI type of a list's elements.</summary>
    internal string OpenApiItems => type.Items;

    /// <summary>The property's <see cref="DescriptionAttribute"/>.</summary>
    public string Description { get; }

    /// <summary>True when a request without it is refused.</summary>
    public bool Required { get; }

    /// <summary>True when JSON null is a value of its own, otherwise it means absent.</summary>
    internal bool TakesNull { get; }

    internal static IReadOnlyDictionary<string, RouteField> Of(JsonTypeInfo type)
    {
        if (type.Kind != JsonTypeInfoKind.Object)
            return new Dictionary<string, RouteField>(StringComparer.Ordinal);
        return type.Properties.Where(p => !p.IsExtensionData)
            .ToDictionary(p => p.Name, p => new RouteField(p), StringComparer.Ordinal);
    }
}
