using System.Text.Json;
using Kist.Core.Barrier;
using Kist.Core.Identity;
using Kist.Core.Namespaces;
using Kist.Core.Policies.Parsing;
using Kist.Core.Storage;

namespace Kist.Core.Policies;

/// <summary>A policy as its author wrote it.</summary>
/// <param name="Name">In lower case.</param>
/// <param name="Text">HCL or JSON; empty for <c>root</c>, which has none.</param>
public sealed record PolicyText(string Name, string Text);

/// <summary>What a change of policies did.</summary>
/// <param name="Revision">The commit's revision.</param>
/// <param name="Warnings">What is legal and probably not meant.</param>
public sealed record PolicyChange(long Revision, IReadOnlyList<string> Warnings);

/// <summary>
/// The policies of each namespace. State is in the store alone; a change counts from the next request on. Members throw <see
/// cref="BarrierSealedException"/>
/// while sealed and <see cref="StoreUnavailableException"/> when the store does not answer.
/// </summary>
public sealed class PolicyStore
{
    private const int MaxTextLength = 512 * 1024;

    private readonly BarrierStore barrier;
    private readonly AclCache cache = new();

    /// <summary>The policies inside a barrier.</summary>
    public PolicyStore(BarrierStore barrier)
    {
        this.barrier = barrier;
        barrier.Sealed += (_, _) => cache.Clear();
    }

    /// <summary>Adds the policy <c>default</c> to the transaction that makes a namespace.</summary>
    public void AddDefault(NamespaceId ns, Transaction creation) =>
        creation.Put(View(ns), PolicyName.Default, new StoredPolicy { Text = DefaultPolicy.Text }, PolicyJson.Stored);

    /// <summary>Reads a policy's text.</summary>
    public async ValueTask<Outcome<PolicyText>> GetAsync(NamespaceId ns, string name, CancellationToken cancellationToken)
    {
        var parsed = PolicyName.Parse(name);
        // A name that cannot be stored names nothing.
        if (!parsed.Succeeded)
            return Failure.NotFound("policy.not_found");
        if (parsed.Value == PolicyName.Root)
            return new PolicyText(PolicyName.Root, "");
        return await View(ns).ReadRecordAsync(parsed.Value, PolicyJson.Stored, cancellationToken) is { } stored
            ? new PolicyText(parsed.Value, stored.Record.Text)
            : Failure.NotFound("policy.not_found");
    }

    /// <summary>All names in alphabetical order, <c>root</c> among them.</summary>
    public async ValueTask<IReadOnlyList<string>> ListAsync(NamespaceId ns, CancellationToken cancellationToken)
    {
        var names = await View(ns).ScanAsync("", 0, cancellationToken);
        return [.. names.Append(PolicyName.Root).Order(StringComparer.Ordinal)];
    }

    /// <summary>
    /// Writes a policy, new or in place of the old one. A text with faults (<c>policy.invalid</c>) or without measure (<c>policy.too_large</c>) changes
    /// nothing; <c>root</c> cannot be written (<c>policy.root_is_fixed</c>).
    /// </summary>
    public async ValueTask<Outcome<PolicyChange>> PutAsync(NamespaceId ns, string name, string text, CancellationToken cancellationToken)
    {
        var parsed = PolicyName.Parse(name);
        if (!parsed.Succeeded)
            return parsed.Failure;
        if (parsed.Value == PolicyName.Root)
            return Failure.Invalid("policy.root_is_fixed", "the policy \"root\" allows everything and cannot be changed");
        if (text.Length > MaxTextLength)
            return TooLarge($"a policy has at most {MaxTextLength} characters; split it into several");
        var policy = PolicyParser.Parse(parsed.Value, text);
        if (!policy.Succeeded)
            return policy.Failure;
        var stored = JsonSerializer.SerializeToUtf8Bytes(new StoredPolicy { Text = text }, PolicyJson.Stored);
        if (stored.Length > EntryWriter.MaxValueBytes)
            return TooLarge($"the policy takes {stored.Length} bytes as stored, more than {EntryWriter.MaxValueBytes}; split it into several");
        var view = View(ns);
        return await CommitAsync(view.Begin().Put(view, parsed.Value, stored), policy.Value.Warnings, cancellationToken);
    }

    /// <summary>Deletes a policy; an absent one is no error. <c>root</c> and <c>default</c> stay (<c>policy.not_deletable</c>).</summary>
    public async ValueTask<Outcome<PolicyChange>> DeleteAsync(NamespaceId ns, string name, CancellationToken cancellationToken)
    {
        var parsed = PolicyName.Parse(name);
        if (!parsed.Succeeded)
            return parsed.Failure;
        if (parsed.Value is PolicyName.Root or PolicyName.Default)
            return Failure.Invalid("policy.not_deletable", $"the policy \"{parsed.Value}\" cannot be deleted");
        var view = View(ns);
        return await CommitAsync(view.Begin().Delete(view, parsed.Value), [], cancellationToken);
    }

    /// <summary>
    /// The compiled policies with these names: the same object as long as none of them changes. Names that have no policy grant nothing. Answers
    /// without waiting
    /// when the policies are in memory.
    /// </summary>
    /// <param name="ns">The namespace of the token.</param>
    /// <param name="names">In the form of <see cref="PolicyName.Normalize"/>.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="InvalidDataException">
    /// A stored policy cannot be read on this node (a time zone that it lacks). No rule of it may be left out, for it may deny, so nothing is
    /// answered.
    /// </exception>
    public ValueTask<Acl> AclForAsync(NamespaceId ns, IReadOnlyList<string> names, CancellationToken cancellationToken) =>
        AclForAsync(ns, names, null, cancellationToken);

    /// <summary>The same for the tokens of an entity: templated rules have its values.</summary>
    public async ValueTask<Acl> AclForAsync(NamespaceId ns, IReadOnlyList<string> names, ResolvedEntity? entity, CancellationToken cancellationToken)
    {
        if (names.Contains(PolicyName.Root, StringComparer.Ordinal))
            return Acl.Root;
        var set = new PolicySet(ns, names);
        if (cache.Find(set) is not { } compiled || !await IsCurrentAsync(compiled, names, cancellationToken))
        {
            compiled = await CompileAsync(View(ns), names, cancellationToken);
            cache.Add(set, compiled);
        }
        return entity is null || !compiled.IsTemplated ? compiled.Acl : entity.AclOf(compiled);
    }

    private static async ValueTask<bool> IsCurrentAsync(CompiledSet compiled, IReadOnlyList<string> names, CancellationToken cancellationToken)
    {
        for (var i = 0; i < names.Count; i++)
        {
            if (compiled.Revisions[i] < 0)
                continue;
            var stored = await compiled.View.ReadRecordAsync(names[i], PolicyJson.Stored, cancellationToken);
            if ((stored?.Revision ?? 0) != compiled.Revisions[i])
                return false;
        }
        return true;
    }

    private static async ValueTask<CompiledSet> CompileAsync(StorageView view, IReadOnlyList<string> names, CancellationToken cancellationToken)
    {
        var policies = new List<Policy>();
        var revisions = new long[names.Count];
        for (var i = 0; i < names.Count; i++)
        {
            if (!PolicyName.Parse(names[i]).Succeeded)
            {
                revisions[i] = -1;
                continue;
            }
            if (await view.ReadRecordAsync(names[i], PolicyJson.Stored, cancellationToken) is not { } stored)
                continue;
            var policy = PolicyParser.Parse(names[i], stored.Record.Text);
            if (!policy.Succeeded)
                throw new InvalidDataException($"a stored policy cannot be read: {policy.Failure.Message}");
            policies.Add(policy.Value);
            revisions[i] = stored.Revision;
        }
        return new CompiledSet(Acl.Compile(policies), policies, view, revisions);
    }

    private static async ValueTask<Outcome<PolicyChange>> CommitAsync(
        Transaction change, IReadOnlyList<string> warnings, CancellationToken cancellationToken)
    {
        var outcome = await change.CommitAsync(cancellationToken);
        return outcome.Succeeded
            ? new PolicyChange(outcome.Revision, warnings)
            : Failure.Unavailable("store.unknown_outcome", "the store did not confirm the change; read the policy before you try again");
    }

    private static Failure TooLarge(string message) => new(FailureKind.TooLarge, "policy.too_large", message);

    private StorageView View(NamespaceId ns) => barrier.System(ns).Folder("policy/");
}
