using System.Runtime.CompilerServices;

namespace Kist.Client.Tests.Fakes;

/// <summary>Files of the source tree that tests compare with. KIST_RENEW=1 renews them instead.</summary>
internal static class Repository
{
    private static readonly bool Renew = Environment.GetEnvironmentVariable("KIST_RENEW") == "1";

    public static string Root { get; } = FindRoot();

    /// <summary>Compares with a file whose path is relative to the root.</summary>
    public static void AssertSame(string file, string actual)
    {
        var path = Path.Combine(Root, file);
        if (Renew)
            File.WriteAllText(path, actual);
        Assert.True(File.Exists(path), $"{file} is missing; run the test with KIST_RENEW=1 and look at what it writes");
        Assert.Equal(File.ReadAllText(path), actual);
    }

    /// <summary>Compares with a golden file of the CLI.</summary>
    public static void AssertGolden(string name, string actual) => AssertSame($"tests/Kist.Client.Tests/Commands/Golden/{name}", actual);

    private static string FindRoot([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../../.."));
}
