using Kist.Core.Identity.Stored;
using Kist.Core.Policies;
using Kist.Core.Tokens;

namespace Kist.Core.Identity;

/// <summary>
/// An enabled entity with all groups that it is in, and what follows for its tokens. The same object as long as none of these records changes, so
/// that
/// what is computed of it can be kept with it.
/// </summary>
public sealed class ResolvedEntity
{
    // Tokens of one entity have few different sets of policies.
    private const int MostAcls = 8;

    private (CompiledSet Set, Acl Acl)[] acls = [];

    internal ResolvedEntity(
        EntityRecord record,
        IReadOnlyList<GroupRecord> direct,
        IReadOnlyList<GroupRecord> inherited,
        IReadOnlyList<(string Id, long Revision)> looked)
    {
        Record = record;
        Direct = direct;
        Inherited = inherited;
        Looked = looked;
        Policies = [.. TokenPolicyRules.Sanitize(
                [.. record.Policies, .. direct.SelectMany(g => g.Policies), .. inherited.SelectMany(g => g.Policies)], addDefault: false)
            .Where(p => p != PolicyName.Root)];
    }

    /// <summary>The entity's id.</summary>
    public string Id => Record.Id;

    /// <summary>Policies of the entity and of its groups, sorted, without repeats. Never <c>root</c>.</summary>
    public IReadOnlyList<string> Policies { get; }

    internal EntityRecord Record { get; }

    /// <summary>The groups that it is a member of itself.</summary>
    internal IReadOnlyList<GroupRecord> Direct { get; }

    /// <summary>The groups that these are in, at any distance.</summary>
    internal IReadOnlyList<GroupRecord> Inherited { get; }

    /// <summary>Each group that was looked at and its revision, 0 for one that is gone: when one changes, this object is out of date.</summary>
    internal IReadOnlyList<(string Id, long Revision)> Looked { get; }

    /// <summary>The policies of one of its tokens: the token's own and the entity's.</summary>
    internal IReadOnlyList<string> PoliciesWith(IReadOnlyList<string> token) =>
        Policies.Count == 0 || token.Contains(PolicyName.Root, StringComparer.Ordinal)
            ? token
            : TokenPolicyRules.Sanitize([.. token, .. Policies], addDefault: false);

    /// <summary>The set's rules with the templates filled in, made once a set.</summary>
    internal Acl AclOf(CompiledSet set)
    {
        var known = Volatile.Read(ref acls);
        foreach (var entry in known)
        {
            if (ReferenceEquals(entry.Set, set))
                return entry.Acl;
        }
        var acl = Acl.Compile(set.Policies, new TemplateValues(this).Find);
        // A race loses one, which is made again.
        Volatile.Write(ref acls, known.Length < MostAcls ? [.. known, (set, acl)] : [(set, acl)]);
        return acl;
    }
}
