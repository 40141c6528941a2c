using Kist.Core;
using Kist.Core.Barrier;
using Kist.Core.Pipeline;
using Kist.Core.Storage;

namespace Kist.Auth.Cert.Stored;

/// <summary>Where things lie in the mount's storage: roles at <c>certs/name</c>, revocation lists at <c>crls/name</c>, settings at <c>config</c>.</summary>
internal static class CertStore
{
    /// <summary>The folder of the roles.</summary>
    public const string Roles = "certs/";

    /// <summary>The folder of the revocation lists.</summary>
    public const string Crls = "crls/";

    /// <summary>The settings' path.</summary>
    public const string Config = "config";

    private const int KnownSchema = 1;
    private const int Attempts = 16;

    /// <summary>A role; null when there is none of that name.</summary>
    public static async ValueTask<StoredRecord<RoleRecord>?> ReadRoleAsync(StorageView storage, string name, CancellationToken cancellationToken)
    {
        var stored = await storage.ReadRecordAsync(Roles + name, CertStoredJson.Default.RoleRecord, cancellationToken);
        if (stored is { } found)
            RequireKnown(found.Record.Schema);
        return stored;
    }

    /// <summary>A revocation list; null when there is none of that name.</summary>
    public static async ValueTask<StoredRecord<CrlRecord>?> ReadCrlAsync(StorageView storage, string name, CancellationToken cancellationToken)
    {
        var stored = await storage.ReadRecordAsync(Crls + name, CertStoredJson.Default.CrlRecord, cancellationToken);
        if (stored is { } found)
            RequireKnown(found.Record.Schema);
        return stored;
    }

    /// <summary>The settings; revision 0 and the defaults when none were written.</summary>
    public static async ValueTask<StoredRecord<ConfigRecord>> ReadConfigAsync(StorageView storage, CancellationToken cancellationToken)
    {
        var stored = await storage.ReadRecordAsync(Config, CertStoredJson.Default.ConfigRecord, cancellationToken)
            ?? new StoredRecord<ConfigRecord>(new ConfigRecord(), 0);
        RequireKnown(stored.Record.Schema);
        return stored;
    }

    /// <summary>Reads and commits until no other change came between.</summary>
    /// <param name="context">Gets the commit's revision as its index.</param>
    /// <param name="propose">Reads and makes the change with its preconditions, or refuses; called once an attempt.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static async ValueTask<Outcome<Nothing>> ChangeAsync(
        RequestContext context, Func<CancellationToken, ValueTask<Outcome<Transaction>>> propose, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var change = await propose(cancellationToken);
            if (!change.Succeeded)
                return change.Failure;
            var outcome = await change.Value.CommitAsync(cancellationToken);
            if (outcome.Kind == CommitKind.Unknown)
                return CertFailures.UnknownOutcome;
            if (!outcome.Succeeded)
                continue;
            context.Index = outcome.Revision;
            return Outcome.Done;
        }
        return CertFailures.Contention;
    }

    /// <summary>Deletes; what is not there is no error.</summary>
    public static ValueTask<Outcome<Nothing>> DeleteAsync(RequestContext context, string path, CancellationToken cancellationToken) =>
        ChangeAsync(context, _ => new(new Outcome<Transaction>(context.Storage.Begin().Delete(context.Storage, path))), cancellationToken);

    private static void RequireKnown(int schema)
    {
        if (schema != KnownSchema)
            throw new InvalidDataException($"a stored record of the cert method has schema {schema}, and this program knows only {KnownSchema}");
    }
}
