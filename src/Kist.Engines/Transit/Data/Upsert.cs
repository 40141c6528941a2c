using Kist.Core;
using Kist.Core.Barrier;
using Kist.Core.Pipeline;
using Kist.Engines.Transit.Ciphers;
using Kist.Engines.Transit.Keys;
using Kist.Engines.Transit.Stored;

namespace Kist.Engines.Transit.Data;

/// <summary>Encrypts under the key that there is, or makes one where the request may.</summary>
internal sealed class Upsert(EncryptRequest request, RequestContext context, TimeProvider clock, bool withContext) : IDisposable
{
    private NewVersion? fresh;
    private bool existed;
    private bool ignoresContext;

    private StorageView Storage => context.Storage;

    private bool MayCreate => context.Request.Operation == Operation.Create;

    /// <summary>One look at the store.</summary>
    public async ValueTask<Proposal<Outcome<Ciphertext>[]>> ProposeAsync(Plaintexts plaintexts, CancellationToken cancellationToken)
    {
        if (await TransitStore.ReadKeyAsync(Storage, request.Name, cancellationToken) is not { } stored)
            return MayCreate ? await CreateAsync(plaintexts, cancellationToken) : TransitFailures.KeyNotFound;
        existed = true;
        ignoresContext = withContext && !stored.Record.Derived;
        var use = new KeyUse(Storage, request.Name, stored);
        var (results, refused) = await plaintexts.EncryptAsync(use, cancellationToken);
        return use.Propose(results, refused);
    }

    /// <summary>Tells the caller what did not happen as asked.</summary>
    public void Warn()
    {
        if (MayCreate && existed)
            context.Warn("Attempted creation of the key during the encrypt operation, but it was created beforehand");
        if (ignoresContext)
            context.Warn("the context was ignored: the key is not derived");
    }

    /// <inheritdoc/>
    public void Dispose() => fresh?.Dispose();

    private async ValueTask<Proposal<Outcome<Ciphertext>[]>> CreateAsync(Plaintexts plaintexts, CancellationToken cancellationToken)
    {
        var config = await TransitStore.ReadConfigAsync(Storage, cancellationToken);
        if (config.Record.DisableUpsert)
            return new(Storage.Begin().Require(Storage, TransitStore.Config, config.Revision), TransitFailures.KeyNotFound);
        var type = KeyType.Find(request.Type);
        if (!type.Succeeded)
            return type.Failure;
        if (request.ConvergentEncryption && !withContext)
            return CreateKey.ConvergentNeedsDerived;
        fresh ??= new NewVersion(type.Value, clock.GetUtcNow());
        var record = CreateKey.NewRecord(type.Value, fresh.Record.Created) with { Derived = withContext, Convergent = request.ConvergentEncryption };
        var use = new KeyUse(Storage, request.Name, new StoredRecord<KeyRecord>(record, 0), fresh.Record);
        var (results, _) = await plaintexts.EncryptAsync(use, cancellationToken);
        if (Array.TrueForAll(results, result => !result.Succeeded))
            return new(null, results);
        var change = TransitStore.Replace(Storage, request.Name, null, record).Require(Storage, TransitStore.Config, config.Revision);
        return new(fresh.PutInto(change, Storage, record.Id, record.Latest), results);
    }
}
