using System.ComponentModel;
using System.Globalization;
using Kist.Core;
using Kist.Core.Audit;
using Kist.Core.Barrier;
using Kist.Core.Pipeline;
using Kist.Crypto;
using Kist.Engines.Transit.Data;
using Kist.Engines.Transit.Stored;

namespace Kist.Engines.Transit.Keys;

internal sealed record ExportKeyRequest
{
    [Description("What to export: encryption-key.")]
    [AuditPlain]
    public required string KeyType { get; init; }

    [Description("Name of the key.")]
    [AuditPlain]
    public required string Name { get; init; }

    [Description("A version, or latest; all that decrypt if not given.")]
    [AuditPlain]
    public string? Version { get; init; }

    [Description("raw or empty: base64 of the key's bytes.")]
    [AuditPlain]
    public string? Format { get; init; }
}

internal sealed record ExportedKey
{
    [Description("Name of the key.")]
    [AuditPlain]
    public string Name { get; init; } = "";

    [Description("aes256-gcm96 or aes128-gcm96.")]
    [AuditPlain]
    public string Type { get; init; } = "";

    [Description("The keys by version, base64.")]
    public IReadOnlyDictionary<string, SecretText> Keys { get; init; } = new Dictionary<string, SecretText>(StringComparer.Ordinal);
}

/// <summary><c>GET export/encryption-key/name</c> and one version of it.</summary>
internal static class ExportKey
{
    public static async ValueTask<Outcome<ExportedKey>> HandleAsync(
        ExportKeyRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        if ((KeyName.Check(request.Name) ?? CheckRequest(request)) is { } bad)
            return bad;
        while (true)
        {
            if (await TransitStore.ReadKeyAsync(context.Storage, request.Name, cancellationToken) is not { } stored)
                return Failure.NotFound();
            var versions = Choose(stored.Record, request.Version);
            var keys = versions.Succeeded ? await ReadAsync(context.Storage, stored.Record, versions.Value, cancellationToken) : null;
            if (keys is not null)
                return new ExportedKey { Name = request.Name, Type = stored.Record.Type, Keys = keys };
            // What is refused or missing may have been changed since the record was read: each turn of the loop is another's progress.
            if (await TransitStore.IsCurrentAsync(context.Storage, request.Name, stored.Revision, cancellationToken))
                return versions.Succeeded ? TransitFailures.VersionMissing : versions.Failure;
        }
    }

    private static Failure? CheckRequest(ExportKeyRequest request)
    {
        if (request.KeyType != "encryption-key")
            return Invalid($"invalid export type: \"{request.KeyType}\": the keys of this server have an encryption-key and nothing else");
        return request.Format is null or "" or "raw" ? null : Invalid($"invalid format: \"{request.Format}\": must be raw or empty");
    }

    private static Outcome<(int First, int Last)> Choose(KeyRecord key, string? wanted)
    {
        if (!key.Exportable)
            return Failure.Invalid("transit.not_exportable", "private key material is not exportable");
        if (string.IsNullOrEmpty(wanted))
            return (key.MinDecryption, key.Latest);
        if (wanted == "latest")
            return (key.Latest, key.Latest);
        if (!int.TryParse(wanted.AsSpan(wanted[0] == 'v' ? 1 : 0), NumberStyles.None, CultureInfo.InvariantCulture, out var version))
            return Invalid("invalid key version");
        if (version < key.MinDecryption)
            return Invalid("version for export is below minimum decryption version");
        return version <= key.Latest ? (version, version) : Invalid("version does not exist or cannot be found");
    }

    private static async ValueTask<Dictionary<string, SecretText>?> ReadAsync(
        StorageView storage, KeyRecord key, (int First, int Last) versions, CancellationToken cancellationToken)
    {
        var found = await TransitStore.ReadVersionsAsync(storage, key.Id, versions.First, versions.Last, cancellationToken);
        try
        {
            return found.Count == versions.Last - versions.First + 1
                ? found.ToDictionary(
                    version => version.Key.ToString(CultureInfo.InvariantCulture),
                    version => version.Value.Key.Reveal(static bytes => Decrypt.Encode(bytes.ToArray())),
                    StringComparer.Ordinal)
                : null;
        }
        finally
        {
            foreach (var version in found.Values)
                version.Dispose();
        }
    }

    private static Failure Invalid(string why) => Failure.Invalid("transit.invalid_export", why);
}
