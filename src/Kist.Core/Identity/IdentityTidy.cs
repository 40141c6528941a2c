using Kist.Core.Barrier;
using Kist.Core.Identity.Changes;
using Kist.Core.Identity.Stored;
using Kist.Core.Storage;

namespace Kist.Core.Identity;

/// <summary>
/// What the leader does behind the requests: ends deletions of groups that a crash has left, and takes away the aliases of auth methods that are
/// unmounted.
/// Such aliases are never found again, since a mount's id is not used twice; they are only in the way.
/// </summary>
internal sealed class IdentityTidy(IdentitySpace space, TimeProvider clock)
{
    private const int AliasesOfStep = 100;

    /// <summary>One look. Every commit requires the fence, where there is one.</summary>
    public async ValueTask RunAsync(Precondition? fence, CancellationToken cancellationToken)
    {
        foreach (var records in space.All)
        {
            foreach (var group in await records.Deleting.ScanAsync("", 0, cancellationToken))
                _ = await new GroupRemoval(records).FinishAsync(group, fence, null, cancellationToken);
            await RemoveOfGoneMountsAsync(records, records.AliasKeys, RemoveAliasAsync, fence, cancellationToken);
            await RemoveOfGoneMountsAsync(records, records.GroupAliasKeys, RemoveGroupAliasAsync, fence, cancellationToken);
        }
    }

    private static async ValueTask RemoveOfGoneMountsAsync(
        IdentityRecords records,
        StorageView keys,
        Func<IdentityRecords, Transaction, string, CancellationToken, ValueTask<Outcome<Nothing>>> remove,
        Precondition? fence,
        CancellationToken cancellationToken)
    {
        foreach (var folder in await keys.ListAsync("", 0, cancellationToken))
        {
            var mount = folder.TrimEnd('/');
            if (await records.Mounts.ReadAsync(mount, cancellationToken) is not null)
                continue;
            var after = "";
            while (await keys.Folder(folder).ScanAsync(after, AliasesOfStep, cancellationToken) is { Count: > 0 } hashes)
            {
                foreach (var hash in hashes)
                {
                    _ = await records.ChangeAsync(
                        null,
                        (change, ct) =>
                        {
                            if (fence is { } held)
                                change.Require(held);
                            change.Require(records.Mounts, mount, 0);
                            return remove(records, change, folder + hash, ct);
                        },
                        cancellationToken);
                }
                after = hashes[^1];
            }
        }
    }

    private async ValueTask<Outcome<Nothing>> RemoveAliasAsync(
        IdentityRecords records, Transaction change, string key, CancellationToken cancellationToken)
    {
        if (await IdentityRecords.ReadPointerAsync(records.AliasKeys, key, cancellationToken) is not { } pointer)
            return Outcome.Done;
        change.Require(records.AliasKeys, key, pointer.Revision).Delete(records.AliasKeys, key);
        if (await records.ReadEntityAsync(pointer.Record.Id, cancellationToken) is not { Record: var entity } stored
            || entity.Aliases.FirstOrDefault(a => records.KeyOf(a.Mount, a.Name) == key) is not { } alias)
        {
            change.Require(records.Entities, pointer.Record.Id, 0);
            return Outcome.Done;
        }
        var vouched = entity.Groups.Where(m => m.Alias.StartsWith(alias.Mount + "/", StringComparison.Ordinal))
            .Take(IdentityRecords.GroupsOfCommit).ToList();
        foreach (var membership in vouched)
            change.Delete(records.MembersOf(membership.Group), entity.Id);
        var next = entity with
        {
            Aliases = [.. entity.Aliases.Where(a => a != alias)],
            Groups = [.. entity.Groups.Except(vouched)],
            UpdatedAt = clock.GetUtcNow(),
        };
        change.Delete(records.Aliases, alias.Id).Put(records, next, stored.Revision);
        return Outcome.Done;
    }

    private async ValueTask<Outcome<Nothing>> RemoveGroupAliasAsync(
        IdentityRecords records, Transaction change, string key, CancellationToken cancellationToken)
    {
        if (await IdentityRecords.ReadPointerAsync(records.GroupAliasKeys, key, cancellationToken) is { } pointer
            && await records.ReadGroupAsync(pointer.Record.Id, cancellationToken) is { Record: { Alias: { } alias } group } stored
            && alias.Key == key)
            GroupAliasChanges.Remove(records, change, group, stored.Revision, clock.GetUtcNow());
        else
            change.Delete(records.GroupAliasKeys, key);
        return Outcome.Done;
    }
}
