using System.ComponentModel;
using Kist.Core;
using Kist.Core.Audit;
using Kist.Core.Pipeline;
using Kist.Engines.Transit.Stored;

namespace Kist.Engines.Transit.Keys;

internal sealed record ConfigureKeyRequest
{
    [Description("Name of the key.")]
    [AuditPlain]
    public required string Name { get; init; }

    [Description("The first version that decrypts; at least 1 and at most the latest.")]
    [AuditPlain]
    public int? MinDecryptionVersion { get; init; }

    [Description("The first version that encrypts when it is asked for; 0 for any that decrypts.")]
    [AuditPlain]
    public int? MinEncryptionVersion { get; init; }

    [Description("The key may be deleted.")]
    [AuditPlain]
    public bool? DeletionAllowed { get; init; }

    [Description("The key itself can be read under export/. Cannot be unset.")]
    [AuditPlain]
    public bool? Exportable { get; init; }

    [Description("A backup in clear is allowed. Cannot be unset.")]
    [AuditPlain]
    public bool? AllowPlaintextBackup { get; init; }

    [Description("Age of the latest version at which a new one is made: 0 for never, or at least 1h.")]
    [AuditPlain]
    public TimeSpan? AutoRotatePeriod { get; init; }

    /// <summary>The record with the given settings.</summary>
    public KeyRecord ApplyTo(KeyRecord key) => key with
    {
        // Versions count from 1.
        MinDecryption = MinDecryptionVersion is { } decryption ? Math.Max(decryption, 1) : key.MinDecryption,
        MinEncryption = MinEncryptionVersion ?? key.MinEncryption,
        DeletionAllowed = DeletionAllowed ?? key.DeletionAllowed,
        Exportable = key.Exportable || Exportable is true,
        AllowPlaintextBackup = key.AllowPlaintextBackup || AllowPlaintextBackup is true,
        AutoRotatePeriod = AutoRotatePeriod ?? key.AutoRotatePeriod,
    };
}

/// <summary><c>POST keys/name/config</c>: sets what is given and leaves the rest.</summary>
internal sealed class ConfigureKey(Racing racing)
{
    public async ValueTask<Outcome<KeyResponse>> HandleAsync(ConfigureKeyRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        if ((KeyName.Check(request.Name) ?? CheckRequest(request)) is { } bad)
            return bad;
        var changed = ReadKey.Told(await racing.CommitAsync(context, request.Name, ProposeAsync, cancellationToken), context);
        if (!changed.Succeeded)
            return changed.Failure;
        Warn(request, changed.Value, context);
        return changed.Value;

        async ValueTask<Proposal<KeyResponse>> ProposeAsync(CancellationToken ct)
        {
            if (await TransitStore.ReadKeyAsync(context.Storage, request.Name, ct) is not { } stored)
                return TransitFailures.KeyNotFound;
            var next = request.ApplyTo(stored.Record);
            if (next != stored.Record && CheckVersions(next) is { } refused)
                return new(TransitStore.Confirm(context.Storage, request.Name, stored.Revision), refused);
            var answer = await ReadKey.ForecastAsync(context.Storage, request.Name, next, null, ct);
            // Confirmed also when nothing changes: another node may just have set something else.
            return next == stored.Record
                ? new(TransitStore.Confirm(context.Storage, request.Name, stored.Revision), answer)
                : new(TransitStore.Replace(context.Storage, request.Name, stored, next), answer);
        }
    }

    private static Failure? CheckRequest(ConfigureKeyRequest request)
    {
        if (request.MinDecryptionVersion < 0)
            return Invalid("min decryption version cannot be negative");
        if (request.MinEncryptionVersion < 0)
            return Invalid("min encryption version cannot be negative");
        return request.AutoRotatePeriod is { } period ? AutoRotation.Check(period) : null;
    }

    private static Failure? CheckVersions(KeyRecord next)
    {
        if (next.MinDecryption > next.Latest)
            return Invalid($"cannot set min decryption version of {next.MinDecryption}, latest key version is {next.Latest}");
        if (next.MinEncryption > next.Latest)
            return Invalid($"cannot set min encryption version of {next.MinEncryption}, latest key version is {next.Latest}");
        if (next.MinEncryption > 0 && next.MinEncryption < next.MinDecryption)
        {
            return Invalid(
                $"cannot set min encryption/decryption values; min encryption version of {next.MinEncryption} must be greater than or equal to "
                + $"min decryption version of {next.MinDecryption}");
        }
        if (next.MinEncryption < next.MinAvailable)
            return Invalid("min encryption version should not be less than min available version");
        return next.MinDecryption < next.MinAvailable ? Invalid("min decryption version should not be less than min available version") : null;
    }

    private static void Warn(ConfigureKeyRequest request, KeyResponse key, RequestContext context)
    {
        if (request.MinDecryptionVersion is 0)
            context.Warn("key versions count from 1: min_decryption_version was set to 1");
        if (request.Exportable is false && key.Exportable)
            context.Warn("\"exportable\" cannot be unset: the key stays exportable");
        if (request.AllowPlaintextBackup is false && key.AllowPlaintextBackup)
            context.Warn("\"allow_plaintext_backup\" cannot be unset: it stays allowed");
    }

    private static Failure Invalid(string why) => Failure.Invalid("transit.invalid_config", why);
}
