namespace Kist.Wire.Etcd.Snapshot;

/// <summary>A file is no snapshot of etcd, or is damaged. The message says where, and repeats nothing of what is stored.</summary>
public sealed class EtcdSnapshotException : Exception
{
    /// <summary>With the reason.</summary>
    public EtcdSnapshotException(string message, Exception? cause = null)
        : base(message, cause)
    {
    }
}
