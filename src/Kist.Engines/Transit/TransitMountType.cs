using Kist.Core.Barrier;
using Kist.Core.Mounts;
using Kist.Core.Routing;
using Kist.Core.Storage;
using Kist.Engines.Transit.Keys;

namespace Kist.Engines.Transit;

/// <summary>The transit engine: encrypts and decrypts for clients under named keys that never leave the server, unless a key was made exportable.</summary>
public sealed class TransitMountType : MountType
{
    private readonly Lazy<RouteTable> routes;
    private readonly AutoRotation rotation;

    /// <summary>The engine with its clock.</summary>
    public TransitMountType(TimeProvider clock)
    {
        routes = new Lazy<RouteTable>(() => TransitRoutes.Build(clock));
        rotation = new AutoRotation(clock);
    }

    /// <inheritdoc/>
    public override string Name => "transit";

    /// <inheritdoc/>
    public override MountKind Kind => MountKind.Secrets;

    /// <inheritdoc/>
    public override string Description => "Encrypts and decrypts for clients under named keys with versions; keeps the keys and not the data.";

    /// <inheritdoc/>
    public override RouteTable Routes(IReadOnlyDictionary<string, string> options) => routes.Value;

    /// <summary>Rotates the keys whose <c>auto_rotate_period</c> is over.</summary>
    public override ValueTask TendAsync(StorageView storage, Precondition fence, CancellationToken cancellationToken) =>
        rotation.RotateDueAsync(storage, fence, cancellationToken);
}
