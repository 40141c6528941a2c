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
/// The mount whose data a commit would have changed is no longer as it was when the request came in: it has been unmounted or converted, or is being
/// so. Nothing was changed, and nothing will be by trying again with what is known of the old mount.
/// </summary>
public sealed class MountChangedException : Exception
{
    /// <summary>With the standard message.</summary>
    public MountChangedException()
        : base("the mount changed while the request was under way")
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
