using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Kist.EndToEnd.Tests;

/// <summary>Which project may refer to which, read from the built assemblies.</summary>
public sealed class HouseRulesTests
{
    private const string Program = "kist";
    private static readonly string[] Foundations = ["Kist.Crypto", "Kist.Wire"];

    // Libraries whose commands are still to come. One that the program uses must not stand here.
    private static readonly string[] Unused = [];

    [Fact]
    public void Crypto_and_wire_refer_to_no_other_project() =>
        Assert.All(Foundations, name => Assert.Empty(References(name)));

    [Fact]
    public void Core_refers_to_crypto_and_wire_alone() =>
        Assert.Subset(Foundations.ToHashSet(), References("Kist.Core"));

    [Fact]
    public void Engines_storage_and_dialects_refer_to_the_core_and_never_to_one_another() =>
        Assert.All(Outer(), name => Assert.Subset(Foundations.Append("Kist.Core").ToHashSet(), References(name)));

    [Fact]
    public void Only_the_program_refers_to_all() =>
        Assert.Equal(Unused.ToHashSet(), Outer().Except(References(Program)).ToHashSet());

    [Fact]
    public void The_driver_of_PostgreSQL_stands_behind_the_engines_alone() =>
        Assert.Equal(["Kist.Engines"], Assemblies().Keys.Where(name => AllReferences(name).Contains("Npgsql")));

    [Fact]
    public void References_are_read_at_all() => Assert.Contains("Kist.Core", References("Kist.Storage.Sqlite"));

    // Every project of src/ that is neither the program, nor the core, nor a foundation.
    private static List<string> Outer()
    {
        var names = Assemblies().Keys.Except([.. Foundations, "Kist.Core", Program]).ToList();
        Assert.Contains("Kist.Engines", names);
        Assert.Contains("Kist.Kubernetes", names);
        return names;
    }

    private static Dictionary<string, string> Assemblies() =>
        Directory.EnumerateFiles(AppContext.BaseDirectory, "*.dll")
            .Where(file => IsOurs(Path.GetFileNameWithoutExtension(file)))
            .ToDictionary(file => Path.GetFileNameWithoutExtension(file), StringComparer.Ordinal);

    private static bool IsOurs(string name) =>
        name == Program || (name.StartsWith("Kist.", StringComparison.Ordinal) && !name.EndsWith(".Tests", StringComparison.Ordinal) && name != "Kist.Harness");

    private static HashSet<string> References(string name) => [.. AllReferences(name).Where(IsOurs)];

    private static HashSet<string> AllReferences(string name)
    {
        using var file = new PEReader(File.OpenRead(Assemblies()[name]));
        var metadata = file.GetMetadataReader();
        return [.. metadata.AssemblyReferences.Select(r => metadata.GetString(metadata.GetAssemblyReference(r).Name))];
    }
}
