namespace Kist.Core.Barrier;

/// <summary>
/// A record that holds more memory than the length of its entry tells, such as a key with the ciphers that are made of it. What is remembered of records is
/// bounded by their weight.
/// </summary>
public interface IHeavyRecord
{
    /// <summary>About how many bytes it holds beyond those of its entry, also what it makes only later.</summary>
    int HeldBytes { get; }
}
