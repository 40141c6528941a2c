using System.Text;
using Kist.Client.Run.Files;
using Kist.Client.Tests.Fakes;

namespace Kist.Client.Tests.Run.Files;

/// <summary>What the guard of files does when its input ends. That a kill ends it, the end-to-end tests show.</summary>
public sealed class FileGuardTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Files_are_removed_or_put_back_at_the_end()
    {
        var (alone, placed, kept) = (folder.File("a b\n", ""), folder.File("placed", "new"), folder.File("kept", "old"));
        Serve($"{Line(folder.At("gone"), "")}{Line(alone, "")}{Line(placed, kept)}");
        Assert.Equal([placed], Directory.GetFiles(folder.Path));
        Assert.Equal("old", File.ReadAllText(placed));
    }

    [Fact]
    public void Files_stay_when_all_went_well()
    {
        var file = folder.File("a", "");
        Serve(Line(file, "") + "done\n");
        Assert.True(File.Exists(file));
    }

    private static string Line(string path, string kept) => $"{Base64(path)} {Base64(kept)}\n";

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private static void Serve(string input)
    {
        using var reader = new StringReader(input);
        FileGuardServer.Serve(reader, () => { });
    }
}
