using System.Runtime.CompilerServices;
using Kist.Wire.Hcl;

namespace Kist.Wire.Tests.Hcl;

/// <summary>Each file of Golden/ is parsed and its tree compared with the file of the same name that ends in <c>.tree</c>.</summary>
public sealed class HclGoldenTests
{
    public static TheoryData<string> Inputs()
    {
        var inputs = Directory.GetFiles(Folder()).Where(f => !f.EndsWith(".tree", StringComparison.Ordinal)).Select(f => Path.GetFileName(f));
        return [.. inputs.Order(StringComparer.Ordinal)];
    }

    [Theory]
    [MemberData(nameof(Inputs))]
    public void File_parses_to_its_tree(string input)
    {
        var path = Path.Combine(Folder(), input);
        var tree = TreeText.Of(HclDocument.Parse(File.ReadAllText(path)).Root, positions: true);
        Assert.Equal(File.ReadAllText(path + ".tree"), tree);
    }

    [Fact]
    public void Golden_folder_holds_both_syntaxes()
    {
        var extensions = Directory.GetFiles(Folder()).Select(f => Path.GetExtension(f)).ToHashSet(StringComparer.Ordinal);
        Assert.Superset(new HashSet<string>([".hcl", ".json", ".tree"], StringComparer.Ordinal), extensions);
    }

    private static string Folder([CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, "Golden");
}
