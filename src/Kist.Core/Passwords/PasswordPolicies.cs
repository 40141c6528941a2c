using Kist.Core.Barrier;
using Kist.Core.Namespaces;
using Kist.Core.Storage;
using Kist.Crypto;

namespace Kist.Core.Passwords;

/// <summary>
/// The password policies of each namespace. State is in the store alone; a change counts from the next password on. Members throw
/// <see cref="BarrierSealedException"/> while sealed and <see cref="StoreUnavailableException"/> when the store does not answer.
/// </summary>
public sealed class PasswordPolicies
{
    /// <summary>Longest name, in characters.</summary>
    public const int MaxNameLength = 128;

    private readonly BarrierStore barrier;

    private PasswordPolicies(BarrierStore barrier) => this.barrier = barrier;

    /// <summary>The password policies inside a barrier.</summary>
    public static PasswordPolicies Of(BarrierStore barrier) => new(barrier);

    /// <summary>Those inside the barrier of an engine's own storage, whose <see cref="StorageView.Namespace"/> is the one to ask for.</summary>
    public static PasswordPolicies Of(StorageView storage) => new(storage.Barrier);

    /// <summary>
    /// A new password. Fails when there is no such policy (<c>password_policy.not_found</c>) or it hardly ever gives one
    /// (<c>password_policy.too_strict</c>).
    /// </summary>
    /// <param name="ns">The namespace of the policy.</param>
    /// <param name="policyName">Empty for <see cref="PasswordPolicy.Default"/>.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async ValueTask<Outcome<SecretText>> GenerateAsync(NamespaceId ns, string policyName, CancellationToken cancellationToken)
    {
        if (policyName.Length == 0)
            return PasswordPolicy.Default.Generate();
        var text = await GetAsync(ns, policyName, cancellationToken);
        if (!text.Succeeded)
            return text.Failure;
        var policy = PasswordPolicy.Parse(text.Value);
        return policy.Succeeded ? policy.Value.Generate() : policy.Failure;
    }

    /// <summary>A policy's text, as its author wrote it, or a failure (<c>password_policy.not_found</c>).</summary>
    public async ValueTask<Outcome<string>> GetAsync(NamespaceId ns, string name, CancellationToken cancellationToken)
    {
        // A name that cannot be stored names nothing.
        if (NameFault(name) is null && await View(ns).ReadRecordAsync(name, PasswordPolicyJson.Stored, cancellationToken) is { } stored)
            return stored.Record.Text;
        return Failure.NotFound("password_policy.not_found", "password policy does not exist");
    }

    /// <summary>All names in byte order.</summary>
    public ValueTask<IReadOnlyList<string>> ListAsync(NamespaceId ns, CancellationToken cancellationToken) =>
        View(ns).ListAsync("", 0, cancellationToken);

    /// <summary>
    /// Writes a policy, new or in place of the old one, and answers the commit's revision. A text with faults (<c>password_policy.invalid</c>),
    /// without measure (<c>password_policy.too_large</c>) or whose rules hardly any password keeps (<c>password_policy.too_strict</c>) changes
    /// nothing.
    /// </summary>
    public async ValueTask<Outcome<long>> PutAsync(NamespaceId ns, string name, string text, CancellationToken cancellationToken)
    {
        if (NameFault(name) is { } fault)
            return fault;
        var policy = PasswordPolicy.Parse(text);
        if (!policy.Succeeded)
            return policy.Failure;
        if (policy.Value.Check() is { Succeeded: false } check)
            return check.Failure;
        var view = View(ns);
        var stored = new StoredPasswordPolicy { Text = text };
        return await CommitAsync(view.Begin().Put(view, name, stored, PasswordPolicyJson.Stored), cancellationToken);
    }

    /// <summary>Deletes a policy and answers the commit's revision; an absent one is no error.</summary>
    public async ValueTask<Outcome<long>> DeleteAsync(NamespaceId ns, string name, CancellationToken cancellationToken)
    {
        if (NameFault(name) is { } fault)
            return fault;
        var view = View(ns);
        return await CommitAsync(view.Begin().Delete(view, name), cancellationToken);
    }

    private static async ValueTask<Outcome<long>> CommitAsync(Transaction change, CancellationToken cancellationToken)
    {
        var outcome = await change.CommitAsync(cancellationToken);
        return outcome.Succeeded
            ? outcome.Revision
            : Failure.Unavailable("store.unknown_outcome", "the store did not confirm the change; read the password policy before you try again");
    }

    private static Failure? NameFault(string name) =>
        name.Length is 0 or > MaxNameLength || name is "." or ".." || !name.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.')
            ? Failure.Invalid(
                "password_policy.invalid_name", $"the name of a password policy has 1 to {MaxNameLength} letters, digits and the characters -_.")
            : null;

    private StorageView View(NamespaceId ns) => barrier.System(ns).Folder("password-policy/");
}
