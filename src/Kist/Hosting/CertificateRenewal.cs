namespace Kist.Hosting;

/// <summary>Takes renewed certificates over without being told, since what renews them in a pod cannot send a signal to another container.</summary>
internal static class CertificateRenewal
{
    /// <summary>How often the files are looked at.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    /// <summary>Looks at the files of listeners until <paramref name="stop"/>.</summary>
    /// <param name="listeners">The listeners' material.</param>
    /// <param name="renewed">Is told that one took new files over.</param>
    /// <param name="failed">Is told why one could not; what it had stays in force.</param>
    /// <param name="time">The clock.</param>
    /// <param name="stop">Ends it, without an exception.</param>
    public static async Task FollowAsync(IReadOnlyList<TlsMaterial> listeners, Action renewed, Action<string> failed, TimeProvider time, CancellationToken stop)
    {
        if (listeners.Count == 0)
            return;
        while (true)
        {
            await Task.Delay(Interval, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (stop.IsCancellationRequested)
                return;
            foreach (var listener in listeners)
            {
                try
                {
                    if (listener.ReloadIfChanged())
                        renewed();
                }
                catch (ConfigException e)
                {
                    failed(e.Message);
                }
            }
        }
    }
}
