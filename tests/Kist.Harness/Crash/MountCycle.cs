using System.Net;

namespace Kist.Harness.Crash;

/// <summary>
/// Mounts an engine, fills it and unmounts it. What was acknowledged is there after a crash, an unmount is whole or not begun to the eye, and the path can
/// be used again and holds nothing old.
/// </summary>
internal sealed class MountCycle : ICrashWorkload
{
    private const int Secrets = 20;
    private const int Mount = 0;
    private const int Unmount = Secrets + 1;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    // Each mount has a number of its own, which its description keeps.
    private int cycle;

    // What is asked for next: the mount, one of the secrets by its number, the unmount.
    private int next;

    public async Task StepAsync(ApiClient api, CrashReport report)
    {
        var answer = next switch
        {
            Mount => await MountAsync(api),
            Unmount => await api.DeleteAsync("sys/mounts/cycle"),
            _ => await api.WriteAsync($"cycle/data/s{next}", new { data = new { cycle, n = next } }),
        };
        answer.Good();
        (cycle, next) = next == Unmount ? (cycle + 1, Mount) : (cycle, next + 1);
        report.Acknowledge();
    }

    public async Task VerifyAsync(ApiClient api, CrashReport report)
    {
        await CompareAsync(api, report);
        _ = await api.DeleteAsync("sys/mounts/cycle");
        cycle++;
        var began = TimeProvider.System.GetTimestamp();
        ApiAnswer mounted;
        do
            mounted = await MountAsync(api);
        while (!mounted.Succeeded && TimeProvider.System.GetElapsedTime(began) < Patience);
        report.Require(mounted.Succeeded, $"mounts: the path of a cut unmount cannot be used again: {(int)mounted.Status} {mounted.Text}");
        var listed = await api.ListAsync("cycle/metadata");
        report.Require(listed.Status == HttpStatusCode.NotFound, $"mounts: a new mount holds old secrets: {listed.Text}");
        next = 1;
    }

    // The step that the kill cut may have happened or not; all before it have.
    private async Task CompareAsync(ApiClient api, CrashReport report)
    {
        var found = await DescriptionAsync(api);
        var held = await HeldAsync(api);
        var state = $"{(next == Unmount ? "the unmount" : $"step {next}")} of cycle {cycle} was cut, mounted is {found ?? "nothing"} with secrets {string.Join(',', held)}";
        report.Require(found is null || found == Name, $"mounts: another mount is there: {state}");
        switch (next)
        {
            case Mount:
                report.Require(held.Count == 0, $"mounts: an acknowledged unmount left secrets: {state}");
                break;
            case Unmount:
                report.Require(held.Count is 0 or Secrets, $"mounts: a cut unmount shows a part: {state}");
                break;
            default:
                report.Require(found is not null, $"mounts: an acknowledged mount is gone: {state}");
                report.Require(
                    held.SequenceEqual(Enumerable.Range(1, held.Count)) && (held.Count == next - 1 || held.Count == next),
                    $"mounts: acknowledged secrets are gone: {state}");
                break;
        }

        if (next switch { Mount => found is not null, Unmount => held.Count == 0, _ => held.Count == next })
            report.Land();
    }

    private string Name => $"cycle {cycle}";

    private Task<ApiAnswer> MountAsync(ApiClient api) =>
        api.WriteAsync("sys/mounts/cycle", new { type = "kv", description = Name, options = new { version = "2" } });

    private static async Task<string?> DescriptionAsync(ApiClient api) =>
        (await api.ReadAsync("sys/mounts")).Good().Data.TryGetProperty("cycle/", out var mount) ? mount.GetProperty("description").GetString() : null;

    private async Task<List<int>> HeldAsync(ApiClient api)
    {
        var held = new List<int>();
        for (var n = 1; n <= Secrets; n++)
        {
            var answer = await api.ReadAsync($"cycle/data/s{n}");
            if (answer.Succeeded && answer.Data.GetProperty("data") is var data && data.GetProperty("cycle").GetInt32() == cycle && data.GetProperty("n").GetInt32() == n)
                held.Add(n);
        }
        return held;
    }
}
