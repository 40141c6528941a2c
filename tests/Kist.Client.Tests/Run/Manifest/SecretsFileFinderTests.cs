using Kist.Client.Run;
using Kist.Client.Run.Manifest;
using Kist.Client.Tests.Fakes;

namespace Kist.Client.Tests.Run.Manifest;

/// <summary><c>--up</c>: 16 of Summon's edge cases.</summary>
public sealed class SecretsFileFinderTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void File_is_found_three_levels_up()
    {
        var file = folder.File("up.yml", "");
        var deep = Directory.CreateDirectory(folder.At("a/b/c")).FullName;
        Assert.Equal(file, SecretsFileFinder.FindUpwards("up.yml", deep));
    }

    [Fact]
    public void Folder_of_that_name_is_no_file()
    {
        var file = folder.File("up.yml", "");
        Directory.CreateDirectory(folder.At("a/up.yml"));
        Assert.Equal(file, SecretsFileFinder.FindUpwards("up.yml", folder.At("a")));
    }

    [Fact]
    public void Absolute_path_is_refused() => Assert.Equal(
        "file specified (/a/b.yml) is an absolute path: will not recurse up",
        Assert.Throws<RunException>(() => SecretsFileFinder.FindUpwards("/a/b.yml", folder.Path)).Message);

    [Fact]
    public void Absence_is_told_at_the_root() => Assert.Equal(
        "unable to locate file specified (nowhere-at-all.yml): reached root of file system",
        Assert.Throws<RunException>(() => SecretsFileFinder.FindUpwards("nowhere-at-all.yml", folder.Path)).Message);

    [Fact]
    public void What_cannot_be_looked_at_ends_the_search()
    {
        File.CreateSymbolicLink(folder.At("loop"), folder.At("loop"));
        var failure = Assert.Throws<RunException>(() => SecretsFileFinder.FindUpwards("loop/x.yml", folder.Path));
        Assert.StartsWith("unable to locate file specified (loop/x.yml): ", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("reached root", failure.Message);
    }
}
