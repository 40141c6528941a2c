using Kist.Engines.Kv.V2.Stored;

namespace Kist.Engines.Kv.V2;

/// <summary>How long and how many versions are kept. A secret's own settings go before the mount's.</summary>
internal static class Retention
{
    /// <summary>Versions kept when neither secret nor mount says so.</summary>
    public const int DefaultMaxVersions = 10;

    /// <summary>
    /// Most versions that one write removes, which keeps it inside a transaction whatever the length of the path. After <c>max_versions</c> was
    /// lowered a lot, the next writes remove the rest.
    /// </summary>
    public const int RemovedPerWrite = 16;

    /// <summary>How many versions to keep.</summary>
    public static int MaxVersions(ConfigRecord config, HeadRecord head)
    {
        if (head.MaxVersions > 0)
            return head.MaxVersions;
        return config.MaxVersions > 0 ? config.MaxVersions : DefaultMaxVersions;
    }

    /// <summary>The oldest version to keep once <paramref name="current"/> is written. 0 as long as there was nothing to remove.</summary>
    public static long Oldest(ConfigRecord config, HeadRecord head, long current)
    {
        var max = MaxVersions(config, head);
        return current - head.Oldest < max ? head.Oldest : Math.Min(current - max + 1, head.First + RemovedPerWrite);
    }

    /// <summary>When a version written or undeleted at <paramref name="now"/> counts as deleted; null for never. The earlier setting holds.</summary>
    public static DateTimeOffset? DeletionTime(ConfigRecord config, HeadRecord head, DateTimeOffset now)
    {
        var (mount, secret) = (config.DeleteVersionAfter, head.DeleteVersionAfter);
        if (mount < TimeSpan.Zero || (mount == TimeSpan.Zero && secret == TimeSpan.Zero))
            return null;
        if (mount == TimeSpan.Zero || secret == TimeSpan.Zero)
            return now + mount + secret;
        return now + (mount < secret ? mount : secret);
    }
}
