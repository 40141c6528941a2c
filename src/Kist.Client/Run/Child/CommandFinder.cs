namespace Kist.Client.Run.Child;

/// <summary>Finds the executable that a command names, as a shell does, but never in a folder that PATH names relatively.</summary>
public static class CommandFinder
{
    private const string DefaultPath = "/usr/local/bin:/usr/bin:/bin";

    /// <summary>The executable's path.</summary>
    /// <param name="command">A name, or a path when it has a slash.</param>
    /// <param name="searchPath">PATH; null for the system's usual one.</param>
    /// <exception cref="RunException">There is none, or it is not executable.</exception>
    public static string Find(string command, string? searchPath)
    {
        if (command.Contains('/', StringComparison.Ordinal))
            return Check(command);
        string? refused = null;
        foreach (var folder in (searchPath ?? DefaultPath).Split(':'))
        {
            var candidate = Path.Combine(folder, command);
            if (!Path.IsPathRooted(folder) || command.Length == 0 || !File.Exists(candidate))
                continue;
            if (LinuxCalls.Access(candidate, LinuxCalls.ExecutableAccess) == 0)
                return candidate;
            refused ??= candidate;
        }
        return refused is null
            ? throw new RunException(RunFault.CommandNotFound, $"command not found: {command}")
            : throw new RunException(RunFault.CommandNotExecutable, $"{refused} is not executable");
    }

    private static string Check(string path)
    {
        if (Directory.Exists(path))
            throw new RunException(RunFault.CommandNotExecutable, $"{path} is a directory");
        if (!File.Exists(path))
            throw new RunException(RunFault.CommandNotFound, $"command not found: {path}");
        return LinuxCalls.Access(path, LinuxCalls.ExecutableAccess) == 0
            ? path
            : throw new RunException(RunFault.CommandNotExecutable, $"{path} is not executable");
    }
}
