namespace Kist.Kubernetes.Encryption.Rewrite;

/// <summary>Keeps count, and the place up to which all is done although objects are done out of order.</summary>
internal sealed class RewriteTally
{
    private readonly Lock mutex = new();
    private readonly Queue<Ticket> underWay = [];
    private readonly SortedDictionary<string, RewriteCounts> byResource = new(StringComparer.Ordinal);
    private readonly List<RewriteFailure> failures = [];
    private RewriteCounts total;
    private RewriteKey? last;

    /// <summary>Notes that an object's turn has come.</summary>
    public Ticket Begin(RewriteObject item)
    {
        var ticket = new Ticket(item);
        lock (mutex)
            underWay.Enqueue(ticket);
        return ticket;
    }

    /// <summary>Notes what became of it; answers how many are done.</summary>
    public long Done(Ticket ticket, RewriteFate fate, string? message)
    {
        lock (mutex)
        {
            ticket.IsDone = true;
            total = total.With(fate);
            var name = ticket.Item.Resource.QualifiedName;
            byResource[name] = byResource.GetValueOrDefault(name).With(fate);
            if (message is not null)
                Keep(new RewriteFailure(ticket.Item.Key.ToString(), message));
            while (underWay.TryPeek(out var first) && first.IsDone)
                last = underWay.Dequeue().Item.Key;
            return total.Objects;
        }
    }

    /// <summary>Notes what could not even be looked at.</summary>
    public void Fault(RewriteFailure failure)
    {
        lock (mutex)
            Keep(failure);
    }

    public RewriteResult Result()
    {
        lock (mutex)
        {
            return new RewriteResult(total, new SortedDictionary<string, RewriteCounts>(byResource, StringComparer.Ordinal))
            {
                Failures = [.. failures],
                Last = last,
            };
        }
    }

    private void Keep(RewriteFailure failure)
    {
        if (failures.Count < RewriteResult.MostFailures)
            failures.Add(failure);
    }

    /// <summary>An object whose turn has come.</summary>
    public sealed class Ticket(RewriteObject item)
    {
        public RewriteObject Item { get; } = item;

        public bool IsDone { get; set; }
    }
}
