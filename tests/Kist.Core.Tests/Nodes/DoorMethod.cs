using Kist.Core.Mounts;
using Kist.Core.Routing;

namespace Kist.Core.Tests.Nodes;

/// <summary>An auth method that nobody gets in by.</summary>
public sealed class DoorMethod : MountType
{
    private static readonly RouteTable None = new([]);

    public override string Name => "door";

    public override MountKind Kind => MountKind.Auth;

    public override string Description => "Stays shut.";

    public override RouteTable Routes(IReadOnlyDictionary<string, string> options) => None;
}
