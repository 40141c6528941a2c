using System.Globalization;
using Kist.Client.Tests.Fakes;
using Kist.Hosting;

namespace Kist.Client.Tests.Hosting;

public sealed class PidFileTests : IDisposable
{
    private static readonly string Number = Environment.ProcessId.ToString(CultureInfo.InvariantCulture) + "\n";

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void File_holds_the_number_while_the_process_runs_and_nothing_else_is_left()
    {
        var path = folder.At("kist.pid");
        using (PidFile.Write(path))
        {
            Assert.Equal(Number, File.ReadAllText(path));
            Assert.Equal([path], Directory.GetFileSystemEntries(folder.Path));
        }
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
        Assert.Null(PidFile.Write(""));
    }

    [Fact]
    public void Link_in_the_file_s_place_is_replaced_and_not_followed()
    {
        var (target, path) = (folder.File("theirs", "old"), folder.At("kist.pid"));
        File.CreateSymbolicLink(path, target);
        using (PidFile.Write(path))
            Assert.Null(new FileInfo(path).LinkTarget);
        Assert.Equal("old", File.ReadAllText(target));
    }

    [Fact]
    public void File_that_was_made_beforehand_is_written_to_where_nothing_else_can_be_made()
    {
        var path = folder.File("kist.pid", "");
        // As a folder that lets nothing be made in it.
        Directory.CreateDirectory($"{path}.{Environment.ProcessId.ToString(CultureInfo.InvariantCulture)}");
        using (PidFile.Write(path))
            Assert.Equal(Number, File.ReadAllText(path));
        Assert.False(File.Exists(path));
        File.CreateSymbolicLink(path, folder.File("theirs", "old"));
        Assert.ThrowsAny<Exception>(() => PidFile.Write(path));
        Assert.Equal("old", File.ReadAllText(folder.At("theirs")));
    }

    [Fact]
    public void File_that_another_process_wrote_meanwhile_is_left_to_it()
    {
        var path = folder.At("kist.pid");
        using (PidFile.Write(path))
            File.WriteAllText(path, "1\n");
        Assert.Equal("1\n", File.ReadAllText(path));
    }

    [Fact]
    public void File_that_somebody_removed_meanwhile_is_not_missed()
    {
        var path = folder.At("kist.pid");
        using (PidFile.Write(path))
            File.Delete(path);
        Assert.False(File.Exists(path));
    }

    [Fact]
    public void Place_that_cannot_be_written_is_told_and_nothing_is_left()
    {
        Directory.CreateDirectory(folder.At("kist.pid"));
        Assert.ThrowsAny<SystemException>(() => PidFile.Write(folder.At("kist.pid")));
        Assert.Equal([folder.At("kist.pid")], Directory.GetFileSystemEntries(folder.Path));
    }
}
