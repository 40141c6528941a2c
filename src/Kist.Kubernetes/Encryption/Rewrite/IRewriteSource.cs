namespace Kist.Kubernetes.Encryption.Rewrite;

/// <summary>Says which objects are to be written anew.</summary>
public interface IRewriteSource
{
    /// <summary>About how many there are in all; null as long as that is not known.</summary>
    long? Expected { get; }

    /// <summary>The objects in the order of their keys.</summary>
    /// <param name="fault">Hears of what could not be looked at; the others come all the same.</param>
    /// <param name="cancellationToken">Ends it.</param>
    IAsyncEnumerable<RewriteObject> ReadAsync(Action<RewriteFailure> fault, CancellationToken cancellationToken);
}
