using System.Collections.Frozen;
using System.Text.Json.Serialization;
using Kist.Core.Barrier;
using Kist.Core.Leases;
using Kist.Core.Logins;
using Kist.Core.Namespaces;
using Kist.Core.Pipeline;
using Kist.Core.Routing;
using Kist.Core.Storage;
using Kist.Core.Tokens;
using Kist.Crypto;

namespace Kist.Core.Mounts;

/// <summary>Where a mount belongs.</summary>
public enum MountKind
{
    /// <summary>A secrets engine (<c>sys/mounts</c>).</summary>
    Secrets,

    /// <summary>An auth method (<c>sys/auth</c>), under <c>auth/</c>.</summary>
    Auth,
}

/// <summary>Whether a mount answers requests.</summary>
public enum MountState
{
    /// <summary>It does.</summary>
    Ready,

    /// <summary>Its data is being converted to what its options say; until that is done it answers nothing.</summary>
    Upgrading,

    /// <summary>An unmount is deleting its data; it answers nothing any more.</summary>
    Removing,
}

/// <summary>A secrets engine or auth method at its path, as of one snapshot of the mount table.</summary>
public sealed class Mount
{
    private RouteTable? routes;

    /// <summary>The namespace it belongs to.</summary>
    public NamespaceId Namespace { get; init; } = NamespaceId.Root;

    /// <summary>Identifies the mount's keys for ever; a remount keeps it. 0 is the system's own.</summary>
    public required ulong Id { get; init; }

    /// <summary>Full path with trailing slash: <c>secret/</c>, <c>auth/token/</c>.</summary>
    public required string Path { get; init; }

    /// <summary>Secrets engine or auth method.</summary>
    public required MountKind Kind { get; init; }

    /// <summary>The engine or method.</summary>
    public required MountType Type { get; init; }

    /// <summary>The name it was mounted under: <c>kv</c>.</summary>
    public required string TypeName { get; init; }

    /// <summary><c>kv_3f1c…</c>: stays the same for the life of the mount.</summary>
    public required string Accessor { get; init; }

    /// <summary>The type's routes under this mount's options.</summary>
    public RouteTable Routes => routes ??= Type.Routes(Options);

    /// <summary>For people.</summary>
    public string Description { get; init; } = "";

    /// <summary>Random UUID, shown by <c>sys/mounts</c>.</summary>
    public string Uuid { get; init; } = "";

    /// <summary>Options given at mount time (<c>version=2</c>).</summary>
    public IReadOnlyDictionary<string, string> Options { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>What <c>tune</c> sets.</summary>
    public MountConfig Config { get; init; } = new();

    /// <summary>Whether it answers requests.</summary>
    public MountState State { get; init; }

    /// <summary>Cannot be unmounted or moved: <c>sys/</c>, <c>cubbyhole/</c>, <c>auth/token/</c>.</summary>
    public bool BuiltIn { get; init; }

    /// <summary>
    /// What its data's commits require, so that no request outlives the state that it was let in under; null for built-in mounts, which stay.
    /// </summary>
    internal ViewGuard? Guard { get; init; }
}

/// <summary>Settings of a mount that <c>tune</c> changes.</summary>
public sealed record MountConfig
{
    /// <summary>Default lease and token TTL; zero means the server's.</summary>
    public TimeSpan DefaultLeaseTtl { get; init; }

    /// <summary>Longest lease and token TTL; zero means the server's.</summary>
    public TimeSpan MaxLeaseTtl { get; init; }

    /// <summary>Request fields whose values the audit shows in clear.</summary>
    public IReadOnlyList<string> AuditNonHmacRequestKeys { get; init; } = [];

    /// <summary>Response fields whose values the audit shows in clear.</summary>
    public IReadOnlyList<string> AuditNonHmacResponseKeys { get; init; } = [];

    /// <summary><c>unauth</c> shows the mount in <c>sys/internal/ui/mounts</c> to everybody; otherwise <c>hidden</c> or empty.</summary>
    public string ListingVisibility { get; init; } = "";

    /// <summary>Request headers that reach the engine.</summary>
    public IReadOnlyList<string> PassthroughRequestHeaders { get; init; } = [];

    /// <summary>Response headers that the engine may set.</summary>
    public IReadOnlyList<string> AllowedResponseHeaders { get; init; } = [];

    /// <summary>For auth methods: <c>default-service</c>, <c>default-batch</c>, <c>service</c> or <c>batch</c>.</summary>
    public string TokenType { get; init; } = "";

    /// <summary>Set by clients at mount time; Kist has no use for it but answers it.</summary>
    public bool ForceNoCache { get; init; }

    /// <summary>For auth methods that lock users out; null for <see cref="Logins.UserLockout.Default"/>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public UserLockout? UserLockout { get; init; }
}

/// <summary>
/// A kind of secrets engine or auth method. It has no state: everything a request needs comes with its <see cref="RequestContext"/>, so one
/// object serves all mounts and every node.
/// </summary>
public abstract class MountType
{
    /// <summary>The name users mount it by.</summary>
    public abstract string Name { get; }

    /// <summary>Secrets engine or auth method.</summary>
    public abstract MountKind Kind { get; }

    /// <summary>One line for <c>path-help</c> and the docs.</summary>
    public abstract string Description { get; }

    /// <summary>Mounted once at its own path by the server, never by users: <c>sys/</c>, <c>cubbyhole/</c>, <c>auth/token/</c>.</summary>
    public virtual bool IsBuiltIn => false;

    /// <summary>Other names it can be mounted by, each with the options that it stands for: <c>kv-v2</c> is <c>kv</c> with <c>version=2</c>.</summary>
    public virtual IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> Aliases => FrozenDictionary<string, IReadOnlyDictionary<string, string>>.Empty;

    /// <summary>
    /// The routes, which may depend on the mount's options (<c>version</c> of kv). Must answer the same table for the same options. Built when first asked
    /// for: a server has many types and mounts few.
    /// </summary>
    public abstract RouteTable Routes(IReadOnlyDictionary<string, string> options);

    /// <summary>Checks options at mount and tune time; null when they are good.</summary>
    public virtual Failure? CheckOptions(IReadOnlyDictionary<string, string> options) => null;

    /// <summary>
    /// Says whether the data must be converted when a mount's options change; then requests are refused until <see cref="ConvertAsync"/> has done it.
    /// The default refuses every change that chooses other routes: the data that was stored by the old ones would be out of reach.
    /// </summary>
    /// <param name="from">The mount's options.</param>
    /// <param name="to">What they shall be; <see cref="CheckOptions"/> finds them good.</param>
    public virtual Outcome<bool> NeedsConversion(IReadOnlyDictionary<string, string> from, IReadOnlyDictionary<string, string> to) =>
        ReferenceEquals(Routes(from), Routes(to))
            ? new Outcome<bool>(false)
            : Failure.Invalid(
                "mount.fixed_options", $"the data of a mounted \"{Name}\" cannot be converted to these options: mount a new one and move it over");

    /// <summary>
    /// Converts a mount's data to what its options say, in steps of one transaction each, until nothing is left to convert. May be cut short anywhere
    /// and is called again then, and by several nodes at once; no request reaches the mount meanwhile.
    /// </summary>
    /// <param name="data">The mount's data.</param>
    /// <param name="options">The options to convert to.</param>
    /// <param name="cancellationToken">Ends the work after a step.</param>
    /// <returns>What cannot be converted because it is damaged, and stays as it was: a line each. It must not keep the rest out of reach.</returns>
    public virtual Task<IReadOnlyList<string>> ConvertAsync(StorageView data, IReadOnlyDictionary<string, string> options, CancellationToken cancellationToken) =>
        throw new NotSupportedException($"\"{Name}\" has said that its data needs no conversion");

    /// <summary>
    /// For auth methods: says what a token that a login here issued may be now that it is to be renewed; by default what it was at the login.
    /// </summary>
    /// <param name="storage">The mount's storage.</param>
    /// <param name="token">The token.</param>
    /// <param name="role">What the login said: <see cref="Login.Role"/>.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Null to leave all as it was; a failure when the role is gone, or would not let its holder in any more.</returns>
    public virtual ValueTask<Outcome<LoginTerms?>> RenewAsync(StorageView storage, TokenEntry token, string role, CancellationToken cancellationToken) =>
        new(new Outcome<LoginTerms?>((LoginTerms?)null));

    /// <summary>The same, for methods that also look at who asks for the renewal: with what certificate, for example.</summary>
    /// <param name="storage">The mount's storage.</param>
    /// <param name="token">The token.</param>
    /// <param name="role">What the login said: <see cref="Login.Role"/>.</param>
    /// <param name="request">The request that asks for the renewal.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public virtual ValueTask<Outcome<LoginTerms?>> RenewAsync(
        StorageView storage, TokenEntry token, string role, Request request, CancellationToken cancellationToken) =>
        RenewAsync(storage, token, role, cancellationToken);

    /// <summary>
    /// Names for watchers what an entry of the mount's storage is to clients: the path below the mount at which they read it. Null for what nobody reads, or
    /// what changes together with another entry.
    /// </summary>
    /// <param name="stored">The entry's path in the mount's storage.</param>
    /// <param name="options">The mount's options.</param>
    public virtual string? NameChange(string stored, IReadOnlyDictionary<string, string> options) => null;

    /// <summary>The newest version of what is at a path that <see cref="NameChange"/> has named; null where there are no versions.</summary>
    /// <param name="storage">The mount's storage.</param>
    /// <param name="path">The path below the mount.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public virtual ValueTask<long?> ReadVersionAsync(StorageView storage, string path, CancellationToken cancellationToken) => new((long?)null);

    /// <summary>
    /// Does what is due at a mount without a request, such as a rotation; nothing by default. The leader calls it for each mount twice a minute, so it must cost
    /// little where nothing is due. What fails is reported and comes again.
    /// </summary>
    /// <param name="storage">The mount's storage.</param>
    /// <param name="fence">A precondition for every commit.</param>
    /// <param name="cancellationToken">Ends it between two commits.</param>
    public virtual ValueTask TendAsync(StorageView storage, Precondition fence, CancellationToken cancellationToken) => default;

    /// <summary>
    /// Ends the secret of a lease, so that it is good for nothing any more; true to its word also when the secret was never made or is gone already. Called again
    /// after a failure, and sometimes after a success.
    /// </summary>
    /// <param name="storage">The mount's storage.</param>
    /// <param name="lease">The lease.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>
    /// A failure of kind <see cref="FailureKind.Unavailable"/> when what the secret lives in does not answer: then all that has the same target rests. Another kind
    /// when it refuses: after some of these the lease counts as irrevocable.
    /// </returns>
    public virtual ValueTask<Outcome<Nothing>> RevokeLeaseAsync(StorageView storage, IssuedLease lease, CancellationToken cancellationToken) =>
        throw new NotSupportedException($"\"{Name}\" issues nothing that has a lease");

    /// <summary>Says what the role of a lease grants now that it is to be renewed; a failure when it must not be, such as for a role that is gone.</summary>
    /// <param name="storage">The mount's storage.</param>
    /// <param name="lease">The lease.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public virtual ValueTask<Outcome<LeaseTerms>> LeaseTermsAsync(StorageView storage, IssuedLease lease, CancellationToken cancellationToken) =>
        new(Failure.Invalid("lease.not_renewable", "lease is not renewable"));

    /// <summary>
    /// Lets the secret of a lease hold until another time, where it knows its end; nothing by default. The lease itself is moved afterwards, so a failure here
    /// fails the renewal.
    /// </summary>
    /// <param name="storage">The mount's storage.</param>
    /// <param name="lease">The lease, as it was before.</param>
    /// <param name="expiresAt">The new end.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public virtual ValueTask<Outcome<Nothing>> ExtendLeaseAsync(
        StorageView storage, IssuedLease lease, DateTimeOffset expiresAt, CancellationToken cancellationToken) => new(Outcome.Done);

    /// <summary>
    /// For engines that hold connections to systems with users: says whether the password of a user may be set through them by <see cref="ApplyPasswordAsync"/>.
    /// Asked when another mount is told to rotate it, whose caller may do so by policy.
    /// </summary>
    /// <param name="storage">The mount's storage.</param>
    /// <param name="connection">The connection's name.</param>
    /// <param name="username">The user.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public virtual ValueTask<Outcome<Nothing>> CheckPasswordUserAsync(
        StorageView storage, string connection, string username, CancellationToken cancellationToken) =>
        new(Failure.Invalid("mount.no_passwords", $"the type \"{Name}\" has no users whose passwords could be set"));

    /// <summary>Sets the password of a user; the same one again changes nothing.</summary>
    /// <param name="storage">The mount's storage.</param>
    /// <param name="connection">The connection's name.</param>
    /// <param name="username">The user.</param>
    /// <param name="password">The new password.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>A failure of kind <see cref="FailureKind.Unavailable"/> when nobody knows whether it was set; another kind when it was not.</returns>
    public virtual ValueTask<Outcome<Nothing>> ApplyPasswordAsync(
        StorageView storage, string connection, string username, SecretText password, CancellationToken cancellationToken) =>
        CheckPasswordUserAsync(storage, connection, username, cancellationToken);

    /// <summary>Tells whether a user can log in with a password; a failure when that cannot be found out now.</summary>
    /// <param name="storage">The mount's storage.</param>
    /// <param name="connection">The connection's name.</param>
    /// <param name="username">The user.</param>
    /// <param name="password">The password.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public virtual ValueTask<Outcome<bool>> VerifyPasswordAsync(
        StorageView storage, string connection, string username, SecretText password, CancellationToken cancellationToken) =>
        new(Failure.Invalid("mount.no_passwords", $"the type \"{Name}\" has no users whose passwords could be looked at"));
}
