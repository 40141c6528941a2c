using System.Diagnostics.CodeAnalysis;
using Kist.Core.Pipeline;

namespace Kist.Core.Routing;

/// <summary>
/// Immutable lookup of routes by path and operation. The most specific template wins, segment by segment: literal, then <c>{name}</c> (one segment),
/// then <c>{name**}</c> (the non-empty rest), of which one with a literal after it (<c>{path**}/tune</c>) wins. The order of declaration means nothing.
/// </summary>
public sealed class RouteTable
{
    private readonly Node root = new();

    internal RouteTable(IReadOnlyList<Route> routes)
    {
        Routes = routes;
        foreach (var route in routes)
            Insert(route);
    }

    /// <summary>All routes, as declared.</summary>
    public IReadOnlyList<Route> Routes { get; }

    /// <summary>Finds the route for a path relative to the mount.</summary>
    /// <param name="path">Without a leading slash; may end in one for lists.</param>
    /// <param name="operation">The operation; <see cref="Operation.Create"/> finds write routes.</param>
    /// <param name="route">The route.</param>
    /// <param name="values">The template's parameters.</param>
    /// <param name="pathExists">True when the path matches a template with another operation.</param>
    public bool TryMatch(string path, Operation operation, [NotNullWhen(true)] out Route? route, out RouteValues values, out bool pathExists)
    {
        pathExists = false;
        values = default;
        route = null;
        var wanted = operation == Operation.Create ? Operation.Update : operation;
        var folder = operation is Operation.List or Operation.Scan && path.EndsWith('/');
        return Match(root, folder ? path[..^1] : path, 0, wanted, ref values, ref route, ref pathExists);
    }

    private static bool Match(Node node, string path, int start, Operation operation, ref RouteValues values, ref Route? route, ref bool pathExists)
    {
        if (start >= path.Length)
        {
            if (Take(node, operation, ref route, ref pathExists))
                return true;
            // A folder operation on the root of a rest parameter: LIST metadata/ has an empty path.
            if (operation is not (Operation.List or Operation.Scan) || node.Rest is null || !Take(node.Rest, operation, ref route, ref pathExists))
                return false;
            values.Add(node.Rest.Parameter, "");
            return true;
        }
        var slash = path.IndexOf('/', start);
        var end = slash < 0 ? path.Length : slash;
        var segment = path.AsSpan(start, end - start);
        var next = slash < 0 ? path.Length : slash + 1;
        if (node.LiteralLookup.TryGetValue(segment, out var literal) && Match(literal, path, next, operation, ref values, ref route, ref pathExists))
            return true;
        if (node.Single is { } single && end > start)
        {
            var before = values;
            values.Add(single.Parameter, segment.ToString());
            if (Match(single, path, next, operation, ref values, ref route, ref pathExists))
                return true;
            values = before;
        }
        return MatchRest(node, path[start..], operation, ref values, ref route, ref pathExists);
    }

    private static bool MatchRest(Node node, string remainder, Operation operation, ref RouteValues values, ref Route? route, ref bool pathExists)
    {
        if (node.Rest is not { } rest)
            return false;
        foreach (var (suffix, child) in rest.Suffixes)
        {
            if (remainder.Length <= suffix.Length || !remainder.EndsWith(suffix, StringComparison.Ordinal)
                || !Take(child, operation, ref route, ref pathExists))
                continue;
            values.Add(rest.Parameter, remainder[..^suffix.Length]);
            return true;
        }
        if (!Take(rest, operation, ref route, ref pathExists))
            return false;
        values.Add(rest.Parameter, remainder);
        return true;
    }

    private static bool Take(Node node, Operation operation, ref Route? route, ref bool pathExists)
    {
        if (node.Routes.Count == 0)
            return false;
        pathExists = true;
        return node.Routes.TryGetValue(operation, out route);
    }

    private void Insert(Route route)
    {
        var node = root;
        var parameters = 0;
        var segments = route.Template.Length == 0 ? [] : route.Template.Split('/');
        for (var i = 0; i < segments.Length; i++)
        {
            var segment = segments[i];
            if (!segment.StartsWith('{'))
            {
                node = node.Literals.TryGetValue(segment, out var child) ? child : node.Literals[segment] = new Node();
                continue;
            }
            parameters++;
            var rest = segment.EndsWith("**}", StringComparison.Ordinal);
            var name = segment[1..(rest ? ^3 : ^1)];
            var existing = rest ? node.Rest : node.Single;
            if (existing is not null && !string.Equals(existing.Parameter, name, StringComparison.Ordinal))
                throw new InvalidOperationException($"route {route.Template}: parameter {name} is named {existing.Parameter} by another route");
            existing ??= new Node { Parameter = name };
            _ = rest ? node.Rest = existing : node.Single = existing;
            node = existing;
            if (!rest || i == segments.Length - 1)
                continue;
            node = SuffixNode(route, existing, segments[(i + 1)..]);
            break;
        }
        if (parameters > RouteValues.Most)
            throw new InvalidOperationException($"route {route.Template} has more than {RouteValues.Most} parameters");
        if (!node.Routes.TryAdd(route.Operation, route))
            throw new InvalidOperationException($"route {route.Template} is declared twice for {route.Operation}");
    }

    private static Node SuffixNode(Route route, Node rest, string[] segments)
    {
        if (Array.Exists(segments, s => s.StartsWith('{')))
            throw new InvalidOperationException($"route {route.Template}: only literal segments may follow a rest parameter");
        var suffix = "/" + string.Join('/', segments);
        return rest.Suffixes.TryGetValue(suffix, out var child) ? child : rest.Suffixes[suffix] = new Node();
    }

    private sealed class Node
    {
        public Node() => LiteralLookup = Literals.GetAlternateLookup<ReadOnlySpan<char>>();

        public string Parameter { get; init; } = "";

        public Dictionary<string, Node> Literals { get; } = new(StringComparer.Ordinal);

        public Dictionary<string, Node>.AlternateLookup<ReadOnlySpan<char>> LiteralLookup { get; }

        public Node? Single { get; set; }

        public Node? Rest { get; set; }

        public Dictionary<string, Node> Suffixes { get; } = new(StringComparer.Ordinal);

        public Dictionary<Operation, Route> Routes { get; } = [];
    }
}
