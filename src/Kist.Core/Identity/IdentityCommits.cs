using Kist.Core.Barrier;
using Kist.Core.Identity.Stored;
using Kist.Core.Pipeline;
using Kist.Core.Storage;

namespace Kist.Core.Identity;

/// <summary>Commits changes that depend on what was read; whoever loses a race reads and decides again.</summary>
internal static class IdentityCommits
{
    /// <summary>Most looks at the store for one change.</summary>
    public const int Attempts = 64;

    /// <summary>Others won the race each time.</summary>
    public static Failure Contention { get; } = Failure.Unavailable("store.contention", "the identity is changing too fast; try again");

    /// <summary>The commit may have happened.</summary>
    public static Failure UnknownOutcome { get; } = Failure.Unavailable(
        "store.unknown_outcome", "the store did not confirm the change, which may have been made: look at what is there before you try again");

    /// <summary>
    /// Decides and commits until a decision holds. A refusal counts only when the store confirms what it was decided by: a client that has just
    /// changed
    /// something through another node is not told of how it was before.
    /// </summary>
    /// <param name="records">The namespace's.</param>
    /// <param name="context">Gets the commit's revision as its index; null when nobody is answered.</param>
    /// <param name="decide">Reads, adds preconditions and changes to the transaction, and says what to answer; called once an attempt.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static async ValueTask<Outcome<T>> ChangeAsync<T>(
        this IdentityRecords records,
        RequestContext? context,
        Func<Transaction, CancellationToken, ValueTask<Outcome<T>>> decide,
        CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var transaction = records.Begin();
            var decided = await decide(transaction, cancellationToken);
            if (!decided.Succeeded)
                transaction.Changes.Clear();
            if (transaction.Required.Count == 0 && transaction.Changes.Count == 0)
                return decided;
            var outcome = await transaction.CommitAsync(cancellationToken);
            if (outcome.Kind == CommitKind.Unknown)
                return UnknownOutcome;
            if (!outcome.Succeeded)
                continue;
            if (context is not null && decided.Succeeded)
                context.Index = outcome.Revision;
            return decided;
        }
        return Contention;
    }
}
