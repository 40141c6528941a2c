using System.Text;
using Kist.Client.Agent.Secrets;
using Kist.Client.Agent.Templates;
using Kist.Client.Run;
using Kist.Client.Run.Files;
using Kist.Client.Run.Manifest;
using Kist.Client.Tests.Fakes;

namespace Kist.Client.Tests.Run.Files;

/// <summary>Several runs put a file at one path: each has its own while it lasts, and at the end there is what was there before.</summary>
public sealed class OverlappingRunTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly List<string> told = [];

    private string Place => folder.At("f");

    public static TheoryData<string, string, bool> Pairs
    {
        get
        {
            var pairs = new TheoryData<string, string, bool>();
            foreach (var first in (string[])["600", "640"])
            {
                foreach (var second in (string[])["600", "640"])
                {
                    pairs.Add(first, second, false);
                    pairs.Add(first, second, true);
                }
            }
            return pairs;
        }
    }

    public void Dispose() => folder.Dispose();

    [Fact]
    public void New_content_does_not_go_over_a_file_that_something_else_has_put_there()
    {
        Begin(isThere: true);
        var one = Put("one", "640");
        File.Delete(Place);
        File.WriteAllText(Place, "theirs");
        using (var replacement = one.Prepare("new"u8))
            Assert.Throws<RunException>(replacement.Commit);
        Assert.Equal("theirs", File.ReadAllText(Place));
        one.Dispose();
        Assert.Equal("theirs", File.ReadAllText(Place));
        Assert.Contains("left as it is", Assert.Single(told), StringComparison.Ordinal);
        AssertNoneHolds("new");
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void First_run_that_ends_first_leaves_the_second_its_file(string first, string second, bool isThere)
    {
        Begin(isThere);
        var one = Put("one", first);
        var two = Put("two", second);
        one.Dispose();
        Assert.Equal("two", File.ReadAllText(Place));
        AssertNoneHolds("one");
        two.Dispose();
        AssertAsBefore(isThere);
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Second_run_that_ends_first_gives_the_first_its_file_back(string first, string second, bool isThere)
    {
        Begin(isThere);
        var one = Put("one", first);
        Put("two", second).Dispose();
        Assert.Equal("one", File.ReadAllText(Place));
        one.Dispose();
        AssertAsBefore(isThere);
    }

    [Theory]
    [InlineData("012")]
    [InlineData("021")]
    [InlineData("102")]
    [InlineData("120")]
    [InlineData("201")]
    [InlineData("210")]
    public void Runs_end_in_any_order(string order)
    {
        foreach (var modes in (string[][])[["640", "640", "640"], ["600", "640", "600"]])
        {
            Begin(isThere: true);
            var runs = modes.Select((mode, i) => Put($"run {i}", mode)).ToList();
            foreach (var i in order)
                runs[i - '0'].Dispose();
            AssertAsBefore(isThere: true);
        }
    }

    [Theory]
    [InlineData("600")]
    [InlineData("640")]
    public void New_content_of_the_first_run_does_not_show_in_the_second(string mode)
    {
        Begin(isThere: true);
        var one = Put("one", mode);
        var two = Put("two", mode);
        using (var replacement = one.Prepare("new"u8))
            replacement.Commit();
        Assert.Equal("two", File.ReadAllText(Place));
        two.Dispose();
        Assert.Equal("new", File.ReadAllText(Place));
        one.Dispose();
        AssertAsBefore(isThere: true);
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task Guard_of_a_killed_run_leaves_the_next_run_its_file(string first, string second, bool isThere)
    {
        using var elsewhere = new TemporaryFolder();
        var lines = elsewhere.At("told");
        var program = elsewhere.File("guard", $"#!/bin/sh\nexec cat > {lines}\n");
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        using var guard = new FileGuard(program);
        Begin(isThere);
        // Not disposed of, as by a kill; but for its memory, which a kill ends too.
        var one = Put("one", first, guard);
        var two = Put("two", second);
        var expected = (first == "640" ? 2 : 0) + (first == "600" && isThere ? 1 : 0);
        while (expected > 0 && (!File.Exists(lines) || (await File.ReadAllLinesAsync(lines)).Length < expected))
            await Task.Delay(5);
        if (expected > 0)
        {
            using var input = new StringReader(await File.ReadAllTextAsync(lines));
            FileGuardServer.Serve(input, () => { });
        }
        else
            one.Dispose();
        Assert.Equal("two", await File.ReadAllTextAsync(Place));
        AssertNoneHolds("one");
        two.Dispose();
        AssertAsBefore(isThere);
        GC.KeepAlive(one);
    }

    [Theory]
    [InlineData("600")]
    [InlineData("640")]
    public void What_something_else_has_put_there_stays_and_what_was_there_is_kept_and_told(string mode)
    {
        Begin(isThere: true);
        var run = Put("one", mode);
        folder.File("other", "of another program");
        File.Move(folder.At("other"), Place, overwrite: true);
        run.Dispose();
        Assert.Equal("of another program", File.ReadAllText(Place));
        var kept = Assert.Single(Directory.GetFileSystemEntries(folder.Path), path => path != Place);
        Assert.Equal("old", File.ReadAllText(kept));
        Assert.Equal(
            $"{Place} is not the file that was put there any more, and is left as it is; what stood there before is kept as {kept}", Assert.Single(told));
    }

    [Fact]
    public void File_that_the_program_has_removed_is_not_missed()
    {
        Begin(isThere: true);
        var run = Put("one", "640");
        File.Delete(Place);
        run.Dispose();
        AssertAsBefore(isThere: true);
    }

    // Agents remove temporary files of theirs that are old, and what is kept may be of any age.
    [Fact]
    public void Agent_that_writes_into_the_folder_does_not_sweep_away_what_is_kept()
    {
        Begin(isThere: true);
        File.SetLastWriteTimeUtc(Place, DateTime.UnixEpoch);
        var run = Put("one", "640");
        TemporaryFile.Sweep(folder.Path);
        run.Dispose();
        AssertAsBefore(isThere: true);
    }

    // As `flock FOLDER kist run …` does.
    [Fact]
    public void Folder_that_something_else_has_locked_stops_no_run()
    {
        using var held = FolderLock.Take(folder.Path);
        Put("one", "640").Dispose();
        AssertAsBefore(isThere: false);
    }

    private void Begin(bool isThere)
    {
        if (isThere)
            File.WriteAllText(Place, "old");
    }

    private IPushedFile Put(string content, string mode, FileGuard? guard = null)
    {
        var file = new FileSpec(Place, []) { Permissions = (UnixFileMode)Convert.ToInt32(mode, 8), Overwrite = true };
        return PushedFile.Put(file, Encoding.UTF8.GetBytes(content), likeSummon: false, guard, told.Add);
    }

    private void AssertAsBefore(bool isThere)
    {
        Assert.Equal(isThere ? [Place] : [], Directory.GetFileSystemEntries(folder.Path));
        Assert.True(!isThere || (FileStamp.Of(Place, followsLink: false)!.IsRegular && File.ReadAllText(Place) == "old"));
        Assert.Empty(told);
    }

    private void AssertNoneHolds(string content) =>
        Assert.All(Directory.GetFileSystemEntries(folder.Path), path => Assert.False(File.Exists(path) && File.ReadAllText(path) == content, path));
}
