using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using Kist.Core.Routing;

namespace Kist.Core.Mounts;

/// <summary>The kinds of engines and methods that this program has, by name and kind. The composition root lists them.</summary>
public sealed class MountTypes
{
    private readonly FrozenDictionary<(MountKind, string), MountType> types;

    /// <summary>From the composition root's list.</summary>
    /// <exception cref="ArgumentException">A name occurs twice for a kind.</exception>
    public MountTypes(IEnumerable<MountType> types) => this.types = types.ToFrozenDictionary(t => (t.Kind, t.Name));

    /// <summary>All, by name.</summary>
    public IEnumerable<MountType> All => types.Values.OrderBy(t => t.Name, StringComparer.Ordinal);

    /// <summary>Finds a type.</summary>
    public bool TryGet(MountKind kind, string name, [NotNullWhen(true)] out MountType? type) => types.TryGetValue((kind, name), out type);

    /// <summary>The request with the type's own name in place of an alias, and with the options that the alias stands for.</summary>
    internal MountRequest ResolveAlias(MountKind kind, MountRequest request)
    {
        foreach (var type in types.Values)
        {
            if (type.Kind != kind || !type.Aliases.TryGetValue(request.Type, out var implied))
                continue;
            var options = new Dictionary<string, string>(request.Options, StringComparer.Ordinal);
            foreach (var (name, value) in implied)
                options[name] = value;
            return request with { Type = type.Name, Options = options };
        }
        return request;
    }

    /// <summary>Stands in for a type that a newer or older program mounted: it has no routes, so its requests fail and nothing else does.</summary>
    internal static MountType Unknown(MountKind kind, string name) => new UnknownMountType(kind, name);

    private sealed class UnknownMountType(MountKind kind, string name) : MountType
    {
        private static readonly RouteTable Empty = new([]);

        public override string Name => name;

        public override MountKind Kind => kind;

        public override string Description => "This server does not have the engine.";

        public override RouteTable Routes(IReadOnlyDictionary<string, string> options) => Empty;
    }
}
