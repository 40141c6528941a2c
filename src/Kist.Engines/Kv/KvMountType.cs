using Kist.Core;
using Kist.Core.Barrier;
using Kist.Core.Mounts;
using Kist.Core.Routing;
using Kist.Core.Storage;
using Kist.Engines.Kv.V1;
using Kist.Engines.Kv.V2;
using Kist.Engines.Kv.V2.Rotation;
using Kist.Engines.Kv.V2.Rotation.Targets;
using Kist.Engines.Kv.V2.Stored;

namespace Kist.Engines.Kv;

/// <summary>
/// The key/value engine. The mount option <c>version</c> chooses between <c>1</c> (one value a path; the default) and <c>2</c> (versions,
/// check-and-set, soft deletion).
/// </summary>
public sealed class KvMountType : MountType
{
    private const string VersionOption = "version";
    private const string Data = "data/";

    private readonly Lazy<RouteTable> v1 = new(KvV1Routes.Build);
    private readonly Lazy<RouteTable> v2;
    private readonly Versioning versioning;
    private readonly DueRotations rotations;

    /// <summary>The engine with its clock, whose rotations reach nothing outside.</summary>
    public KvMountType(TimeProvider clock)
        : this(clock, new RotationSettings())
    {
    }

    /// <summary>The engine with its clock, and what its rotations may reach.</summary>
    public KvMountType(TimeProvider clock, RotationSettings settings)
    {
        var rotator = new Rotator(clock, new RotationTargets(settings));
        v2 = new Lazy<RouteTable>(() => KvV2Routes.Build(clock, rotator));
        rotations = new DueRotations(rotator, clock);
        versioning = new Versioning(clock);
    }

    /// <inheritdoc/>
    public override string Name => "kv";

    /// <inheritdoc/>
    public override MountKind Kind => MountKind.Secrets;

    /// <inheritdoc/>
    public override string Description => "Keeps your own secrets: key/value pairs at paths, with versions when mounted with the option version=2.";

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> Aliases { get; } =
        new Dictionary<string, IReadOnlyDictionary<string, string>>(StringComparer.Ordinal)
        {
            ["kv-v1"] = Version("1"),
            ["kv-v2"] = Version("2"),
            // What version 1 was called first.
            ["generic"] = Version("1"),
        };

    /// <inheritdoc/>
    public override RouteTable Routes(IReadOnlyDictionary<string, string> options) =>
        (IsVersioned(options) ? v2 : v1).Value;

    /// <inheritdoc/>
    public override Failure? CheckOptions(IReadOnlyDictionary<string, string> options) =>
        !options.TryGetValue(VersionOption, out var version) || version is "1" or "2"
            ? null
            : Failure.Invalid("kv.invalid_options", "option \"version\": must be 1 or 2");

    /// <inheritdoc/>
    public override Outcome<bool> NeedsConversion(IReadOnlyDictionary<string, string> from, IReadOnlyDictionary<string, string> to)
    {
        if (IsVersioned(from) && !IsVersioned(to))
            return Failure.Invalid(
                "kv.downgrade",
                "cannot downgrade from version 2 to version 1, which keeps no versions: mount a new version 1 engine and copy the secrets");
        return IsVersioned(from) != IsVersioned(to);
    }

    /// <inheritdoc/>
    public override Task<IReadOnlyList<string>> ConvertAsync(
        StorageView data, IReadOnlyDictionary<string, string> options, CancellationToken cancellationToken) => versioning.ConvertAsync(data, cancellationToken);

    /// <inheritdoc/>
    public override string? NameChange(string stored, IReadOnlyDictionary<string, string> options)
    {
        if (IsVersioned(options))
            return SecretStore.PathOf(stored) is { } secret ? Data + secret : null;
        return stored.StartsWith(SecretEndpoints.Folder, StringComparison.Ordinal) ? stored[SecretEndpoints.Folder.Length..] : null;
    }

    /// <inheritdoc/>
    public override async ValueTask<long?> ReadVersionAsync(StorageView storage, string path, CancellationToken cancellationToken) =>
        path.StartsWith(Data, StringComparison.Ordinal)
        && await SecretStore.ReadHeadAsync(storage, path[Data.Length..], cancellationToken) is { Record: { Current: > 0 } head }
            ? head.Current
            : null;

    /// <summary>Rotates the secrets whose time has come.</summary>
    public override ValueTask TendAsync(StorageView storage, Precondition fence, CancellationToken cancellationToken) =>
        rotations.RotateAsync(storage, fence, cancellationToken);

    private static bool IsVersioned(IReadOnlyDictionary<string, string> options) =>
        options.TryGetValue(VersionOption, out var version) && version is "2";

    private static Dictionary<string, string> Version(string version) => new(StringComparer.Ordinal) { [VersionOption] = version };
}
