using Kist.Core.Storage;

namespace Kist.Core.Tests.Nodes;

public sealed class ShutdownTests
{
    [Fact]
    public async Task A_node_that_is_disposed_has_closed_its_audit_files()
    {
        var folder = Directory.CreateTempSubdirectory("kist-").FullName;
        try
        {
            var file = Path.Combine(folder, "audit.log");
            await using var store = new MemoryStore();
            var node = await TestNode.CreateAsync(store);
            await node.WriteAsync("sys/audit/file", $$$"""{"type":"file","options":{"file_path":"{{{file}}}"}}""").Ok();
            Assert.True(IsOpen(file));
            await node.DisposeAsync();
            Assert.False(IsOpen(file));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static bool IsOpen(string file) =>
        Directory.EnumerateFiles("/proc/self/fd").Any(link => string.Equals(new FileInfo(link).LinkTarget, file, StringComparison.Ordinal));
}
