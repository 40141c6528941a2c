using System.Runtime.Versioning;
using Kist.Client.Settings;
using Kist.Client.Tests.Fakes;
using Kist.Crypto;

namespace Kist.Client.Tests.Settings;

[UnsupportedOSPlatform("windows")]
public sealed class TokenFileTests : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private readonly TemporaryFolder folder = new();

    [Fact]
    public void A_token_that_was_written_is_read_again()
    {
        var file = new TokenFile(folder.At("token"));
        file.Write(new SecretText("hvs.one"));
        file.Write(new SecretText("hvs.two"));
        Assert.Equal("hvs.two", file.Read()!.Reveal());
        Assert.Single(Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void The_file_is_for_its_owner_alone_even_if_it_was_open_before()
    {
        var path = folder.File("token", "old");
        File.SetUnixFileMode(path, OwnerOnly | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        var file = new TokenFile(path);
        Assert.True(file.IsExposed);
        file.Write(new SecretText("new"));
        Assert.Equal(OwnerOnly, File.GetUnixFileMode(path));
        Assert.False(file.IsExposed);
    }

    [Fact]
    public void A_symbolic_link_is_not_written_through()
    {
        var target = folder.File("target", "precious");
        File.CreateSymbolicLink(folder.At("token"), target);
        var error = Assert.Throws<SettingException>(() => new TokenFile(folder.At("token")).Write(new SecretText("hvs.marked")));
        Assert.Contains("symbolic link", error.Message);
        Assert.DoesNotContain("marked", error.Message);
        Assert.Equal("precious", File.ReadAllText(target));
    }

    [Fact]
    public void A_dangling_link_is_not_written_through()
    {
        File.CreateSymbolicLink(folder.At("token"), folder.At("nowhere"));
        Assert.Throws<SettingException>(() => new TokenFile(folder.At("token")).Write(new SecretText("t")));
        Assert.False(File.Exists(folder.At("nowhere")));
    }

    [Fact]
    public void A_failed_write_leaves_nothing_behind()
    {
        Directory.CreateDirectory(folder.At("token"));
        Assert.Throws<SettingException>(() => new TokenFile(folder.At("token")).Write(new SecretText("t")));
        Assert.Empty(Directory.GetFiles(folder.Path));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" \n")]
    public void An_empty_file_holds_no_token(string content) => Assert.Null(new TokenFile(folder.File("token", content)).Read());

    [Fact]
    public void An_absent_file_holds_no_token() => Assert.Null(new TokenFile(folder.At("token")).Read());

    [Fact]
    public void White_space_around_a_token_does_not_count() =>
        Assert.Equal("hvs.x", new TokenFile(folder.File("token", " hvs.x\r\n")).Read()!.Reveal());

    [Fact]
    public void A_huge_file_is_not_taken_for_a_token() =>
        Assert.Throws<SettingException>(() => new TokenFile(folder.File("token", new string('x', 100_000))).Read());

    public void Dispose() => folder.Dispose();
}
