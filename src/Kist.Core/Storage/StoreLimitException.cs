namespace Kist.Core.Storage;

/// <summary>A key, a value or a transaction is larger than <see cref="StoreLimits"/> allow. A request that meets it asked for too much: it is no bug.</summary>
public sealed class StoreLimitException : ArgumentException
{
    /// <param name="message">What exceeds which limit; no value.</param>
    public StoreLimitException(string message)
        : base(message)
    {
    }
}
