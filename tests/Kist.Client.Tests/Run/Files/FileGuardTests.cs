using System.Text;
using Kist.Client.Agent.Secrets;
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
        Serve($"{Line(folder.At("gone"))}{Line(alone)}{Line(placed, kept, Identity(placed))}");
        Assert.Equal([placed], Directory.GetFiles(folder.Path));
        Assert.Equal("old", File.ReadAllText(placed));
    }

    // A kill comes between any two steps: the guard is told before the first of them.
    [Fact]
    public void What_is_kept_comes_back_whatever_was_done_when_the_kill_came()
    {
        var (place, made, kept) = (folder.At("place"), folder.File(".kist-run-1", "new"), folder.At(".kist-run-2"));
        var told = $"{Line(made)}{Line(place, kept, Identity(made))}";
        File.WriteAllText(place, "old");
        Serve(told);
        Assert.Equal("old", File.ReadAllText(Assert.Single(Directory.GetFiles(folder.Path))));
        File.WriteAllText(made, "new");
        File.Move(place, kept);
        Serve(told);
        Assert.Equal("old", File.ReadAllText(Assert.Single(Directory.GetFiles(folder.Path))));
    }

    [Fact]
    public void Files_stay_when_all_went_well()
    {
        var file = folder.File("a", "");
        Serve(Line(file) + "done\n");
        Assert.True(File.Exists(file));
    }

    private static string Line(string path, string kept = "", string own = "") => $"{Base64(path)} {Base64(kept)} {Base64(own)}\n";

    private static string Identity(string path) => FileStamp.Of(path, followsLink: false)!.Identity;

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private static void Serve(string input)
    {
        using var reader = new StringReader(input);
        FileGuardServer.Serve(reader, () => { });
    }
}
