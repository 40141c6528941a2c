using System.Diagnostics.CodeAnalysis;

namespace Kist.Kubernetes.Kms;

/// <summary>Local keys that were unwrapped, by how they are wrapped: at most so many, of which the one that was not used for longest makes room.</summary>
/// <param name="capacity">At least one.</param>
internal sealed class LocalKeyCache(int capacity)
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, LinkedListNode<(string Fingerprint, LocalKey Key)>> keys = new(StringComparer.Ordinal);
    private readonly LinkedList<(string Fingerprint, LocalKey Key)> byUse = [];

    /// <summary>How many it holds.</summary>
    public int Count
    {
        get
        {
            lock (gate)
                return keys.Count;
        }
    }

    /// <summary>Finds a key.</summary>
    public bool TryGet(string fingerprint, [NotNullWhen(true)] out LocalKey? key)
    {
        lock (gate)
        {
            key = null;
            if (!keys.TryGetValue(fingerprint, out var node))
                return false;
            byUse.Remove(node);
            byUse.AddFirst(node);
            key = node.Value.Key;
            return true;
        }
    }

    /// <summary>Keeps a key.</summary>
    public void Add(string fingerprint, LocalKey key)
    {
        lock (gate)
        {
            if (keys.ContainsKey(fingerprint))
                return;
            keys.Add(fingerprint, byUse.AddFirst((fingerprint, key)));
            if (keys.Count <= capacity)
                return;
            keys.Remove(byUse.Last!.Value.Fingerprint);
            byUse.RemoveLast();
        }
    }
}
