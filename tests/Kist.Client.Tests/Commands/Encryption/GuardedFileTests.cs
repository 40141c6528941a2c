using System.Net.Sockets;
using Kist.Client.Tests.Fakes;
using Kist.Commands.Cli;
using Kist.Commands.Encryption.Files;

namespace Kist.Client.Tests.Commands.Encryption;

/// <summary>A crash or a full disk at any step leaves the old file or the new one, whole.</summary>
public sealed class GuardedFileTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public static TheoryData<string> CreateSteps => ["place", "flush"];

    public static TheoryData<string> ReplaceSteps => ["keep", "write", "place", "flush"];

    private string Path => folder.At("config.yaml");

    [Theory]
    [MemberData(nameof(CreateSteps))]
    public void Crash_while_it_is_made_leaves_nothing_or_all(string step)
    {
        Assert.Throws<CrashException>(() => At(step, new CrashException()).Create("new"u8));
        Assert.Equal(step == "flush", File.Exists(Path));
        if (step != "flush")
            new GuardedFile(Path).Create("new"u8);
        Assert.Equal("new", File.ReadAllText(Path));
        Assert.Equal([Path], Directory.GetFiles(folder.Path));
    }

    [Theory]
    [MemberData(nameof(ReplaceSteps))]
    public void Crash_while_it_is_replaced_leaves_the_old_or_the_new(string step)
    {
        folder.File("config.yaml", "old");
        Assert.Throws<CrashException>(() => At(step, new CrashException()).Replace("old"u8, "new"u8, folder.At("copy")));
        Assert.Equal(step == "flush" ? "new" : "old", File.ReadAllText(Path));

        // The next run is not held up by what the crash left, and clears it away.
        var file = new GuardedFile(Path);
        file.Replace(file.Read(), "newer"u8, folder.At("copy-2"));
        Assert.Equal("newer", File.ReadAllText(Path));
        Assert.Empty(Directory.GetFiles(folder.Path, ".*"));
    }

    [Theory]
    [MemberData(nameof(CreateSteps))]
    public void Full_disk_while_it_is_made_leaves_nothing_behind(string step)
    {
        var failed = Assert.Throws<ExitException>(() => At(step, new IOException("No space left on device")).Create("new"u8));
        Assert.Equal(step == "flush", File.Exists(Path));
        Assert.Empty(Directory.GetFiles(folder.Path, ".*"));
        Assert.NotEmpty(failed.Message);
    }

    [Theory]
    [MemberData(nameof(ReplaceSteps))]
    public void Full_disk_while_it_is_replaced_leaves_a_whole_file(string step)
    {
        folder.File("config.yaml", "old");
        var failed = Assert.Throws<ExitException>(
            () => At(step, new IOException("No space left on device")).Replace("old"u8, "new"u8, folder.At("copy")));
        Assert.Contains("No space left", failed.Message, StringComparison.Ordinal);
        Assert.Equal(step == "flush" ? "new" : "old", File.ReadAllText(Path));
        Assert.Empty(Directory.GetFiles(folder.Path, ".*"));
    }

    [Fact]
    public void Replaced_file_keeps_its_mode_and_the_old_one_is_kept_for_its_owner_alone()
    {
        const UnixFileMode Group = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;
        folder.File("config.yaml", "old");
        File.SetUnixFileMode(Path, Group);
        new GuardedFile(Path).Replace("old"u8, "new"u8, folder.At("copy"));
        Assert.Equal(("new", "old"), (File.ReadAllText(Path), File.ReadAllText(folder.At("copy"))));
        Assert.Equal(Group, File.GetUnixFileMode(Path));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(folder.At("copy")));
    }

    [Fact]
    public void Replaced_file_stays_its_owners()
    {
        if (!Environment.IsPrivilegedProcess)
            return;
        folder.File("config.yaml", "old");
        new FileOwner(2000, 2001).Give(Path);
        new GuardedFile(Path).Replace("old"u8, "new"u8, folder.At("copy"));
        Assert.Equal(new FileOwner(2000, 2001), FileOwner.Of(Path));
        Assert.Equal(new FileOwner(2000, 2001), FileOwner.Of(folder.At("copy")));
    }

    [Fact]
    public void Somebody_elses_change_is_not_lost()
    {
        folder.File("config.yaml", "theirs");
        Assert.Throws<ExitException>(() => new GuardedFile(Path).Replace("old"u8, "new"u8, folder.At("copy")));
        Assert.Equal("theirs", File.ReadAllText(Path));
        Assert.False(File.Exists(folder.At("copy")));
    }

    [Fact]
    public void Two_at_once_do_not_both_write()
    {
        folder.File("config.yaml", "old");
        ExitException? second = null;
        var first = new GuardedFile(Path)
        {
            Reached = step => second ??= step == "place" ? Assert.Throws<ExitException>(() => new GuardedFile(Path).Replace("old"u8, "second"u8, folder.At("b"))) : null,
        };
        first.Replace("old"u8, "first"u8, folder.At("a"));
        Assert.Contains("being changed by somebody else", second?.Message, StringComparison.Ordinal);
        Assert.Equal("first", File.ReadAllText(Path));
    }

    [Fact]
    public void Turn_that_cannot_be_taken_for_another_reason_is_not_laid_to_somebody_else()
    {
        folder.File("config.yaml", "old");
        using var inTheWay = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        inTheWay.Bind(new UnixDomainSocketEndPoint(folder.At(".config.yaml.kist-lock")));
        var failed = Assert.Throws<ExitException>(() => new GuardedFile(Path).Replace("old"u8, "new"u8, folder.At("copy")));
        Assert.StartsWith($"cannot write {Path}: ", failed.Message, StringComparison.Ordinal);
        Assert.Equal("old", File.ReadAllText(Path));
    }

    [Fact]
    public void Link_stays_one_and_what_it_points_to_is_replaced()
    {
        var target = folder.File("real.yaml", "old");
        File.CreateSymbolicLink(Path, target);
        new GuardedFile(Path).Replace("old"u8, "new"u8, folder.At("copy"));
        Assert.Equal(target, new FileInfo(Path).LinkTarget);
        Assert.Equal("new", File.ReadAllText(target));
    }

    [Fact]
    public void What_is_no_regular_file_is_said_to_be_none()
    {
        var refused = Assert.Throws<ExitException>(() => new GuardedFile(folder.Path).Read());
        Assert.EndsWith("it is a folder", refused.Message, StringComparison.Ordinal);
        refused = Assert.Throws<ExitException>(() => new GuardedFile("/dev/zero").Read());
        Assert.EndsWith("it is no regular file; to lint, explain or restore what comes through a pipe, give - for standard input", refused.Message, StringComparison.Ordinal);
        refused = Assert.Throws<ExitException>(() => new GuardedFile(""));
        Assert.Contains("is a variable not set?", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Copies_of_one_second_have_names_of_their_own()
    {
        var file = new GuardedFile(folder.File("config.yaml", "old"));
        var first = file.CopyPath(DateTimeOffset.UnixEpoch);
        Assert.Equal(folder.At("config.yaml.before-19700101T000000Z"), first);
        File.WriteAllText(first, "");
        Assert.Equal(first + "-2", file.CopyPath(DateTimeOffset.UnixEpoch));
    }

    public void Dispose() => folder.Dispose();

    private GuardedFile At(string step, Exception fault) => new(Path)
    {
        Reached = reached =>
        {
            if (reached == step)
                throw fault;
        },
    };
}

/// <summary>No failure of the disk: nothing is tidied up after it.</summary>
public sealed class CrashException : Exception;
