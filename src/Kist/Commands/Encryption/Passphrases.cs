using Kist.Commands.Arguments;
using Kist.Commands.Cli;
using Kist.Crypto;
using Kist.Kubernetes.Encryption.Backup;

namespace Kist.Commands.Encryption;

/// <summary>Passphrases come from a file, standard input or the user: never from the command line, which others on the machine can read.</summary>
internal static class Passphrases
{
    public static readonly Flag FileFlag = Flag.Text(
        "passphrase-file",
        "file",
        "File that holds the passphrase; - is standard input. A line end at its end does not count. Default: it is asked for.");

    /// <summary>A passphrase for a new backup, given twice when it is typed.</summary>
    /// <exception cref="ExitException">It is too short, or the two differ.</exception>
    public static async Task<SecretText> NewAsync(Invocation call, CancellationToken cancellation)
    {
        var passphrase = await GiveAsync(call, "Passphrase", cancellation);
        if (passphrase.Utf8.Length < PassphraseBackupKey.ShortestPassphrase)
        {
            throw ExitException.Usage(
                $"the passphrase must have at least {PassphraseBackupKey.ShortestPassphrase} characters: it protects every key of the cluster; "
                + "make one by: head -c 20 /dev/urandom | base64");
        }
        if (call.Has(FileFlag))
            return passphrase;
        using var again = await GiveAsync(call, "The same again", cancellation);
        return again.Equals(passphrase) ? passphrase : throw ExitException.Usage("the two passphrases differ");
    }

    /// <summary>The passphrase of a backup.</summary>
    public static Task<SecretText> AskAsync(Invocation call, CancellationToken cancellation) => GiveAsync(call, "Passphrase", cancellation);

    private static async Task<SecretText> GiveAsync(Invocation call, string prompt, CancellationToken cancellation)
    {
        var text = call.Text(FileFlag) switch
        {
            "-" => call.Input.Standard(),
            { } file => InputText.FromFile(file),
            null when !call.Host.InputIsTerminal => throw ExitException.Usage($"there is nobody to ask for the passphrase: give it by {FileFlag}"),
            null => await call.Host.AskSecret($"{prompt} (will be hidden): ", cancellation),
        };
        text = text.TrimEnd('\r', '\n');
        return text.Length > 0 ? new SecretText(text) : throw ExitException.Usage("the passphrase is empty");
    }
}
