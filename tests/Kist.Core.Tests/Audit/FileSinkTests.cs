using System.Runtime.Versioning;
using System.Text;
using Kist.Core.Audit;
using Microsoft.Win32.SafeHandles;

namespace Kist.Core.Tests.Audit;

[SupportedOSPlatform("linux")]
public sealed class FileSinkTests : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const string Record = "{\"time\":\"2025-03-01T12:00:00Z\",\"type\":\"request\",\"request\":{}}\n";

    private readonly string folder = Directory.CreateTempSubdirectory("kist-audit-").FullName;

    private string Log => Path.Combine(folder, "audit.log");

    [Fact]
    public void New_file_is_for_its_owner_only()
    {
        using var sink = Sink();
        Write(sink, Record);
        Assert.Equal(OwnerOnly, File.GetUnixFileMode(Log));
        Assert.Equal(Record, File.ReadAllText(Log));
    }

    [Fact]
    public void Mode_is_set_on_new_and_existing_files_whatever_the_umask()
    {
        const UnixFileMode GroupReads = OwnerOnly | UnixFileMode.GroupRead | UnixFileMode.OtherRead | UnixFileMode.GroupWrite;
        using (var sink = Sink(GroupReads))
            Write(sink, Record);
        Assert.Equal(GroupReads, File.GetUnixFileMode(Log));
        using (var sink = Sink())
            Write(sink, Record);
        Assert.Equal(OwnerOnly, File.GetUnixFileMode(Log));
        File.SetUnixFileMode(Log, GroupReads);
        using (var sink = Sink(null))
            Write(sink, Record);
        Assert.Equal(GroupReads, File.GetUnixFileMode(Log));
    }

    [Fact]
    public void Earlier_records_are_continued()
    {
        File.WriteAllText(Log, Record);
        using var sink = Sink();
        Write(sink, Record);
        Assert.Equal(Record + Record, File.ReadAllText(Log));
    }

    [Fact]
    public void Half_a_line_that_a_crash_left_does_not_spoil_the_next()
    {
        File.WriteAllText(Log, Record + "{\"time\":\"20");
        using var sink = Sink();
        Write(sink, Record);
        Write(sink, Record);
        Assert.Equal($"{Record}{{\"time\":\"20\n{Record}{Record}", File.ReadAllText(Log));
    }

    [Theory]
    [InlineData("root:x:0:0::/root:/bin/bash\n")]
    [InlineData("{\"a\":1}\n")]
    [InlineData("{\"time\":\"2025-03-01T12:00:00Z\",\"type\":\"other\"}\n")]
    [InlineData("{\"time\":\"yesterday\",\"type\":\"request\"}\n")]
    [InlineData("{\"time\":1,\"type\":\"request\"}\n")]
    [InlineData("{\"time\":\"2025-03-01T12:00:00Z\"")]
    [InlineData("\n")]
    [InlineData("[")]
    public void File_of_something_else_is_refused_and_left_alone(string content)
    {
        File.WriteAllText(Log, content);
        File.SetUnixFileMode(Log, OwnerOnly | UnixFileMode.GroupRead);
        using var sink = Sink();
        Assert.Contains("first line is no audit record", Refused(sink));
        Assert.Equal(content, File.ReadAllText(Log));
        Assert.Equal(OwnerOnly | UnixFileMode.GroupRead, File.GetUnixFileMode(Log));
    }

    [Fact]
    public void Symbolic_link_is_refused_even_to_an_audit_file()
    {
        var target = Path.Combine(folder, "target.log");
        File.WriteAllText(target, Record);
        File.CreateSymbolicLink(Log, target);
        using var sink = Sink();
        Assert.Contains("is a symbolic link", Refused(sink));
        Assert.Equal(Record, File.ReadAllText(target));
    }

    [Fact]
    public void Dangling_link_creates_nothing()
    {
        var target = Path.Combine(folder, "target.log");
        File.CreateSymbolicLink(Log, target);
        using var sink = Sink();
        Refused(sink);
        Assert.False(File.Exists(target));
    }

    [Theory]
    [InlineData("/dev/full")]
    [InlineData("/dev/zero")]
    public void Device_file_is_refused(string path)
    {
        using var sink = new FileSink(new AuditDeviceOptions { Target = path });
        Assert.Contains("is not a regular file", Refused(sink));
    }

    [Fact]
    public void Folder_or_missing_folder_is_refused_with_the_cause()
    {
        using var inFolder = new FileSink(new AuditDeviceOptions { Target = folder });
        Assert.StartsWith($"audit file {folder}: ", Refused(inFolder));
        using var missing = new FileSink(new AuditDeviceOptions { Target = Path.Combine(folder, "no", "audit.log") });
        Assert.Contains("No such file or directory", Refused(missing));
    }

    [Fact]
    public void Reopening_follows_a_rotation()
    {
        using var sink = Sink();
        Write(sink, Record);
        File.Move(Log, Log + ".1");
        Write(sink, Record);
        sink.Reopen();
        Write(sink, Record);
        Assert.Equal(Record + Record, File.ReadAllText(Log + ".1"));
        Assert.Equal(Record, File.ReadAllText(Log));
        Assert.Equal(OwnerOnly, File.GetUnixFileMode(Log));
    }

    [Fact]
    public void Reopening_that_is_refused_keeps_the_old_file()
    {
        using var sink = Sink();
        Write(sink, Record);
        File.Move(Log, Log + ".1");
        File.CreateSymbolicLink(Log, Path.Combine(folder, "elsewhere"));
        Assert.Throws<IOException>(sink.Reopen);
        Write(sink, Record);
        Assert.Equal(Record + Record, File.ReadAllText(Log + ".1"));
    }

    [Fact]
    public void File_that_could_not_be_opened_is_tried_again()
    {
        using var sink = new FileSink(new AuditDeviceOptions { Target = Path.Combine(folder, "later", "audit.log") });
        Refused(sink);
        Directory.CreateDirectory(Path.Combine(folder, "later"));
        Write(sink, Record);
        Assert.Equal(Record, File.ReadAllText(Path.Combine(folder, "later", "audit.log")));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(70)]
    public void Burst_cut_by_a_full_disk_is_taken_back(int room)
    {
        var disk = new SmallDisk { Room = int.MaxValue };
        using var sink = new FileSink(Options(), disk.Take);
        Write(sink, Record);
        disk.Room = room;
        Assert.Contains("No space left", Assert.Throws<IOException>(() => Write(sink, Record + Record)).Message);
        Assert.Equal(Record, File.ReadAllText(Log));
        disk.Room = int.MaxValue;
        Write(sink, Record);
        Assert.Equal(Record + Record, File.ReadAllText(Log));
    }

    [Fact]
    public void Burst_cut_after_somebody_else_wrote_is_ended_not_taken_back()
    {
        var disk = new SmallDisk { Room = int.MaxValue };
        using var sink = new FileSink(Options(), disk.Take);
        Write(sink, Record);
        File.AppendAllText(Log, Record);
        disk.Room = 5;
        Assert.Throws<IOException>(() => Write(sink, Record));
        disk.Room = int.MaxValue;
        Write(sink, Record);
        Assert.Equal($"{Record}{Record}{Record[..5]}\n{Record}", File.ReadAllText(Log));
    }

    [Fact]
    public void Short_writes_are_continued()
    {
        var disk = new SmallDisk { Room = int.MaxValue, Most = 3 };
        using var sink = new FileSink(Options() with { Fsync = true }, disk.Take);
        Write(sink, Record + Record);
        Assert.Equal(Record + Record, File.ReadAllText(Log));
    }

    [Fact]
    public void Truncation_by_a_rotation_that_copies_is_followed()
    {
        using var sink = Sink();
        Write(sink, Record);
        using (var file = File.OpenWrite(Log))
            file.SetLength(0);
        Write(sink, Record);
        Assert.Equal(Record, File.ReadAllText(Log));
    }

    [Fact]
    public void Standard_output_that_is_full_or_closed_refuses()
    {
        using var full = File.OpenHandle("/dev/full", FileMode.Open, FileAccess.Write);
        using var sink = new StandardOutputSink(full);
        Assert.Contains("No space left", Refused(sink));
    }

    [Fact]
    public void Standard_output_gets_lines()
    {
        using var file = File.OpenHandle(Log, FileMode.CreateNew, FileAccess.Write);
        using var sink = new StandardOutputSink(file);
        Write(sink, Record);
        Write(sink, Record);
        Assert.Equal(Record + Record, File.ReadAllText(Log));
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static void Write(IAuditSink sink, string lines) => sink.Write(Encoding.UTF8.GetBytes(lines));

    private static string Refused(IAuditSink sink) => Assert.Throws<IOException>(() => Write(sink, Record)).Message;

    private AuditDeviceOptions Options() => new() { Target = Log };

    private FileSink Sink(UnixFileMode? mode = OwnerOnly) => new(Options() with { Mode = mode });

    /// <summary>A disk with room for some more bytes, which takes at most so many at once.</summary>
    private sealed class SmallDisk
    {
        public int Room { get; set; }

        public int Most { get; init; } = int.MaxValue;

        public int Take(SafeFileHandle handle, ReadOnlySpan<byte> bytes)
        {
            if (Room == 0)
                throw new IOException("No space left on device");
            var written = Posix.Write(handle, bytes[..Math.Min(bytes.Length, Math.Min(Room, Most))]);
            Room -= written;
            return written;
        }
    }
}
