using System.ComponentModel;
using System.Security.Cryptography;
using Kist.Core;
using Kist.Core.Audit;
using Kist.Core.Pipeline;
using Kist.Engines.Transit.Stored;

namespace Kist.Engines.Transit.Keys;

internal sealed record CreateKeyRequest
{
    [Description("Name of the key: letters, digits and underscores, with dashes and dots between them.")]
    [AuditPlain]
    public required string Name { get; init; }

    [Description("aes256-gcm96 (default) or aes128-gcm96.")]
    [AuditPlain]
    public string Type { get; set; } = KeyType.Default;

    [Description("Each use needs a context, from which a key of its own is derived.")]
    [AuditPlain]
    public bool Derived { get; init; }

    [Description("Equal plaintexts in equal contexts give equal ciphertexts; needs derived.")]
    [AuditPlain]
    public bool ConvergentEncryption { get; init; }

    [Description("The key itself can be read under export/. Cannot be unset.")]
    [AuditPlain]
    public bool Exportable { get; init; }

    [Description("A backup in clear is allowed. Cannot be unset.")]
    [AuditPlain]
    public bool AllowPlaintextBackup { get; init; }

    [Description("Age of the latest version at which a new one is made: 0 for never, or at least 1h.")]
    [AuditPlain]
    public TimeSpan AutoRotatePeriod { get; init; }
}

/// <summary><c>POST keys/name</c>.</summary>
internal sealed class CreateKey(TimeProvider clock, Racing racing)
{
    private const int IdBytes = 16;

    /// <summary>A convergent key that is not derived.</summary>
    public static Failure ConvergentNeedsDerived { get; } = Failure.Invalid(
        "transit.convergent_needs_derived", "convergent encryption requires derivation to be enabled, so context is required");

    public async ValueTask<Outcome<KeyResponse>> HandleAsync(CreateKeyRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        if ((KeyName.Check(request.Name) ?? AutoRotation.Check(request.AutoRotatePeriod)) is { } bad)
            return bad;
        if (request.ConvergentEncryption && !request.Derived)
            return ConvergentNeedsDerived;
        var type = KeyType.Find(request.Type);
        if (!type.Succeeded)
            return type.Failure;
        using var fresh = new NewVersion(type.Value, clock.GetUtcNow());
        var record = NewRecord(type.Value, fresh.Record.Created) with
        {
            Derived = request.Derived,
            Convergent = request.ConvergentEncryption,
            Exportable = request.Exportable,
            AllowPlaintextBackup = request.AllowPlaintextBackup,
            AutoRotatePeriod = request.AutoRotatePeriod,
        };
        var made = await racing.CommitAsync(context, request.Name, ProposeAsync, cancellationToken);
        if (!made.Succeeded)
            return made.Failure;
        if (made.Value)
            return KeyResponse.Of(request.Name, record, [new(record.Latest, record.Rotated)]);
        context.Warn($"key {request.Name} already existed");
        return await ReadKey.AnswerAsync(context.Storage, request.Name, cancellationToken);

        async ValueTask<Proposal<bool>> ProposeAsync(CancellationToken ct)
        {
            // One that another node has just deleted must not be taken for one that exists.
            if (await TransitStore.ReadKeyAsync(context.Storage, request.Name, ct) is { } existing)
                return new(TransitStore.Confirm(context.Storage, request.Name, existing.Revision), false);
            var change = TransitStore.Replace(context.Storage, request.Name, null, record);
            return new(fresh.PutInto(change, context.Storage, record.Id, record.Latest), true);
        }
    }

    /// <summary>The record of a new key without settings.</summary>
    public static KeyRecord NewRecord(KeyType type, DateTimeOffset now) => new()
    {
        Id = RandomNumberGenerator.GetHexString(2 * IdBytes, lowercase: true),
        Type = type.Name,
        Rotated = now,
    };
}
