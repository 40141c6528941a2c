namespace Kist.Kubernetes.Encryption.Rules;

/// <summary>Who may read or replace the file.</summary>
internal sealed class FileModeRule : ILintRule
{
    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
    private const UnixFileMode OthersWrite = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    public IEnumerable<Finding> Check(LintSubject subject)
    {
        if (subject.Facts.File is not { } file)
            yield break;
        if ((file.Mode & Others) != UnixFileMode.None)
        {
            yield return Finding.OfHost(
                FindingLevel.Warning,
                "file-mode",
                file.Path,
                $"others than the owner may read or write the file (mode {Octal(file.Mode)})",
                $"chmod 600 {file.Path}");
        }
        if ((file.DirectoryMode & OthersWrite) != UnixFileMode.None && !file.DirectoryMode.HasFlag(UnixFileMode.StickyBit))
        {
            yield return Finding.OfHost(
                FindingLevel.Warning,
                "directory-mode",
                file.Path,
                $"others than the owner may write to the file's directory (mode {Octal(file.DirectoryMode)}), and so replace the file",
                "chmod 700 on the directory");
        }
    }

    private static string Octal(UnixFileMode mode) => Convert.ToString((int)mode, 8).PadLeft(3, '0');
}

/// <summary>Keys that exist once.</summary>
internal sealed class BackupRule : ILintRule
{
    private const string Fix = "keep a sealed backup of the file apart from etcd's: kist encryption backup";

    public IEnumerable<Finding> Check(LintSubject subject)
    {
        if (subject.Facts.HasBackup == true || !KeyRules.SoundKeys(subject).Any())
            yield break;
        var path = subject.Facts.File?.Path ?? "";
        yield return subject.Facts.HasBackup == false
            ? Finding.OfHost(
                FindingLevel.Warning,
                "backup-missing",
                path,
                "the keys are in this file alone: when it is lost, every object that they encrypted is",
                Fix)
            : Finding.OfHost(
                FindingLevel.Info,
                "backup-unknown",
                path,
                "whether a backup of the file exists was not looked at; without it, nobody reads the objects",
                Fix);
    }
}

/// <summary>Keys on the disk that they protect.</summary>
internal sealed class KeyBesideEtcdRule : ILintRule
{
    public IEnumerable<Finding> Check(LintSubject subject)
    {
        if (subject.Facts.EtcdDataDirectory is not { } etcd)
            yield break;
        foreach (var keyFile in subject.Kms.Any() ? subject.Facts.KmsKeyFiles : [])
        {
            yield return Finding.OfHost(
                FindingLevel.Warning,
                "kms-key-beside-etcd",
                keyFile,
                $"the KMS plugin's key file lies on the machine that has etcd's data ({etcd}): a copy of its disk holds both",
                "use a key that is kept elsewhere: a transit key or a cloud KMS");
        }
        if (subject.Facts.File is { } file && IsWithin(file.Path, etcd) && KeyRules.SoundKeys(subject).Any())
        {
            yield return Finding.OfHost(
                FindingLevel.Warning,
                "keys-beside-etcd",
                file.Path,
                $"the file with the keys lies in etcd's data directory ({etcd}): whoever copies or backs up that has both",
                "move it to /etc/kubernetes/enc, mode 600");
        }
    }

    private static bool IsWithin(string path, string directory)
    {
        var relative = Path.GetRelativePath(directory, path);
        return !relative.StartsWith("..", StringComparison.Ordinal) && !Path.IsPathRooted(relative);
    }
}
