using Kist.Core.Mounts;
using Kist.Core.Pipeline;
using Kist.Core.Routing;
using Kist.Core.Tokens;

namespace Kist.Core.Sys;

/// <summary><c>sys/mounts</c> and <c>sys/auth</c>: the same routes for secrets engines and auth methods.</summary>
internal sealed class MountRoutes(Node node, MountKind kind)
{
    private string Root => kind == MountKind.Auth ? "auth" : "mounts";

    private string What => kind == MountKind.Auth ? "auth method" : "secrets engine";

    private string Article => kind == MountKind.Auth ? "an" : "a";

    public void Add(RouteMap map)
    {
        map.Read<Nothing, SortedDictionary<string, MountResponse>>(Root, ListAsync, $"List the {What}s.").Answers(ResponseShape.AlsoAtTop);
        map.Read<MountPathRequest, MountResponse>(Root + "/{path**}", ReadAsync, $"Read one {What}'s mount.");
        var enable = map.Write<EnableMountRequest, Nothing>(Root + "/{path**}", EnableAsync, $"Mount a new {What}.");
        var disable = map.Delete<MountPathRequest, Nothing>(Root + "/{path**}", DisableAsync, $"Unmount {Article} {What} and delete all its data.");
        var readTuning = map.Read<MountPathRequest, TuneMountResponse>(Root + "/{path**}/tune", ReadTuningAsync, $"Read the settings of {Article} {What}.")
            .Answers(ResponseShape.AlsoAtTop);
        var tune = map.Write<TuneMountRequest, Nothing>(Root + "/{path**}/tune", TuneAsync, $"Change the settings of {Article} {What}.");
        if (kind != MountKind.Auth)
            return;
        // Vault documents these as root-protected.
        foreach (var route in new[] { enable, disable, readTuning, tune })
            route.RequireSudo();
    }

    private string FullPath(string path) => (kind == MountKind.Auth ? "auth/" : "") + path.Trim('/') + "/";

    private async ValueTask<Outcome<SortedDictionary<string, MountResponse>>> ListAsync(Nothing request, RequestContext context, CancellationToken ct)
    {
        var table = await node.Mounts.CurrentAsync(ct);
        var mounts = new SortedDictionary<string, MountResponse>(StringComparer.Ordinal);
        foreach (var mount in table.All.Where(m => m.Kind == kind))
            mounts[kind == MountKind.Auth ? mount.Path["auth/".Length..] : mount.Path] = MountResponse.Of(mount);
        return mounts;
    }

    private async ValueTask<Outcome<MountResponse>> ReadAsync(MountPathRequest request, RequestContext context, CancellationToken ct) =>
        await FindAsync(request.Path, ct) is { } mount ? MountResponse.Of(mount) : NoMount(request.Path);

    private async ValueTask<Outcome<Nothing>> EnableAsync(EnableMountRequest request, RequestContext context, CancellationToken ct)
    {
        var config = (request.Config ?? new MountConfigFields()).Over(new MountConfig());
        if (!config.Succeeded)
            return config.Failure;
        var mounted = await node.Mounts.MountAsync(
            kind,
            request.Path,
            new MountRequest
            {
                Type = request.Type,
                Description = request.Description,
                Options = request.Options ?? new Dictionary<string, string>(StringComparer.Ordinal),
                Config = config.Value,
            },
            ct);
        return Done(mounted, context);
    }

    private async ValueTask<Outcome<Nothing>> DisableAsync(MountPathRequest request, RequestContext context, CancellationToken ct)
    {
        var unmounted = await node.Mounts.UnmountAsync(kind, FullPath(request.Path), ct);
        // Vault answers an unmount of nothing with success, and clients tidy up relying on it.
        return unmounted.Failure is { Code: MountFailures.NotFoundCode } ? Outcome.Done : Done(unmounted, context);
    }

    private async ValueTask<Outcome<TuneMountResponse>> ReadTuningAsync(MountPathRequest request, RequestContext context, CancellationToken ct)
    {
        // Of either kind, as it is changed: who may not use sys/auth tunes auth methods as sys/mounts/auth/….
        if (!(await node.Mounts.CurrentAsync(ct)).TryGet(FullPath(request.Path), out var mount))
            return NoMount(request.Path);
        var shown = MountResponse.Of(mount);
        var limits = TokenTtl.Narrow(node.Tokens.Limits, mount.Config);
        return new TuneMountResponse
        {
            DefaultLeaseTtl = limits.DefaultTtl,
            MaxLeaseTtl = limits.MaxTtl,
            Description = mount.Description,
            ForceNoCache = mount.Config.ForceNoCache,
            Options = shown.Options,
            AuditNonHmacRequestKeys = shown.Config.AuditNonHmacRequestKeys,
            AuditNonHmacResponseKeys = shown.Config.AuditNonHmacResponseKeys,
            ListingVisibility = shown.Config.ListingVisibility,
            PassthroughRequestHeaders = shown.Config.PassthroughRequestHeaders,
            AllowedResponseHeaders = shown.Config.AllowedResponseHeaders,
            TokenType = shown.Config.TokenType,
            UserLockoutThreshold = shown.Config.UserLockoutThreshold,
            UserLockoutDuration = shown.Config.UserLockoutDuration,
            UserLockoutCounterResetDuration = shown.Config.UserLockoutCounterResetDuration,
            UserLockoutDisable = shown.Config.UserLockoutDisable,
        };
    }

    private async ValueTask<Outcome<Nothing>> TuneAsync(TuneMountRequest request, RequestContext context, CancellationToken ct)
    {
        var tuned = await node.Mounts.TuneAsync(
            FullPath(request.Path),
            mount =>
            {
                var config = request.Over(mount.Config);
                if (!config.Succeeded)
                    return config.Failure;
                var options = new Dictionary<string, string>(mount.Options, StringComparer.Ordinal);
                foreach (var (name, value) in request.Options ?? new Dictionary<string, string>(StringComparer.Ordinal))
                    options[name] = value;
                // Not a setting that can be tuned, but Go clients name it in every request.
                var kept = config.Value with { ForceNoCache = mount.Config.ForceNoCache };
                return new MountTuning(request.Description ?? mount.Description, options, kept);
            },
            ct);
        return Done(tuned, context);
    }

    private static Outcome<Nothing> Done(Outcome<MountChange> changed, RequestContext context)
    {
        if (!changed.Succeeded)
            return changed.Failure;
        context.Index = changed.Value.Revision;
        return Outcome.Done;
    }

    private async ValueTask<Mount?> FindAsync(string path, CancellationToken ct) =>
        (await node.Mounts.CurrentAsync(ct)).TryGet(FullPath(path), out var mount) && mount.Kind == kind ? mount : null;

    private Failure NoMount(string path) => Failure.Invalid(MountFailures.NotFoundCode, $"no {What} is mounted at \"{path}\"");
}
