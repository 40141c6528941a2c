using System.Text;
using Kist.Client.Run;
using Kist.Client.Run.Files;
using Kist.Client.Run.Manifest;
using Kist.Client.Tests.Fakes;
using Kist.Client.Tests.Hosting.Agent;

namespace Kist.Client.Tests.Run.Files;

/// <summary>Files at paths of the user's choice and in memory: 20, 25 and 26 of Summon's edge cases.</summary>
public sealed class PushedFileTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(false, "600", "700")]
    [InlineData(true, "600", "700")]
    [InlineData(false, "640", "750")]
    [InlineData(true, "640", "750")]
    [InlineData(true, "644", "755")]
    public void File_and_its_folders_have_their_modes_and_the_file_goes(bool likeSummon, string mode, string folderMode)
    {
        var path = folder.At("a/b/file");
        using (PushedFile.Put(Spec(path, mode), "content"u8, likeSummon, guard: null))
        {
            Assert.Equal("content", File.ReadAllText(path));
            Assert.Equal(mode, Octal(File.ResolveLinkTarget(path, returnFinalTarget: false) is { } memory ? Mode(memory.FullName) : File.GetUnixFileMode(path)));
            Assert.Equal(folderMode, Octal(File.GetUnixFileMode(folder.At("a/b"))));
        }
        Assert.Empty(Directory.GetFileSystemEntries(folder.At("a/b")));
    }

    [Fact]
    public void Private_file_never_lies_on_disk()
    {
        using var file = PushedFile.Put(Spec(folder.At("f"), "600"), "content"u8, likeSummon: false, guard: null);
        Assert.StartsWith("/proc/", new FileInfo(folder.At("f")).LinkTarget, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Existing_file_is_kept_without_overwrite(bool likeSummon)
    {
        var path = folder.File("f", "old");
        var failure = Assert.Throws<RunException>(() => PushedFile.Put(Spec(path, "600"), "new"u8, likeSummon, guard: null));
        Assert.Equal($"file already exists at \"{path}\" and overwrite is not enabled", failure.Message);
        Assert.Equal("old", File.ReadAllText(path));
    }

    [Theory]
    [InlineData("600", false)]
    [InlineData("640", false)]
    [InlineData("600", true)]
    public void Overwritten_file_comes_back_but_for_Summon(string mode, bool likeSummon)
    {
        var path = folder.File("f", "old");
        using (PushedFile.Put(Spec(path, mode) with { Overwrite = true }, "new"u8, likeSummon, guard: null))
            Assert.Equal("new", File.ReadAllText(path));
        Assert.Equal(likeSummon ? null : "old", File.Exists(path) ? File.ReadAllText(path) : null);
        Assert.Equal(likeSummon ? 0 : 1, Directory.GetFileSystemEntries(folder.Path).Length);
    }

    [Fact]
    public void Link_of_a_killed_run_is_not_in_the_way()
    {
        File.CreateSymbolicLink(folder.At("f"), "/proc/999999999/fd/7");
        using var file = PushedFile.Put(Spec(folder.At("f"), "600"), "new"u8, likeSummon: false, guard: null);
        Assert.Equal("new", File.ReadAllText(folder.At("f")));
    }

    // In a container each first process has the number 1, and what it has open under some number is another thing each time.
    [Fact]
    public void Link_of_a_killed_run_is_not_in_the_way_when_its_number_means_another_file_now()
    {
        using var other = File.OpenHandle(folder.File("other", "content"));
        using var memory = new MemoryFile("of another place"u8);
        var number = Path.GetFileName(Directory.EnumerateFileSystemEntries("/proc/self/fd").First(fd => new FileInfo(fd).LinkTarget == folder.At("other")));
        var targets = (string[])[$"/proc/{Environment.ProcessId}/fd/{number}", memory.Path];
        foreach (var target in targets)
        {
            File.CreateSymbolicLink(folder.At("f"), target);
            using (PushedFile.Put(Spec(folder.At("f"), "600"), "new"u8, likeSummon: false, guard: null))
                Assert.Equal("new", File.ReadAllText(folder.At("f")));
            Assert.Equal([folder.At("other")], Directory.GetFileSystemEntries(folder.Path));
        }
    }

    // As container images have it.
    [Fact]
    public void Log_that_leads_to_a_stream_of_another_process_is_no_link_of_a_run()
    {
        File.CreateSymbolicLink(folder.At("f"), $"/proc/{Environment.ProcessId}/fd/1");
        Assert.False(LinkedFile.IsLeft(folder.At("f"), folder.At("f")));
        Assert.Throws<RunException>(() => PushedFile.Put(Spec(folder.At("f"), "600"), "new"u8, likeSummon: false, guard: null));
        Assert.Equal($"/proc/{Environment.ProcessId}/fd/1", new FileInfo(folder.At("f")).LinkTarget);
    }

    [FactAsRoot]
    public void Link_of_another_user_is_no_link_that_a_run_of_ours_has_left()
    {
        File.CreateSymbolicLink(folder.At("f"), "/proc/999999999/fd/7");
        Assert.True(LinkedFile.IsLeft(folder.At("f"), folder.At("f")));
        using (var process = System.Diagnostics.Process.Start("chown", ["-h", "12345", folder.At("f")]))
            process.WaitForExit();
        Assert.False(LinkedFile.IsLeft(folder.At("f"), folder.At("f")));
    }

    [Fact]
    public void Link_of_a_living_run_is_a_file_that_exists()
    {
        using var file = PushedFile.Put(Spec(folder.At("f"), "600"), "content"u8, likeSummon: false, guard: null);
        Assert.Throws<RunException>(() => PushedFile.Put(Spec(folder.At("f"), "600"), "new"u8, likeSummon: false, guard: null));
        Assert.Equal("content", File.ReadAllText(folder.At("f")));
    }

    [Theory]
    [InlineData("600", false)]
    [InlineData("640", false)]
    [InlineData("600", true)]
    public void What_is_no_file_is_not_replaced(string mode, bool likeSummon)
    {
        File.CreateSymbolicLink(folder.At("output"), "/dev/null");
        foreach (var path in (string[])[folder.At("output"), $"/proc/{Environment.ProcessId}/fd/1", "/proc/self/fd/999", "/dev/stdout", "/dev/fd/1"])
        {
            var failure = Assert.Throws<RunException>(() => PushedFile.Put(Spec(path, mode) with { Overwrite = true }, "new"u8, likeSummon, guard: null));
            Assert.StartsWith($"error writing secret file for path {path}: ", failure.Message, StringComparison.Ordinal);
        }
        Assert.Equal("/dev/null", new FileInfo(Assert.Single(Directory.GetFileSystemEntries(folder.Path))).LinkTarget);
    }

    [Theory]
    [InlineData("600", false)]
    [InlineData("640", true)]
    public void Content_is_replaced_in_one_step(string mode, bool likeSummon)
    {
        using var file = PushedFile.Put(Spec(folder.At("f"), mode), "old"u8, likeSummon, guard: null);
        using var open = File.OpenText(folder.At("f"));
        using var replacement = file.Prepare("new"u8);
        Assert.Equal("old", File.ReadAllText(folder.At("f")));
        replacement.Commit();
        Assert.Equal(("old", "new"), (open.ReadToEnd(), File.ReadAllText(folder.At("f"))));
        Assert.Single(Directory.GetFileSystemEntries(folder.Path));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_cannot_be_written_leaves_nothing(bool likeSummon)
    {
        // A folder in the way: nothing can be moved over it, whoever asks.
        Directory.CreateDirectory(folder.At("f"));
        var failure = Assert.Throws<RunException>(() => PushedFile.Put(Spec(folder.At("f"), "640") with { Overwrite = true }, "new"u8, likeSummon, guard: null));
        Assert.StartsWith($"error writing secret file for path {folder.At("f")}: ", failure.Message, StringComparison.Ordinal);
        var below = folder.File("plain", "");
        Assert.Throws<RunException>(() => PushedFile.Put(Spec($"{below}/x", "600"), "new"u8, likeSummon, guard: null));
        Assert.Equal(2, Directory.GetFileSystemEntries(folder.Path).Length);
    }

    // 26: chmod fails.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void File_that_cannot_have_its_mode_is_not_left(bool likeSummon)
    {
        var file = Spec(folder.File("f", "old"), "640") with { Overwrite = true, Permissions = (UnixFileMode)0x10020 };
        Assert.ThrowsAny<ArgumentException>(() => PushedFile.Put(file, "new"u8, likeSummon, guard: null));
        Assert.Equal("old", File.ReadAllText(Assert.Single(Directory.GetFileSystemEntries(folder.Path))));
    }

    // 26: the rename fails.
    [Fact]
    public void Content_that_cannot_be_put_in_place_is_not_left_beside_it()
    {
        using var file = PushedFile.Put(Spec(folder.At("f"), "640"), "old"u8, likeSummon: false, guard: null);
        File.Delete(folder.At("f"));
        Directory.CreateDirectory(folder.At("f/sub"));
        var replacement = file.Prepare("new"u8);
        var failure = Assert.Throws<RunException>(replacement.Commit);
        replacement.Dispose();
        Assert.StartsWith($"error writing secret file for path {folder.At("f")}: ", failure.Message, StringComparison.Ordinal);
        Assert.Equal([folder.At("f")], Directory.GetFileSystemEntries(folder.Path));
    }

    [Theory]
    [InlineData("600")]
    [InlineData("640")]
    public async Task Guard_puts_back_what_stood_there_and_removes_all_else(string mode)
    {
        using var elsewhere = new TemporaryFolder();
        var told = elsewhere.At("told");
        var program = elsewhere.File("guard", $"#!/bin/sh\nexec cat > {told}\n");
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        using var guard = new FileGuard(program);
        var path = folder.File("f", "old");
        using var file = PushedFile.Put(Spec(path, mode) with { Overwrite = true }, "new"u8, likeSummon: false, guard);
        Assert.Equal("new", await File.ReadAllTextAsync(path));
        var lines = mode == "600" ? 1 : 2;
        while (!File.Exists(told) || (await File.ReadAllLinesAsync(told)).Length < lines)
            await Task.Delay(5);
        // What the guard does when the run is killed now.
        using var input = new StringReader(await File.ReadAllTextAsync(told));
        FileGuardServer.Serve(input, () => { });
        Assert.Equal("old", await File.ReadAllTextAsync(path));
        Assert.Equal([path], Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public async Task Guard_knows_the_name_under_which_a_content_is_on_its_way()
    {
        using var elsewhere = new TemporaryFolder();
        var told = elsewhere.At("told");
        var program = elsewhere.File("guard", $"#!/bin/sh\nexec cat > {told}\n");
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        using var guard = new FileGuard(program);
        using var file = PushedFile.Put(Spec(folder.At("f"), "640"), "new"u8, likeSummon: false, guard);
        while (!File.Exists(told) || (await File.ReadAllLinesAsync(told)).Length < 2)
            await Task.Delay(5);
        var paths = (await File.ReadAllLinesAsync(told)).Select(line => Encoding.UTF8.GetString(Convert.FromBase64String(line.Split(' ')[0]))).ToList();
        Assert.StartsWith(folder.At(".kist-"), paths[0], StringComparison.Ordinal);
        Assert.Equal(folder.At("f"), paths[1]);
    }

    [Fact]
    public void File_in_memory_cannot_be_changed_and_goes_when_closed()
    {
        var file = new MemoryFile("content"u8);
        var path = file.Path;
        Assert.Equal("content", File.ReadAllText(path));
        Assert.Throws<UnauthorizedAccessException>(() => File.WriteAllText(path, "other"));
        file.Replace("other"u8);
        Assert.Equal("other", File.ReadAllText(path));
        file.Dispose();
        Assert.False(File.Exists(path));
    }

    [Fact]
    public void File_in_memory_may_be_large_or_empty()
    {
        var large = Encoding.ASCII.GetBytes(new string('x', 1 << 20));
        using var file = new MemoryFile(large);
        Assert.Equal(large, File.ReadAllBytes(file.Path));
        using var empty = new MemoryFile([]);
        Assert.Empty(File.ReadAllBytes(empty.Path));
    }

    private static FileSpec Spec(string path, string mode) => new(path, []) { Permissions = (UnixFileMode)Convert.ToInt32(mode, 8) };

    private static string Octal(UnixFileMode mode) => Convert.ToString((int)mode, 8);

    private static UnixFileMode Mode(string link)
    {
        using var handle = File.OpenHandle(link);
        return File.GetUnixFileMode(handle);
    }
}
