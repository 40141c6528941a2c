using System.Security.Cryptography;
using System.Text;
using Kist.Commands.Arguments;
using Kist.Commands.Cli;
using Kist.Commands.Encryption.Files;
using Kist.Crypto;
using Kist.Kubernetes.Encryption;
using Kist.Kubernetes.Encryption.Backup;

namespace Kist.Commands.Encryption;

/// <summary><c>encryption backup</c>: the file, sealed.</summary>
internal static class BackupCommand
{
    private static readonly Flag TransitKey = Flag.Text(
        "transit-key", "name", "Seal by this transit key of the server, in place of a passphrase: who may decrypt with it may restore.");
    private static readonly Flag TransitMount = Flag.Text("transit-mount", "path", "Where the transit engine is mounted. Default transit.");

    public static Command Backup => new("encryption backup", "Seals a copy of an EncryptionConfiguration.", RunAsync)
    {
        Arguments = "FILE BACKUP",
        Description = "Under a passphrase (Argon2id), which is asked for twice or comes from -passphrase-file, or by a transit key of a Kist or "
            + "Vault server. The backup is text and authenticated: a changed one does not open. It is never written over another file; - writes it "
            + "to standard output. Keep it apart from etcd's backups: together they are the objects in plaintext for whoever has the passphrase.",
        Flags = [Passphrases.FileFlag, TransitKey, TransitMount],
        Example = new(
            "Seal under a passphrase from a file",
            "encryption backup -passphrase-file=passphrase.txt encryption-config.yaml encryption-config.backup"),
    };

    private static async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var file = new GuardedFile(call.Arguments[0]);
        var target = call.Arguments[1] == "-" ? null : new GuardedFile(call.Arguments[1]);
        if (target is { Exists: true })
            throw ExitException.Failed($"{target.Given} exists and is not overwritten: name another file");
        var read = file.Read();
        using var content = new SecretBytes(read);
        CryptographicOperations.ZeroMemory(read);
        Check(file.Given, content);
        var text = (await SealAsync(call, content, cancellation)).ToText();
        if (target is null)
        {
            await call.Host.Output.WriteAsync(text);
            return ExitCode.Done;
        }
        target.Create(Encoding.ASCII.GetBytes(text));
        return call.Output.Success(
            $"Sealed {file.Given} in {target.Given}. Try it once now: {call.Host.ProgramName} encryption restore -check {target.Given}");
    }

    // What the API server refuses is no configuration to come back to.
    private static void Check(string path, SecretBytes content) =>
        EncryptionCommands.Load(path, Encoding.UTF8.GetString(content.Span), new LintFacts { KmsV1Enabled = true });

    private static async Task<SealedBackup> SealAsync(Invocation call, SecretBytes content, CancellationToken cancellation)
    {
        var now = call.Host.Time.GetUtcNow();
        if (call.Text(TransitKey) is { } name)
        {
            using var dataKey = SecretBytes.Random(BackupKey.KeyBytes);
            var how = await TransitWrapping.WrapAsync(call, (call.Text(TransitMount) ?? "transit").Trim('/'), name, dataKey, cancellation);
            return SealedBackup.Seal(content.Span, how, dataKey, now);
        }
        var derived = PassphraseBackupKey.New();
        using var passphrase = await Passphrases.NewAsync(call, cancellation);
        using var key = derived.Derive(passphrase).Demand();
        return SealedBackup.Seal(content.Span, derived, key, now);
    }
}
