namespace Kist.Client.Run.Providers;

/// <summary>Finds the executable that provides secrets, where Summon looks for it.</summary>
public static class ProviderFinder
{
    /// <summary>The provider's path.</summary>
    /// <exception cref="RunException">There is none, or more than one to choose from.</exception>
    public static string Find(ProviderSettings settings)
    {
        if (settings.Provider is not { Length: > 0 } provider)
            return OnlyOne(FindFolder(settings));
        var path = Path.GetFullPath(provider.Contains('/', StringComparison.Ordinal) ? provider : Path.Combine(FindFolder(settings), provider));
        return File.Exists(path) ? path : throw RunException.Usage($"provider {path} does not exist");
    }

    /// <summary>The first of the folders that exists; they are not merged.</summary>
    /// <exception cref="RunException">None exists.</exception>
    public static string FindFolder(ProviderSettings settings)
    {
        string[] folders =
        [
            .. settings.Folder is { Length: > 0 } folder ? (string[])[folder] : [],
            settings.SystemFolder,
            Path.Combine(settings.ProgramFolder, "Providers"),
            Path.GetFullPath(Path.Combine(settings.ProgramFolder, "..", "lib", "summon")),
        ];
        return folders.FirstOrDefault(Directory.Exists)
            ?? throw RunException.Usage(
                $"Could not find a folder of providers: none of {string.Join(", ", folders)} exists; set SUMMON_PROVIDER_PATH, or name a path with -p");
    }

    /// <summary>The entries of the providers' folder, by name.</summary>
    public static IReadOnlyList<string> List(string folder) =>
        [.. Directory.EnumerateFiles(folder).Select(static f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];

    private static string OnlyOne(string folder) => List(folder) switch
    {
        [var only] => Path.Combine(folder, only),
        [] => throw RunException.Usage($"Could not resolve a provider! There is none in {folder}"),
        _ => throw RunException.Usage($"More than one provider found in {folder}, please specify one"),
    };
}
