using Kist.Core;
using Kist.Core.Mounts;
using Kist.Core.Pipeline;
using Kist.Core.Routing.Fields;

namespace Kist.Engines.Kv.V1;

/// <summary>Version 1: one value a path, and the last write wins. The body of a write is the secret itself.</summary>
internal static class SecretEndpoints
{
    /// <summary>The storage folder of the secrets.</summary>
    public const string Folder = "s/";

    private const string PathParameter = "path";

    // Vault's default; clients take it as advice when to read again.
    private static readonly TimeSpan ServerLifetime = TimeSpan.FromHours(768);

    public static async ValueTask<Outcome<RawJson>> ReadAsync(Nothing request, RequestContext context, CancellationToken cancellationToken)
    {
        var path = context.Parameters[PathParameter];
        if (KvPath.Check(path) is { } badPath)
            return badPath;
        if (await context.Storage.ReadAsync(Folder + path, cancellationToken) is not { } stored)
            return Failure.NotFound();
        var secret = StoredSecret.Parse(stored.Value);
        context.Lease = new LeaseInfo("", secret.Lifetime ?? DefaultLifetime(context.Mount.Config), Renewable: false);
        return new RawJson(secret.Data);
    }

    public static async ValueTask<Outcome<Nothing>> WriteAsync(Nothing request, RequestContext context, CancellationToken cancellationToken)
    {
        var path = context.Parameters[PathParameter];
        if (KvPath.Check(path) is { } badPath)
            return badPath;
        var data = context.Request.Body;
        if (IsEmptyObject(data.Span))
            return KvFailures.NoFields;
        if (StoredSecret.HeaderBytes + data.Length > KvFailures.EntryBytes)
            return KvFailures.TooLarge;
        var secret = new StoredSecret(LifetimeField.Find(data.Span), data);
        var change = context.Storage.Begin().Put(context.Storage, Folder + path, secret.ToBytes());
        return await Racing.CommitOnceAsync(context, change, cancellationToken);
    }

    public static async ValueTask<Outcome<Nothing>> DeleteAsync(Nothing request, RequestContext context, CancellationToken cancellationToken)
    {
        var path = context.Parameters[PathParameter];
        if (KvPath.Check(path) is { } badPath)
            return badPath;
        return await Racing.CommitOnceAsync(context, context.Storage.Begin().Delete(context.Storage, Folder + path), cancellationToken);
    }

    public static ValueTask<Outcome<ListResponse>> ListAsync(ListRequest request, RequestContext context, CancellationToken cancellationToken) =>
        Listing.ListAsync(Folder, request, context, cancellationToken);

    public static ValueTask<Outcome<ListResponse>> ScanAsync(ListRequest request, RequestContext context, CancellationToken cancellationToken) =>
        Listing.ScanAsync(Folder, request, context, cancellationToken);

    /// <summary>Tells create from update.</summary>
    public static async ValueTask<bool> ExistsAsync(RequestContext context, CancellationToken cancellationToken)
    {
        var path = context.Parameters[PathParameter];
        return KvPath.Check(path) is null && await context.Storage.ReadAsync(Folder + path, cancellationToken) is not null;
    }

    private static TimeSpan DefaultLifetime(MountConfig config) => config.DefaultLeaseTtl > TimeSpan.Zero ? config.DefaultLeaseTtl : ServerLifetime;

    /// <summary>True for <c>{}</c> and for no body; the pipeline has checked that it is an object.</summary>
    private static bool IsEmptyObject(ReadOnlySpan<byte> body)
    {
        var start = body.IndexOf((byte)'{');
        return start < 0 || body[(start + 1)..].TrimStart(" \t\r\n"u8) is [(byte)'}', ..];
    }
}
