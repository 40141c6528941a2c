using Kist.Client.Agent.Secrets;
using Kist.Client.Agent.Templates;
using Kist.Client.Templates;
using Kist.Client.Tests.Fakes;
using Kist.Crypto;
using Kist.Client.Tests.Hosting.Agent;

namespace Kist.Client.Tests.Agent.Templates;

/// <summary>What is written where, and what is left when that fails.</summary>
public sealed class RenderedFileTests : IDisposable
{
    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void New_file_has_vaults_mode_and_missing_folders_are_made()
    {
        var path = folder.At("x/y/app.conf");
        Assert.True(new RenderedFile(path).Write("a"u8));
        Assert.Equal("a", File.ReadAllText(path));
        Assert.Equal(Owner | UnixFileMode.GroupRead | UnixFileMode.OtherRead, File.GetUnixFileMode(path));
        Assert.Equal([path], Directory.GetFiles(folder.At("x/y")));
    }

    [Fact]
    public void Same_content_is_not_written_again()
    {
        var path = folder.File("a", "same");
        var before = FileStamp.Of(path);
        Assert.False(new RenderedFile(path).Write("same"u8));
        Assert.Equal(before, FileStamp.Of(path));
    }

    [Fact]
    public void Mode_of_the_file_that_stands_is_kept_and_a_wanted_one_set()
    {
        var path = folder.File("a", "one");
        File.SetUnixFileMode(path, Owner | UnixFileMode.GroupRead);
        Assert.True(new RenderedFile(path).Write("two"u8));
        Assert.Equal(Owner | UnixFileMode.GroupRead, File.GetUnixFileMode(path));
        Assert.True(new RenderedFile(path) { Mode = Owner }.Write("two"u8));
        Assert.Equal(Owner, File.GetUnixFileMode(path));
    }

    [Fact]
    public void Reader_that_has_it_open_goes_on_with_the_last_state()
    {
        var path = folder.File("a", "one");
        using var reader = File.OpenText(path);
        new RenderedFile(path).Write("two"u8);
        Assert.Equal("one", reader.ReadToEnd());
        Assert.Equal("two", File.ReadAllText(path));
    }

    [Fact]
    public void Link_is_replaced_and_what_it_leads_to_left_alone()
    {
        var other = folder.File("other", "theirs");
        File.CreateSymbolicLink(folder.At("a"), other);
        new RenderedFile(folder.At("a")).Write("mine"u8);
        Assert.Equal("theirs", File.ReadAllText(other));
        Assert.Null(new FileInfo(folder.At("a")).LinkTarget);
    }

    [Fact]
    public void Last_file_is_kept_where_that_is_wanted()
    {
        var path = folder.File("a", "one");
        var file = new RenderedFile(path) { KeepsLast = true };
        file.Write("two"u8);
        Assert.Equal("one", File.ReadAllText(path + ".bak"));
        file.Write("three"u8);
        Assert.Equal(("two", "three"), (File.ReadAllText(path + ".bak"), File.ReadAllText(path)));
        Assert.Equal(2, Directory.GetFiles(folder.Path).Length);
    }

    [Fact]
    public void File_that_cannot_be_given_to_its_owner_is_not_written()
    {
        var path = folder.File("a", "one");
        var fault = Assert.Throws<IOException>(() => new RenderedFile(path) { User = "nobody-of-this-name" }.Write("two"u8));
        Assert.Contains("there is no user \"nobody-of-this-name\"", fault.Message, StringComparison.Ordinal);
        Assert.Throws<IOException>(() => new RenderedFile(folder.Path).Write("x"u8));
        Assert.Equal("one", File.ReadAllText(path));
        Assert.Equal([path], Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void Folders_are_not_made_where_that_is_switched_off()
    {
        Assert.ThrowsAny<IOException>(() => new RenderedFile(folder.At("x/a")) { MakesFolders = false }.Write("a"u8));
        Assert.False(Directory.Exists(folder.At("x")));
    }

    [Fact]
    public void What_a_killed_agent_left_is_removed_and_nothing_else()
    {
        var left = folder.File(".kist-0123456789abcdef", "secret");
        var theirs = folder.File(".kist-notes", "x");
        var fresh = folder.File(".kist-fedcba9876543210", "secret");
        foreach (var old in (string[])[left, theirs])
            File.SetLastWriteTimeUtc(old, new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        new RenderedFile(folder.At("a")).Write("a"u8);
        Assert.False(File.Exists(left));
        Assert.True(File.Exists(theirs) && File.Exists(fresh));
    }

    [Fact]
    public void Device_is_not_replaced()
    {
        Assert.Throws<IOException>(() => new RenderedFile("/dev/null").Write("a"u8));
        Assert.False(FileStamp.Of("/dev/null")!.IsRegular);
    }

    [FactAsRoot]
    public void Owner_is_set_and_kept_by_root()
    {
        var path = folder.At("a");
        new RenderedFile(path) { User = "12345", Group = "daemon", Mode = Owner }.Write("one"u8);
        Assert.Equal((12345u, 1u), (FileStamp.Of(path)!.User, FileStamp.Of(path)!.Group));
        new RenderedFile(path).Write("two"u8);
        Assert.Equal((12345u, 1u, Owner), (FileStamp.Of(path)!.User, FileStamp.Of(path)!.Group, FileStamp.Of(path)!.Mode));
        // Somebody else's file of the same content is given back.
        Assert.True(new RenderedFile(path) { User = "0" }.Write("two"u8));
        Assert.Equal(0u, FileStamp.Of(path)!.User);
    }

    [FactAsRoot]
    public void Owner_is_not_taken_from_a_file_that_anybody_may_have_put_there()
    {
        var path = folder.At("a");
        new RenderedFile(path) { User = "12345", Mode = Owner | UnixFileMode.OtherWrite }.Write("one"u8);
        File.SetUnixFileMode(folder.Path, (UnixFileMode)Convert.ToInt32("1777", 8));
        // Not even when its content is the same.
        Assert.True(new RenderedFile(path).Write("one"u8));
        Assert.Equal((0u, Owner | UnixFileMode.GroupRead | UnixFileMode.OtherRead), (FileStamp.Of(path)!.User, FileStamp.Of(path)!.Mode));
        // To whom it is to belong may have it.
        new RenderedFile(path) { User = "12345", Mode = Owner }.Write("one"u8);
        Assert.False(new RenderedFile(path) { User = "12345" }.Write("one"u8));
    }

    [Fact]
    public void What_makes_a_file_run_as_its_owner_is_not_kept()
    {
        var path = folder.File("a", "one");
        File.SetUnixFileMode(path, Owner | UnixFileMode.SetUser | UnixFileMode.SetGroup);
        Assert.True(new RenderedFile(path).Write("two"u8));
        Assert.Equal(Owner, File.GetUnixFileMode(path));
    }

    [Fact]
    public void Link_that_takes_the_place_of_the_file_that_was_looked_at_is_not_read()
    {
        var path = folder.File("a", "one");
        var looked = FileStamp.Of(path, followsLink: false)!;
        using (var file = RegularFile.Open(path, looked))
            Assert.Equal(3, file.Length);
        var theirs = folder.File("shadow", "theirs");
        File.Delete(path);
        File.CreateSymbolicLink(path, theirs);
        Assert.Throws<IOException>(() => RegularFile.Open(path, looked));
    }

    [Fact]
    public void Calls_of_a_template_make_one_file_and_the_same_text_is_not_appended_twice()
    {
        var path = folder.At("chain.pem");
        TemplateFile[] calls = [Call(path, "cert\n", false), Call(path, "ca\n", true)];
        Assert.True(TemplateFileWriter.Write(calls));
        Assert.Equal("cert\nca\n", File.ReadAllText(path));
        Assert.False(TemplateFileWriter.Write(calls));
        Assert.True(TemplateFileWriter.Write([Call(path, "more\n", true)]));
        Assert.False(TemplateFileWriter.Write([Call(path, "more\n", true)]));
        Assert.Equal("cert\nca\nmore\n", File.ReadAllText(path));
        Assert.True(TemplateFileWriter.Write([Call(path, "void", true), Call(path, "new", false)]));
        Assert.Equal("new", File.ReadAllText(path));
    }

    private static TemplateFile Call(string path, string text, bool appends) => new(path, "", "", Owner, appends, new SecretText(text));
}
