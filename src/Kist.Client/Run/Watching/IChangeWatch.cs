namespace Kist.Client.Run.Watching;

/// <summary>Tells that what was read has changed.</summary>
public interface IChangeWatch
{
    /// <summary>Returns when one of <paramref name="read"/> has changed.</summary>
    /// <returns>The changed secret's path, for a message.</returns>
    Task<string> WaitAsync(IReadOnlyList<ReadVersion> read, CancellationToken cancellation);
}
