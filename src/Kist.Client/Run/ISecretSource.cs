using Kist.Crypto;

namespace Kist.Client.Run;

/// <summary>What a source gave for one id: a value, or why there is none.</summary>
public sealed class SecretAnswer
{
    private SecretAnswer(SecretBytes? value, string error)
    {
        Value = value;
        Error = error;
    }

    /// <summary>The value, which belongs to whoever asked; null after a failure.</summary>
    public SecretBytes? Value { get; }

    /// <summary>Why there is no value; else empty.</summary>
    public string Error { get; }

    /// <summary>A value.</summary>
    public static SecretAnswer Of(SecretBytes value) => new(value, "");

    /// <summary>A failure. The message holds no value.</summary>
    public static SecretAnswer Failed(string error) => new(null, error);
}

/// <summary>Where the values of ids come from.</summary>
public interface ISecretSource
{
    /// <summary>Asks for values, all at the same time.</summary>
    /// <param name="ids">Each once.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>An answer for each id, in their order.</returns>
    /// <exception cref="RunException">The source cannot be used at all.</exception>
    Task<IReadOnlyList<SecretAnswer>> FetchAsync(IReadOnlyList<string> ids, CancellationToken cancellation);
}
