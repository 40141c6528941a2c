using System.Text.Json;
using Kist.Core.Barrier;
using Kist.Core.Identity.Stored;
using Kist.Core.Logins;
using Kist.Core.Mounts;
using Kist.Core.Namespaces;
using Kist.Core.Storage;

namespace Kist.Core.Identity;

/// <summary>
/// Finds the entity of who logs in, and makes it at the first login. A login that finds all as it was writes nothing.
/// </summary>
internal sealed class IdentityLogins(IdentitySpace space, TimeProvider clock)
{
    // Memberships that one commit takes: a precondition and a change each.
    private const int GroupsOfStep = 60;

    private const int KeysOfRead = 500;

    // Logins of one alias that change it queue here instead of fighting over its entity.
    private readonly SemaphoreSlim[] turns = [.. Enumerable.Range(0, 256).Select(_ => new SemaphoreSlim(1))];

    /// <summary>The id of the entity; <see cref="Failure.Denied"/> when it is disabled.</summary>
    /// <param name="ns">The namespace.</param>
    /// <param name="mount">The auth method's mount.</param>
    /// <param name="alias">What names the caller there.</param>
    /// <param name="groups">What the method says the caller is in; null when it does not say.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async ValueTask<Outcome<string>> EnterAsync(
        NamespaceId ns, Mount mount, LoginAlias alias, IReadOnlyList<string>? groups, CancellationToken cancellationToken)
    {
        if (IdentityNames.CheckAlias(alias.Name) is { } bad)
            return bad;
        var records = space.Of(ns);
        var keys = await KeysAsync(records, mount, groups, cancellationToken);
        var login = new Entering(records, mount, alias, records.KeyOf(mount.Id, alias.Name), keys);
        return await RepeatAsync(login.Key, ct => TryEnterAsync(login, ct), cancellationToken);
    }

    /// <summary>Takes over what a method says at a renewal about the groups of an entity.</summary>
    public async ValueTask<Outcome<Nothing>> RefreshAsync(
        NamespaceId ns, Mount mount, string entityId, IReadOnlyList<string> groups, CancellationToken cancellationToken)
    {
        var records = space.Of(ns);
        var keys = await KeysAsync(records, mount, groups, cancellationToken);
        var refreshed = await RepeatAsync(entityId, TryRefreshAsync, cancellationToken);
        return refreshed.Succeeded ? Outcome.Done : refreshed.Failure;

        async ValueTask<Step> TryRefreshAsync(CancellationToken ct)
        {
            if (await IdentityResolver.FindAsync(records, entityId, ct) is not { Record.Disabled: false } stored)
                return Failure.Denied;
            return await UpdateAsync(records, mount, stored, stored.Record, keys!, ct);
        }
    }

    private async ValueTask<Outcome<string>> RepeatAsync(
        string key, Func<CancellationToken, ValueTask<Step>> step, CancellationToken cancellationToken)
    {
        if (await TryAsync(step, cancellationToken) is { } first)
            return first;
        var turn = turns[(uint)StringComparer.Ordinal.GetHashCode(key) % (uint)turns.Length];
        await turn.WaitAsync(cancellationToken);
        try
        {
            for (var attempt = 1; attempt < IdentityCommits.Attempts; attempt++)
            {
                if (await TryAsync(step, cancellationToken) is { } next)
                    return next;
            }
            return IdentityCommits.Contention;
        }
        finally
        {
            turn.Release();
        }
    }

    // Null when another one is needed: after a lost race, and after a step that was not the last.
    private static async ValueTask<Outcome<string>?> TryAsync(Func<CancellationToken, ValueTask<Step>> step, CancellationToken cancellationToken)
    {
        var (answer, change, isLast) = await step(cancellationToken);
        if (change is null)
            return answer;
        var outcome = await change.CommitAsync(cancellationToken);
        if (outcome.Kind == CommitKind.Unknown)
            return IdentityCommits.UnknownOutcome;
        return outcome.Succeeded && isLast ? answer : default(Outcome<string>?);
    }

    private async ValueTask<Step> TryEnterAsync(Entering login, CancellationToken cancellationToken)
    {
        var (records, mount, alias, key, groups) = login;
        if (await IdentityRecords.ReadPointerAsync(records.AliasKeys, key, cancellationToken) is not { } pointer)
            return await CreateAsync(login, cancellationToken);
        // A pointer that this node has of old may lead to an entity that the alias has left. A commit that must fail makes the node forget both.
        if (await IdentityResolver.FindAsync(records, pointer.Record.Id, cancellationToken) is not { Record: var entity } stored
            || entity.Aliases.FirstOrDefault(a => IsIt(a, mount, alias.Name)) is not { } known)
        {
            var failing = records.Begin().Require(records.AliasKeys, key, pointer.Revision).Require(records.Entities, pointer.Record.Id, 0);
            return new Step("", failing, IsLast: false);
        }
        if (entity.Disabled)
            return Failure.Denied;
        var changed = entity;
        if (!AreSame(known.Metadata, alias.Metadata))
        {
            var now = clock.GetUtcNow();
            var renewed = known with { Metadata = alias.Metadata, UpdatedAt = now };
            changed = entity with { Aliases = [.. entity.Aliases.Select(a => a == known ? renewed : a)], UpdatedAt = now };
        }
        return await UpdateAsync(records, mount, stored, changed, groups, cancellationToken);
    }

    private async ValueTask<Step> CreateAsync(Entering login, CancellationToken cancellationToken)
    {
        var (records, mount, alias, key, groups) = login;
        var now = clock.GetUtcNow();
        var created = new AliasRecord
        {
            Id = IdentityRecords.NewId(),
            Mount = MountRecord.IdOf(mount.Id),
            Accessor = mount.Accessor,
            MountType = mount.TypeName,
            Name = alias.Name,
            Metadata = alias.Metadata,
            CreatedAt = now,
            UpdatedAt = now,
        };
        var id = IdentityRecords.NewId();
        var entity = new EntityRecord { Id = id, Name = "entity-" + id, Aliases = [created], CreatedAt = now, UpdatedAt = now };
        if (IdentityRecords.CheckSize(entity) is { } tooLarge)
            return tooLarge;
        var step = await UpdateAsync(records, mount, new StoredRecord<EntityRecord>(entity, 0), entity, groups, cancellationToken);
        if (!step.Answer.Succeeded)
            return step;
        var change = step.Change ?? records.Begin().Put(records, entity, 0);
        change.PointNew(records.AliasKeys, key, id)
            .PointNew(records.Aliases, created.Id, id)
            .PointName(records.EntityNames, entity.Name, id, 0);
        return step with { Change = Guarded(change, mount) };
    }

    // With the memberships that the method's word asks for, as many as a commit takes.
    private async ValueTask<Step> UpdateAsync(
        IdentityRecords records,
        Mount mount,
        StoredRecord<EntityRecord> stored,
        EntityRecord entity,
        IReadOnlyList<string>? groups,
        CancellationToken cancellationToken)
    {
        var change = records.Begin();
        var more = false;
        if (groups is not null)
        {
            var prefix = MountRecord.IdOf(mount.Id) + "/";
            var wanted = await MembershipsAsync(records, groups, cancellationToken);
            List<Membership> gone = [.. entity.Groups.Where(m => m.Alias.StartsWith(prefix, StringComparison.Ordinal) && !wanted.ContainsKey(m))];
            List<Membership> added = [.. wanted.Keys.Where(m => !entity.Groups.Contains(m))];
            more = gone.Count + added.Count > GroupsOfStep;
            gone = [.. gone.Take(GroupsOfStep)];
            added = [.. added.Take(GroupsOfStep - gone.Count)];
            if (gone.Count + added.Count > 0)
                entity = entity with { Groups = [.. entity.Groups.Except(gone), .. added], UpdatedAt = clock.GetUtcNow() };
            foreach (var membership in gone.Where(m => !added.Exists(a => a.Group == m.Group)))
                change.Delete(records.MembersOf(membership.Group), entity.Id);
            foreach (var membership in added)
                change.Require(records.GroupAliasKeys, membership.Alias, wanted[membership]).Note(records, membership, entity.Id);
        }
        if (ReferenceEquals(entity, stored.Record))
            return new Step(entity.Id, null, IsLast: true);
        if (IdentityRecords.CheckSize(entity) is { } tooLarge)
            return tooLarge;
        return new Step(entity.Id, Guarded(change.Put(records, entity, stored.Revision), mount), IsLast: !more);
    }

    // What the mount has vouched for goes with the mount: nothing of it may appear behind its back.
    private static Transaction Guarded(Transaction change, Mount mount)
    {
        if (mount.Guard is { } guard && !change.Guards.Contains(guard))
            change.Guards.Add(guard);
        return change;
    }

    /// <summary>The memberships that group aliases make of names, each with the revision of the alias's key.</summary>
    private static async ValueTask<Dictionary<Membership, long>> MembershipsAsync(
        IdentityRecords records, IReadOnlyList<string> keys, CancellationToken cancellationToken)
    {
        var memberships = new Dictionary<Membership, long>();
        foreach (var chunk in keys.Chunk(KeysOfRead))
        {
            var read = await records.GroupAliasKeys.ReadManyAsync(chunk, cancellationToken);
            for (var i = 0; i < chunk.Length; i++)
            {
                if (read[i] is { } stored)
                    memberships[new Membership(JsonSerializer.Deserialize(stored.Value.Span, IdentityJson.Pointer)!.Id, chunk[i])] = stored.Revision;
            }
        }
        return memberships;
    }

    // A mount without group aliases, which most are, costs one look however many groups somebody is in.
    private static async ValueTask<IReadOnlyList<string>?> KeysAsync(
        IdentityRecords records, Mount mount, IReadOnlyList<string>? groups, CancellationToken cancellationToken)
    {
        if (groups is null or { Count: 0 })
            return groups;
        var folder = records.GroupAliasKeys.Folder(MountRecord.IdOf(mount.Id) + "/");
        if (await folder.ScanAsync("", 1, cancellationToken) is { Count: 0 })
            return [];
        return [.. groups.Distinct(StringComparer.Ordinal).Where(g => IdentityNames.CheckAlias(g) is null).Select(g => records.KeyOf(mount.Id, g))];
    }

    private static bool IsIt(AliasRecord alias, Mount mount, string name) =>
        string.Equals(alias.Name, name, StringComparison.Ordinal) && string.Equals(alias.Mount, MountRecord.IdOf(mount.Id), StringComparison.Ordinal);

    private static bool AreSame(IReadOnlyDictionary<string, string> one, IReadOnlyDictionary<string, string> other) =>
        one.Count == other.Count
        && one.All(pair => other.TryGetValue(pair.Key, out var value) && string.Equals(value, pair.Value, StringComparison.Ordinal));

    /// <summary>A login under way.</summary>
    /// <param name="Records">The namespace's.</param>
    /// <param name="Mount">The method's mount.</param>
    /// <param name="Alias">What names the caller.</param>
    /// <param name="Key">Where the index has it.</param>
    /// <param name="Groups">Keys of group aliases that there may be; null to leave memberships alone.</param>
    private sealed record Entering(IdentityRecords Records, Mount Mount, LoginAlias Alias, string Key, IReadOnlyList<string>? Groups);

    /// <summary>What one look at the store led to.</summary>
    /// <param name="Answer">The entity's id, once the change is made.</param>
    /// <param name="Change">Null when nothing is to be changed.</param>
    /// <param name="IsLast">False when the change leads to another step.</param>
    private readonly record struct Step(Outcome<string> Answer, Transaction? Change, bool IsLast)
    {
        public static implicit operator Step(Failure failure) => new(failure, null, IsLast: true);
    }
}
