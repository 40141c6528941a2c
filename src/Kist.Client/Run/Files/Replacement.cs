namespace Kist.Client.Run.Files;

/// <summary>A new content for a file, complete but not yet in place. Disposal drops one that was not put there.</summary>
internal sealed class Replacement(Action commit, Action drop) : IDisposable
{
    private bool isDone;

    /// <summary>Puts it in place, in one step.</summary>
    /// <exception cref="RunException">That failed; the old content stays.</exception>
    public void Commit()
    {
        commit();
        isDone = true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!isDone)
            drop();
        isDone = true;
    }
}
