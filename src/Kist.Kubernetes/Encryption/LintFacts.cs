namespace Kist.Kubernetes.Encryption;

/// <summary>What the text does not tell: how the API server runs and where the file lies. What is not known is not judged.</summary>
public sealed record LintFacts
{
    /// <summary>Nothing is known but the text.</summary>
    public static LintFacts None { get; } = new();

    /// <summary>
    /// The API server runs with <c>--encryption-provider-config-automatic-reload=true</c>, under which names of KMS v1 providers must differ, too.
    /// </summary>
    public bool AutomaticReload { get; init; }

    /// <summary>The API server runs with <c>--feature-gates=KMSv1=true</c>.</summary>
    public bool KmsV1Enabled { get; init; }

    /// <summary>The API server's release; null when nobody knows it.</summary>
    public Version? Release { get; init; }

    /// <summary>The file; null when the text came another way.</summary>
    public FileFacts? File { get; init; }

    /// <summary>Whether a backup of the file exists; null when nobody looked.</summary>
    public bool? HasBackup { get; init; }

    /// <summary>Key files from which KMS plugins on this machine work.</summary>
    public IReadOnlyList<string> KmsKeyFiles { get; init; } = [];

    /// <summary>Where etcd keeps its data on this machine; null when it runs elsewhere or nobody looked.</summary>
    public string? EtcdDataDirectory { get; init; }
}

/// <summary>A file and who may touch it.</summary>
/// <param name="Path">As given.</param>
/// <param name="Mode">The file's permissions.</param>
/// <param name="DirectoryMode">Those of its directory; whoever may write there replaces the file.</param>
public sealed record FileFacts(string Path, UnixFileMode Mode, UnixFileMode DirectoryMode)
{
    /// <summary>Looks at a file.</summary>
    /// <exception cref="IOException">It cannot be looked at.</exception>
    /// <exception cref="UnauthorizedAccessException">Likewise.</exception>
    public static FileFacts Of(string path)
    {
        var directory = System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path)) ?? "/";
        return new FileFacts(path, File.GetUnixFileMode(path), File.GetUnixFileMode(directory));
    }
}
