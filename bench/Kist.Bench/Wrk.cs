using System.Globalization;
using Kist.Harness;

namespace Kist.Bench;

/// <summary>One run of wrk.</summary>
/// <param name="PerSecond">Answers a second.</param>
/// <param name="Median">Half of the answers took no longer.</param>
/// <param name="Percentile99">All but a hundredth took no longer.</param>
internal sealed record Load(double PerSecond, TimeSpan Median, TimeSpan Percentile99);

/// <summary>Drives a server with wrk and the scripts in bench/wrk.</summary>
/// <param name="environment">What the scripts read, such as <c>BENCH_TOKEN</c>.</param>
internal sealed class Wrk(params (string Name, string Value)[] environment)
{
    // Half of the cores, since the servers share them: fewer could not keep a server busy, more would starve it.
    private static readonly int Threads = Math.Max(1, Environment.ProcessorCount / 2);

    // Printed by bench/wrk/common.lua.
    private const string Mark = "RESULT ";

    /// <exception cref="InvalidOperationException">wrk failed, or an answer was an error.</exception>
    public async Task<Load> RunAsync(string script, Uri address, int connections, TimeSpan duration)
    {
        var scripts = Path.Combine(BuiltProgram.Repository, "bench", "wrk");
        var seconds = ((int)duration.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        var start = BuiltProgram.Start("wrk", [$"-t{Math.Min(Threads, connections)}", $"-c{connections}", $"-d{seconds}s", "-s", Path.Combine(scripts, script), address.AbsoluteUri]);
        start.WorkingDirectory = scripts;
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        var (exitCode, output, errors) = await KistProcess.RunAsync(start, duration + TimeSpan.FromSeconds(30), "", CancellationToken.None);
        var result = output.Split('\n').FirstOrDefault(line => line.StartsWith(Mark, StringComparison.Ordinal));
        if (exitCode != 0 || result is null)
            throw new InvalidOperationException($"wrk {script} ended with {exitCode}:\n{output}{errors}");
        // Answers, microseconds, errors, median and 99th percentile in microseconds.
        var fields = result[Mark.Length..].Split(' ').Select(f => double.Parse(f, CultureInfo.InvariantCulture)).ToArray();
        if (fields[2] > 0)
            throw new InvalidOperationException($"wrk {script}: {fields[2]} of {fields[0]} answers were errors");
        return new Load(fields[0] / fields[1] * 1e6, TimeSpan.FromMicroseconds(fields[3]), TimeSpan.FromMicroseconds(fields[4]));
    }
}
