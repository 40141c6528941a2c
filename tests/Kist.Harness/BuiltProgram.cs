using System.Diagnostics;

namespace Kist.Harness;

/// <summary>Where the repository and the built program are.</summary>
public static class BuiltProgram
{
    /// <summary>The repository's root, found upwards from the running assembly.</summary>
    public static string Repository { get; } = FindRepository();

    /// <summary>The program as built in the configuration of the running assembly.</summary>
    public static string Path { get; } = FindProgram();

    /// <summary>The program as <c>./kist</c> builds and runs it: ahead of time where it can be.</summary>
    public static string Published => System.IO.Path.Combine(Repository, ".build", "kist", "kist");

    /// <summary>A start of the program with standard input closed and its output piped.</summary>
    public static ProcessStartInfo Start(params IEnumerable<string> arguments) => Start(Path, arguments);

    /// <summary>A start of <paramref name="program"/> (a link to it, a wrapper) with standard input closed and its output piped.</summary>
    public static ProcessStartInfo Start(string program, IEnumerable<string> arguments) => new(program, arguments)
    {
        UseShellExecute = false,
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    };

    private static string FindRepository()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(directory.FullName, "Kist.slnx")))
                return directory.FullName;
        }
        throw new InvalidOperationException($"no Kist.slnx above {AppContext.BaseDirectory}");
    }

    private static string FindProgram()
    {
        // bin/Release/net10.0/ of this assembly and of the program have the same last two names.
        var own = new DirectoryInfo(AppContext.BaseDirectory);
        var program = System.IO.Path.Combine(FindRepository(), "src", "Kist", "bin", own.Parent!.Name, own.Name, "kist");
        return File.Exists(program) ? program : throw new InvalidOperationException($"{program} is not built");
    }
}
