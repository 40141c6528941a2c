namespace Kist.Harness.Crash;

/// <summary>Several racers write one secret with check-and-set: each version has one winner, and none that was acknowledged is lost.</summary>
internal sealed class SharedSecret(string racer) : ICrashWorkload
{
    private readonly List<int> won = [];
    private int seen;

    public async Task StepAsync(ApiClient api, CrashReport report)
    {
        var answer = await api.WriteAsync("crash/data/shared", new { options = new { cas = seen }, data = new { racer, version = seen + 1 } });
        if (answer.Succeeded)
        {
            won.Add(++seen);
            report.Acknowledge();
            return;
        }
        report.Require(answer.Text.Contains("check-and-set"), $"shared: {racer} was refused: {(int)answer.Status} {answer.Text}");
        seen = (await api.ReadAsync("crash/data/shared")).Good().Data.GetProperty("metadata").GetProperty("version").GetInt32();
    }

    public async Task VerifyAsync(ApiClient api, CrashReport report)
    {
        var answer = await api.ReadAsync("crash/data/shared");
        if (won.Count == 0 && !answer.Succeeded)
            return;
        seen = answer.Good().Data.GetProperty("metadata").GetProperty("version").GetInt32();
        foreach (var version in won.TakeLast(CrashRounds.MaxVersions))
        {
            report.Require(version <= seen, $"shared: version {version} of {racer} was acknowledged, the head says {seen}");
            if (version <= seen - CrashRounds.MaxVersions)
                continue;
            var data = (await api.ReadAsync($"crash/data/shared?version={version}")).Good().Data.GetProperty("data");
            report.Require(
                data.GetProperty("racer").GetString() == racer && data.GetProperty("version").GetInt32() == version,
                $"shared: version {version} was acknowledged to {racer} and holds {data}");
        }
    }
}
