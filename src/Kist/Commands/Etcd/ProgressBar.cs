using System.Globalization;
using Kist.Commands.Cli;
using Kist.Kubernetes.Etcd;

namespace Kist.Commands.Etcd;

/// <summary>Shows on standard error how far a scan has come, when that is a terminal; leaves nothing behind.</summary>
internal sealed class ProgressBar(CliHost host) : IDisposable
{
    private const int Width = 30;
    private const string ClearLine = "\r\u001b[2K";
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private long? drawn;

    /// <summary>Draws, ten times a second at most.</summary>
    public void Report(ScanProgress progress)
    {
        if (!host.ErrorIsTerminal || (drawn is { } before && host.Time.GetElapsedTime(before) < Pause))
            return;
        drawn = host.Time.GetTimestamp();
        var all = Math.Max(1, progress.Done + progress.Remaining);
        var filled = (int)(Width * progress.Done / all);
        host.Error.Write(string.Create(
            CultureInfo.InvariantCulture,
            $"{ClearLine}[{new string('#', filled)}{new string('.', Width - filled)}] {100 * progress.Done / all,3} %  {progress.Done:#,0} of {all:#,0} keys"));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (drawn is not null)
            host.Error.Write(ClearLine);
    }
}
