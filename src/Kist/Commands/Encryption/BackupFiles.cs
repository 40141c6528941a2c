using System.Text;
using Kist.Commands.Cli;
using Kist.Commands.Encryption.Files;
using Kist.Core;
using Kist.Kubernetes.Encryption.Backup;

namespace Kist.Commands.Encryption;

/// <summary>Backups as files.</summary>
internal static class BackupFiles
{
    /// <summary>Reads one.</summary>
    /// <exception cref="ExitException">It is none, or was changed.</exception>
    public static SealedBackup Read(Invocation call, string path) =>
        Parse(path == "-" ? "standard input" : path, path == "-" ? call.Input.Standard() : Latin(new GuardedFile(path)));

    /// <summary>Whether a backup holds the file as it is now.</summary>
    /// <exception cref="ExitException">One of them cannot be read.</exception>
    public static bool Covers(string backup, string file) =>
        Parse(backup, Latin(new GuardedFile(backup))).Fingerprint == SealedBackup.FingerprintOf(new GuardedFile(file).Read());

    /// <summary>The value, or the end of the command.</summary>
    public static T Demand<T>(this Outcome<T> outcome) => outcome.Succeeded ? outcome.Value : throw ExitException.Failed(outcome.Failure.Message);

    private static SealedBackup Parse(string path, string text)
    {
        var parsed = SealedBackup.Parse(text);
        return parsed.Succeeded ? parsed.Value : throw ExitException.Failed($"{path}: {parsed.Failure.Message}");
    }

    // A backup is ASCII; whatever else is there is told apart as it stands.
    private static string Latin(GuardedFile file) => Encoding.Latin1.GetString(file.Read(SealedBackup.MaxLength));
}
