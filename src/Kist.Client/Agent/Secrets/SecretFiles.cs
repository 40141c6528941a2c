using Kist.Client.Templates;

namespace Kist.Client.Agent.Secrets;

/// <summary>The files among what templates depend on: read, and looked at for changes. Thread-safe.</summary>
/// <param name="entries">What is known.</param>
/// <param name="time">The clock.</param>
internal sealed class SecretFiles(SecretEntries entries, TimeProvider time)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Reads the file of an entry.</summary>
    /// <exception cref="SecretException">It cannot be read.</exception>
    public static async Task<FetchedSecret> ReadAsync(SecretEntry entry)
    {
        try
        {
            // The stamp first: what changes behind it is seen by the next look.
            entry.Stamp = FileStamp.Of(entry.Dependency.Path);
            var value = await new TemplateFileReader(entry.Sandbox).ReadAsync(entry.Dependency.Path, CancellationToken.None);
            return new FetchedSecret(value, Refreshing.WithFile);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SecretException(e.Message);
        }
    }

    /// <summary>Looks at them once a second until <paramref name="cancellation"/>.</summary>
    public async Task WatchAsync(CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            await Task.Delay(Pause, time, cancellation);
            List<SecretEntry> files;
            lock (entries.Gate)
                files = [.. entries.All.Where(static e => e.Dependency.Kind == TemplateDependencyKind.File && e.Fetching is null)];
            // Also those that could not be read: they may be there now.
            var others = files.Where(static e => FileStamp.Of(e.Dependency.Path) != e.Stamp).ToList();
            if (others.Count == 0)
                continue;
            lock (entries.Gate)
            {
                foreach (var entry in others)
                    entries.MarkStale(entry);
            }
            entries.Announce();
        }
        cancellation.ThrowIfCancellationRequested();
    }
}
