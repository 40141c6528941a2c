using System.Security.Cryptography;
using Kist.Core.Barrier;
using Kist.Core.Storage;

namespace Kist.Core.Pipeline;

/// <summary>What one look at the store led to: a change to commit and the answer once it is, or an answer without a change.</summary>
/// <param name="Change">
/// The change with its preconditions, which may be all: what was read may be a little old, so an answer that comes of it, such as that there is
/// nothing to do, holds only if the store confirms it. Null when the answer depends on nothing that was read.
/// </param>
/// <param name="Answer">The answer.</param>
public readonly record struct Proposal<T>(Transaction? Change, Outcome<T> Answer)
{
    /// <summary>Refuses.</summary>
    public static implicit operator Proposal<T>(Failure failure) => new(null, failure);
}

/// <summary>
/// Commits changes that depend on what was read. Whoever loses a race reads and decides again; inside a node the losers of one secret, key or user then take
/// turns, so that one that many clients write at once costs a few wasted commits and starves nobody.
/// </summary>
public sealed class Racing(TimeProvider clock)
{
    /// <summary>Most looks at the store for one request. More than a few are needed only when several nodes write one secret.</summary>
    public const int Attempts = 64;

    private const int LongestPauseMilliseconds = 20;

    /// <summary>The store did not say how a commit ended.</summary>
    private static readonly Failure UnknownOutcome = Failure.Unavailable(
        "store.unknown_outcome", "the store did not confirm the change, which may have been made: look at what is there before you try again");

    private readonly SemaphoreSlim[] turns = [.. Enumerable.Range(0, 256).Select(_ => new SemaphoreSlim(1))];

    /// <summary>Others won the race each time.</summary>
    public static Failure Contention { get; } = Failure.Unavailable("store.contention", "what the request is about is changing too fast; try again");

    /// <summary>Proposes and commits until a proposal holds.</summary>
    /// <param name="context">Gets the commit's revision as its index.</param>
    /// <param name="path">What is changed: a secret's path, the name of a key or user.</param>
    /// <param name="propose">Reads and decides; called once an attempt.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async ValueTask<Outcome<T>> CommitAsync<T>(
        RequestContext context, string path, Func<CancellationToken, ValueTask<Proposal<T>>> propose, CancellationToken cancellationToken)
    {
        if (await TryAsync(context, propose, cancellationToken) is { } first)
            return first;
        var turn = turns[(uint)HashCode.Combine(context.Mount.Id, path) % turns.Length];
        await turn.WaitAsync(cancellationToken);
        try
        {
            for (var attempt = 1; attempt < Attempts; attempt++)
            {
                if (await TryAsync(context, propose, cancellationToken) is { } next)
                    return next;
                await PauseAsync(attempt, cancellationToken);
            }
            return Contention;
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>Commits a change that depends on nothing that was read.</summary>
    public static async ValueTask<Outcome<Nothing>> CommitOnceAsync(RequestContext context, Transaction change, CancellationToken cancellationToken)
    {
        var outcome = await TryAsync<Nothing>(context, _ => new(new Proposal<Nothing>(change, Outcome.Done)), cancellationToken);
        return outcome ?? Contention;
    }

    /// <summary>Two nodes in step would let the same one lose each time.</summary>
    private Task PauseAsync(int attempt, CancellationToken cancellationToken)
    {
        var longest = Math.Min(attempt, LongestPauseMilliseconds);
        return Task.Delay(TimeSpan.FromMilliseconds(RandomNumberGenerator.GetInt32(longest + 1)), clock, cancellationToken);
    }

    /// <summary>Null after a lost race.</summary>
    private static async ValueTask<Outcome<T>?> TryAsync<T>(
        RequestContext context, Func<CancellationToken, ValueTask<Proposal<T>>> propose, CancellationToken cancellationToken)
    {
        var proposal = await propose(cancellationToken);
        if (proposal.Change is null)
            return proposal.Answer;
        var outcome = await proposal.Change.CommitAsync(cancellationToken);
        switch (outcome.Kind)
        {
            case CommitKind.Committed:
                context.Index = outcome.Revision;
                return proposal.Answer;
            case CommitKind.Conflict:
                return null;
            default:
                return UnknownOutcome;
        }
    }
}
