using System.Text;
using Kist.Commands.Arguments;
using Kist.Commands.Cli;
using Kist.Kubernetes.Encryption;

namespace Kist.Commands.Encryption;

/// <summary><c>encryption lint</c>: judges a file.</summary>
internal static class LintCommand
{
    private const string EtcdDataDirectory = "/var/lib/etcd";

    private static readonly Flag Manifest = Flag.Text(
        "manifest", "file", "The API server's static-pod manifest, which tells its release, its feature gates and whether it reloads the file.");
    private static readonly Flag Backup = Flag.Text(
        "backup", "file", "A backup that kist encryption backup made; one of another state of the file is as good as none.");
    private static readonly Flag KmsKeyFile = Flag.List(
        "kms-key-file", "file", "A key file from which a KMS plugin on this machine works; may be repeated.");
    private static readonly Flag EtcdData = Flag.Text(
        "etcd-data-dir", "folder", $"Where etcd keeps its data on this machine. Default {EtcdDataDirectory} where that is.");
    private static readonly Flag KmsV1 = Flag.Switch("kms-v1", "The API server runs with --feature-gates=KMSv1=true.");
    private static readonly Flag Reload = Flag.Switch("automatic-reload", "The API server reloads the file by itself.");

    public static Command Lint => new("encryption lint", "Judges an EncryptionConfiguration.", RunAsync)
    {
        Arguments = "FILE",
        Description = "First by all rules of the API server (1.36): what it refuses is an error. Then by what keeps a cluster safe: warnings. Then "
            + "what is good to know: infos. Exits with 3 when there are errors or warnings, with 0 when there are none, and with 2 when the file "
            + "cannot be read. - reads standard input, and then the file's mode and place are not judged. Never shows a key.",
        Flags = [Manifest, Backup, KmsKeyFile, EtcdData, KmsV1, Reload],
        Shows = Shows.Format,
        CallsServer = false,
        Example = new("Judge a configuration", "encryption lint encryption-config.yaml"),
    };

    private static Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var path = call.Arguments[0];
        var report = ConfigurationLint.Check(EncryptionCommands.Text(call, path), Facts(call, path));
        call.Output.Document(EncryptionCommands.Json(report.WriteJson), () => Words(report));
        return Task.FromResult(report.Findings.Any(f => f.Level > FindingLevel.Info) ? ExitCode.Findings : ExitCode.Done);
    }

    private static LintFacts Facts(Invocation call, string path)
    {
        var server = call.Text(Manifest) is { } manifest ? ManifestFile.Read(manifest).Facts : LintFacts.None;
        return server with
        {
            KmsV1Enabled = server.KmsV1Enabled || call.Switch(KmsV1),
            AutomaticReload = server.AutomaticReload || call.Switch(Reload),
            File = path == "-" ? null : FileFacts.Of(path),
            HasBackup = call.Text(Backup) is { } backup && path != "-" ? BackupFiles.Covers(backup, path) : null,
            KmsKeyFiles = call.List(KmsKeyFile),
            EtcdDataDirectory = call.Text(EtcdData) ?? (Directory.Exists(EtcdDataDirectory) ? EtcdDataDirectory : null),
        };
    }

    /// <summary>The report for people.</summary>
    internal static string Words(LintReport report)
    {
        if (report.Findings.Count == 0)
            return "No findings.\n";
        var words = new StringBuilder();
        foreach (var finding in report.Findings)
        {
            words.Append(finding.Level.Name().PadRight(9)).Append(finding.Rule);
            if (finding.Path.Length > 0)
                words.Append(" at ").Append(finding.Path);
            words.Append($"\n         {finding.Text}\n         fix: {finding.Fix}\n");
        }
        return words.ToString();
    }
}
