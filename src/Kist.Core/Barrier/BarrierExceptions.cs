using Kist.Core.Storage;

namespace Kist.Core.Barrier;

/// <summary>The barrier is sealed: nothing can be read or written.</summary>
public sealed class BarrierSealedException : Exception
{
    /// <summary>With the standard message.</summary>
    public BarrierSealedException()
        : base("the barrier is sealed")
    {
    }
}

/// <summary>
/// A stored entry is not what the barrier wrote under its key: it was changed, cut short, moved, or encrypted under an unknown key. The message names the
/// entry and no value.
/// </summary>
public sealed class BarrierIntegrityException : Exception
{
    internal BarrierIntegrityException(StoreKey key, string fault, Exception? cause = null)
        : base($"{KeyLayout.Describe(key)} {fault}", cause)
    {
    }
}
