using System.Runtime.InteropServices;

namespace Kist.Bench;

/// <summary>Prints the machine's facts and the one table.</summary>
internal static class Report
{
    public static void Print(Results results)
    {
        Console.WriteLine($"{Environment.ProcessorCount} cores ({Processor()}), {RuntimeInformation.OSDescription}, .NET {Environment.Version}, data on {results.FileSystem}");
        Console.WriteLine();
        string[] header = ["what", "figure", "median / 99 %", "ratio", "goal", ""];
        var rows = results.Figures.Select(f => (string[])[f.What, f.Value, f.Latency, f.Ratio, f.Goal, f.Met switch { true => "met", false => "MISSED", null => "" }]).Prepend(header).ToList();
        var widths = Enumerable.Range(0, header.Length).Select(i => rows.Max(r => r[i].Length)).ToArray();
        foreach (var row in rows)
            Console.WriteLine(string.Join("  ", row.Select((cell, i) => i == 1 ? cell.PadLeft(widths[i]) : cell.PadRight(widths[i]))).TrimEnd());
    }

    private static string Processor() =>
        File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':', 2)[1].Trim() ?? "unknown";
}
