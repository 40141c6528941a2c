using Kist.Core.Identity.Stored;

namespace Kist.Core.Identity;

/// <summary>
/// What the parameters of templates stand for: the entity's own values, those of its aliases by mount accessor, and those of the groups it is in.
/// </summary>
internal sealed class TemplateValues(ResolvedEntity entity)
{
    private const string Prefix = "identity.";

    /// <summary>True for a parameter that some entity may have a value for.</summary>
    public static bool IsKnown(string parameter)
    {
        if (!parameter.StartsWith(Prefix, StringComparison.Ordinal))
            return false;
        var rest = parameter[Prefix.Length..];
        if (Take(ref rest, "entity."))
            return rest is "id" or "name" || HasKey(rest, "metadata.") || (Take(ref rest, "aliases.") && IsOfAlias(rest));
        return (Take(ref rest, "groups.ids.") && GroupPart(rest) is { What: not "id" })
            || (Take(ref rest, "groups.names.") && GroupPart(rest) is { What: not "name" });
    }

    /// <summary>The value of a parameter; null when it has none for this entity, an empty one included.</summary>
    public string? Find(string parameter)
    {
        if (!parameter.StartsWith(Prefix, StringComparison.Ordinal))
            return null;
        var rest = parameter[Prefix.Length..];
        string? value = null;
        if (Take(ref rest, "entity."))
            value = OfEntity(rest);
        else if (Take(ref rest, "groups.ids."))
            value = OfGroup(rest, (group, name) => string.Equals(group.Id, name, StringComparison.Ordinal));
        else if (Take(ref rest, "groups.names."))
            value = OfGroup(rest, (group, name) => string.Equals(group.Name, name, StringComparison.OrdinalIgnoreCase));
        return string.IsNullOrEmpty(value) ? null : value;
    }

    private string? OfEntity(string rest)
    {
        if (rest == "id")
            return entity.Record.Id;
        if (rest == "name")
            return entity.Record.Name;
        if (Take(ref rest, "metadata."))
            return entity.Record.Metadata.GetValueOrDefault(rest);
        if (!Take(ref rest, "aliases.") || rest.IndexOf('.', StringComparison.Ordinal) is not (> 0 and var dot))
            return null;
        var accessor = rest[..dot];
        var alias = entity.Record.Aliases.FirstOrDefault(a => string.Equals(a.Accessor, accessor, StringComparison.Ordinal));
        return alias is null ? null : OfAlias(alias, rest[(dot + 1)..]);
    }

    private static string? OfAlias(AliasRecord alias, string rest)
    {
        if (rest == "id")
            return alias.Id;
        if (rest == "name")
            return alias.Name;
        if (Take(ref rest, "metadata."))
            return alias.Metadata.GetValueOrDefault(rest);
        return Take(ref rest, "custom_metadata.") ? alias.CustomMetadata.GetValueOrDefault(rest) : null;
    }

    private static bool IsOfAlias(string rest)
    {
        if (rest.IndexOf('.', StringComparison.Ordinal) is not (> 0 and var dot))
            return false;
        var what = rest[(dot + 1)..];
        return what is "id" or "name" || HasKey(what, "metadata.") || HasKey(what, "custom_metadata.");
    }

    private string? OfGroup(string rest, Func<GroupRecord, string, bool> isIt)
    {
        if (GroupPart(rest) is not { } part)
            return null;
        var group = entity.Direct.Concat(entity.Inherited).FirstOrDefault(g => isIt(g, part.Name));
        return group is null ? null : part.What switch
        {
            "id" => group.Id,
            "name" => group.Name,
            _ => group.Metadata.GetValueOrDefault(part.Key),
        };
    }

    // Names of groups may have dots: what is asked of the group stands at the end, or before a key.
    private static (string Name, string What, string Key)? GroupPart(string rest)
    {
        const string metadata = ".metadata.";
        var at = rest.IndexOf(metadata, StringComparison.Ordinal);
        if (at > 0 && at + metadata.Length < rest.Length)
            return (rest[..at], "metadata", rest[(at + metadata.Length)..]);
        foreach (var what in (string[])["id", "name"])
        {
            if (rest.Length > what.Length + 1 && rest.EndsWith("." + what, StringComparison.Ordinal))
                return (rest[..^(what.Length + 1)], what, "");
        }
        return null;
    }

    private static bool HasKey(string rest, string prefix) => rest.Length > prefix.Length && rest.StartsWith(prefix, StringComparison.Ordinal);

    private static bool Take(ref string rest, string prefix)
    {
        if (!rest.StartsWith(prefix, StringComparison.Ordinal))
            return false;
        rest = rest[prefix.Length..];
        return true;
    }
}
