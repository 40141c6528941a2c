using Kist.Core.Storage;

namespace Kist.Core.Barrier;

/// <summary>What a node knows of generation and keys at one moment; replaced whole.</summary>
internal sealed class BarrierSnapshot
{
    public BarrierSnapshot(StateRecord state, long stateRevision, Keyring keyring)
    {
        State = state;
        StateRevision = stateRevision;
        Keyring = keyring;
        Guards = [new Precondition(KeyLayout.State, stateRevision), new Precondition(KeyLayout.RootKeyring, keyring.Revision)];
    }

    public StateRecord State { get; }

    public long StateRevision { get; }

    public Keyring Keyring { get; }

    /// <summary>What every commit requires: that generation, seal mark and keyring are still these.</summary>
    public IReadOnlyList<Precondition> Guards { get; }

    /// <summary>True when a commit failed because the snapshot whose guards it carried is stale.</summary>
    public static bool IsStaleAfter(CommitOutcome outcome) =>
        outcome.Kind == CommitKind.Conflict && (outcome.ConflictKey == KeyLayout.State || outcome.ConflictKey == KeyLayout.RootKeyring);
}
