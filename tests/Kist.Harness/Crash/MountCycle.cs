using System.Net;

namespace Kist.Harness.Crash;

/// <summary>Mounts an engine, fills it and unmounts it. Whatever a crash cuts short, the path can be used again afterwards and holds nothing old.</summary>
internal sealed class MountCycle : ICrashWorkload
{
    private const int Secrets = 20;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private int step;

    public async Task StepAsync(ApiClient api, CrashReport report)
    {
        switch (step % (Secrets + 2))
        {
            case 0:
                (await api.WriteAsync("sys/mounts/cycle", new { type = "kv", options = new { version = "2" } })).Good();
                break;
            case Secrets + 1:
                (await api.DeleteAsync("sys/mounts/cycle")).Good();
                break;
            case var n:
                (await api.WriteAsync($"cycle/data/s{n}", new { data = new { n } })).Good();
                break;
        }
        step++;
        report.Acknowledge();
    }

    public async Task VerifyAsync(ApiClient api, CrashReport report)
    {
        _ = await api.DeleteAsync("sys/mounts/cycle");
        var began = TimeProvider.System.GetTimestamp();
        ApiAnswer mounted;
        do
            mounted = await api.WriteAsync("sys/mounts/cycle", new { type = "kv", options = new { version = "2" } });
        while (!mounted.Succeeded && TimeProvider.System.GetElapsedTime(began) < Patience);
        report.Require(mounted.Succeeded, $"mounts: the path of a cut unmount cannot be used again: {(int)mounted.Status} {mounted.Text}");
        var listed = await api.ListAsync("cycle/metadata");
        report.Require(listed.Status == HttpStatusCode.NotFound, $"mounts: a new mount holds old secrets: {listed.Text}");
        step = 1;
    }
}
