using System.Globalization;
using Kist.Bench;
using Kist.Harness.Crash;

switch (args)
{
    case ["run"]:
        Report.Print(await Measurements.RunAsync());
        return 0;
    case ["etcd", var objects]:
        await EtcdReportBench.RunAsync(int.Parse(objects, CultureInfo.InvariantCulture));
        return 0;
    case ["kms"]:
        await KmsBench.RunAsync();
        return 0;
    case ["logins"]:
        Report.Print(await LoginBench.RunAsync());
        return 0;
    case ["agent"]:
        Report.Print(await AgentBench.RunAsync());
        return 0;
    case ["leases", var leases]:
        Report.Print(await LeaseBench.RunAsync(int.Parse(leases, CultureInfo.InvariantCulture)));
        return 0;
    case ["crash", var rounds]:
        return await CrashAsync(int.Parse(rounds, CultureInfo.InvariantCulture));
    case ["bare", var port, var bodyFile]:
        await BareServer.RunAsync(int.Parse(port, CultureInfo.InvariantCulture), await File.ReadAllBytesAsync(bodyFile));
        return 0;
    case ["sqlite-loop", var directory, var seconds]:
        Console.WriteLine(SqliteLoop.CommitsPerSecond(directory, TimeSpan.FromSeconds(int.Parse(seconds, CultureInfo.InvariantCulture))));
        return 0;
    default:
        await Console.Error.WriteLineAsync(
            "usage: Kist.Bench run | etcd OBJECTS | kms | logins | agent | leases COUNT | crash ROUNDS | bare PORT BODY-FILE | sqlite-loop DIRECTORY SECONDS");
        return 1;
}

static async Task<int> CrashAsync(int rounds)
{
    var report = await CrashRounds.RunAsync(rounds, (round, r) => Console.Write($"\rround {round} of {rounds}: {r.Acknowledged} acknowledged, {r.Landed} landed unacknowledged, {r.Faults.Count} faults"));
    Console.WriteLine();
    foreach (var fault in report.Faults)
        Console.WriteLine(fault);
    return report.Faults.Count == 0 ? 0 : 1;
}
