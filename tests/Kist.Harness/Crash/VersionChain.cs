using System.Globalization;
using System.Net;

namespace Kist.Harness.Crash;

/// <summary>
/// Writes version after version of one KV v2 secret with check-and-set. Each write is a transaction of two entries, and of three once the oldest version
/// goes: version n is readable if, and only if, the head says so, and holds what was written as version n.
/// </summary>
internal sealed class VersionChain(string name) : ICrashWorkload
{
    private int acknowledged;
    private int asked;

    /// <summary>The path that it writes.</summary>
    public string Path => $"crash/data/{name}";

    /// <summary>The last version that was acknowledged or found.</summary>
    public int Acknowledged => acknowledged;

    public async Task StepAsync(ApiClient api, CrashReport report)
    {
        asked = acknowledged + 1;
        (await api.WriteAsync(Path, new { options = new { cas = acknowledged }, data = new { value = Value(asked) } })).Good();
        acknowledged = asked;
        report.Acknowledge();
    }

    public async Task VerifyAsync(ApiClient api, CrashReport report)
    {
        var metadata = await api.ReadAsync($"crash/metadata/{name}");
        if (metadata.Status == HttpStatusCode.NotFound)
        {
            report.Require(acknowledged == 0, $"{name}: lost altogether, {acknowledged} versions were acknowledged");
            return;
        }
        var current = metadata.Good().Data.GetProperty("current_version").GetInt32();
        report.Require(current >= acknowledged, $"{name}: version {acknowledged} was acknowledged, the head says {current}");
        report.Require(current <= asked, $"{name}: the head says {current}, {asked} was the last that was asked for");
        if (current > acknowledged)
            report.Land();
        var versions = metadata.Data.GetProperty("versions").EnumerateObject().Select(v => int.Parse(v.Name, CultureInfo.InvariantCulture)).Order().ToList();
        var expected = Enumerable.Range(1, current).TakeLast(CrashRounds.MaxVersions);
        report.Require(versions.SequenceEqual(expected), $"{name}: the head says {current}, the versions are {string.Join(',', versions)}");
        foreach (var version in versions)
        {
            var answer = await api.ReadAsync($"{Path}?version={version}");
            report.Require(answer.Succeeded && Holds(answer, version), $"{name}: version {version} of {current} answers {(int)answer.Status} {answer.Text}");
        }
        var beyond = await api.ReadAsync($"{Path}?version={current + 1}");
        report.Require(beyond.Status == HttpStatusCode.NotFound, $"{name}: version {current + 1} answers {(int)beyond.Status}, the head says {current}");
        acknowledged = asked = current;
    }

    private static bool Holds(ApiAnswer answer, int version) => answer.Data.GetProperty("data").GetProperty("value").GetString() == Value(version);

    // Of varying length, so that entries move between pages.
    private static string Value(int version) => $"{version}:" + new string((char)('a' + (version % 26)), version * 37 % 3000);
}
