namespace Kist.Crypto.Tests;

public class ProcessHardeningTests
{
    [Fact]
    public void The_process_writes_no_core_files_and_cannot_be_traced()
    {
        var report = ProcessHardening.Apply();
        Assert.True(report.NotDumpable);
        Assert.True(report.NoCoreFiles);
        var limit = File.ReadLines("/proc/self/limits").First(line => line.StartsWith("Max core file size", StringComparison.Ordinal));
        Assert.Equal(["0", "0"], limit["Max core file size".Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[..2]);
    }
}
