using System.Text;
using Kist.Commands.Arguments;
using Kist.Commands.Cli;
using Kist.Commands.Encryption.Files;
using Kist.Crypto;
using Kist.Kubernetes.Encryption;
using Kist.Kubernetes.Encryption.Backup;

namespace Kist.Commands.Encryption;

/// <summary><c>encryption restore</c>: the file out of a backup.</summary>
internal static class RestoreCommand
{
    private static readonly Flag CheckOnly = Flag.Switch("check", "Open the backup, judge what it holds, and write nothing.");

    public static Command Restore => new("encryption restore", "Opens a backup of an EncryptionConfiguration.", RunAsync)
    {
        Arguments = "BACKUP [FILE]",
        Description = "Asks for what sealed it: the passphrase, or the server whose transit key it was. The file is for its owner alone and is never "
            + "written over another one. What it holds is judged as by lint before it is written: a file that the API server refuses is not.",
        Flags = [Passphrases.FileFlag, CheckOnly],
        Example = new(
            "See that a backup opens", "encryption restore -check -passphrase-file=passphrase.txt kept.backup"),
    };

    private static async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var check = call.Switch(CheckOnly);
        if (check == call.Arguments.Count > 1)
            throw ExitException.Usage(check ? $"{CheckOnly} writes no FILE: leave it out" : $"name the FILE to write, or give {CheckOnly}");
        var target = check ? null : new GuardedFile(call.Arguments[1]);
        if (target is { Exists: true })
            throw ExitException.Failed($"{target.Given} exists and is not overwritten: move it away, or name another file");
        var backup = BackupFiles.Read(call, call.Arguments[0]);
        using var key = await KeyAsync(call, backup.Key, cancellation);
        using var content = new SecretBuffer();
        backup.Open(key, content).Demand();
        Judge(call, content);
        target?.Create(content.Written);
        return call.Output.Success(target is null
            ? $"The backup of {backup.Created:yyyy-MM-dd HH:mm:ss} UTC opens; it holds a sound configuration, SHA-256 {backup.Fingerprint}"
            : $"Restored {target.Given} as it was on {backup.Created:yyyy-MM-dd HH:mm:ss} UTC, SHA-256 {backup.Fingerprint}");
    }

    private static async Task<SecretBytes> KeyAsync(Invocation call, BackupKey how, CancellationToken cancellation)
    {
        if (how is TransitBackupKey transit)
            return await TransitWrapping.UnwrapAsync(call, transit, cancellation);
        using var passphrase = await Passphrases.AskAsync(call, cancellation);
        return ((PassphraseBackupKey)how).Derive(passphrase).Demand();
    }

    private static void Judge(Invocation call, SecretBuffer content)
    {
        var report = ConfigurationLint.Check(Encoding.UTF8.GetString(content.Written), new LintFacts { KmsV1Enabled = true, HasBackup = true });
        if (report.IsRefused)
            throw ExitException.Failed($"the API server would refuse what the backup holds: {report.Findings[0].Text}; nothing was written");
        foreach (var finding in report.Findings.Where(f => f.Level == FindingLevel.Warning))
            call.Host.Tell($"Warning: {finding.Rule}: {finding.Text}");
    }
}
