using Kist.Core.Barrier;

namespace Kist.Core.Identity.Mfa;

/// <summary>Gives the apps of an entity to the one that it is merged into.</summary>
internal static class MfaSecretMove
{
    // Each takes two preconditions.
    private const int SecretsOfCommit = 20;

    /// <summary>
    /// Moves a commit's worth of secrets; where the other entity has an app for the method, that one stays and this one goes. What tells which logins are
    /// completed stays where those logins look for it.
    /// </summary>
    /// <returns>False when there was none left.</returns>
    public static async ValueTask<bool> MoveAsync(
        MfaRecords mfa, Transaction change, string from, string to, OpenedBytes opened, CancellationToken cancellationToken)
    {
        var (source, target) = (mfa.SecretsOf(from), mfa.SecretsOf(to));
        var any = false;
        foreach (var method in await source.ScanAsync("", SecretsOfCommit, cancellationToken))
        {
            if (method == MfaRecords.CompletedName || await source.ReadAsync(method, cancellationToken) is not { } secret)
                continue;
            any = true;
            opened.Add(secret.Value);
            change.Require(source, method, secret.Revision).Delete(source, method);
            if (await target.ReadAsync(method, cancellationToken) is { } other)
            {
                opened.Add(other.Value);
                continue;
            }
            change.Require(target, method, 0).Put(target, method, secret.Value);
        }
        return any;
    }
}
