using System.Text.Json.Nodes;
using Kist.Client;
using Kist.Commands.Cli;
using Kist.Crypto;
using Kist.Kubernetes;
using Kist.Kubernetes.Encryption.Backup;

namespace Kist.Commands.Encryption;

/// <summary>Lets a server's transit key wrap a backup's key.</summary>
internal static class TransitWrapping
{
    /// <exception cref="ApiException">The server refuses.</exception>
    /// <exception cref="ExitException">A name cannot be kept in a backup, or the answer is none.</exception>
    public static async Task<TransitBackupKey> WrapAsync(Invocation call, string mount, string name, SecretBytes key, CancellationToken cancellation)
    {
        if (!TransitBackupKey.IsName(mount) || !TransitBackupKey.IsName(name))
            throw ExitException.Usage("the names of transit's mount and key may have letters, digits, hyphens, underscores and dots");
        var body = new JsonObject { ["plaintext"] = Convert.ToBase64String(key.Span) };
        var response = await call.DemandAsync(ApiRequest.Write($"{mount}/encrypt/{name}", body) with { BodyIsSecret = true }, cancellation);
        var wrapped = response.Data?.Text("ciphertext") ?? "";
        return wrapped.Length > 0 && wrapped.All(c => c is > ' ' and <= '~')
            ? new TransitBackupKey(mount, name, wrapped)
            : throw ExitException.Failed("the server answered without a ciphertext; is that a transit key?");
    }

    /// <exception cref="ApiException">The server refuses.</exception>
    /// <exception cref="ExitException">What it answers is no key.</exception>
    public static async Task<SecretBytes> UnwrapAsync(Invocation call, TransitBackupKey key, CancellationToken cancellation)
    {
        var body = new JsonObject { ["ciphertext"] = key.Wrapped };
        var response = await call.DemandAsync(ApiRequest.Write($"{key.Mount}/decrypt/{key.Name}", body), cancellation);
        using var text = new SecretText(response.Data?.Text("plaintext") ?? "");
        var unwrapped = GoBase64.DecodeSecret(text.Utf8);
        if (unwrapped?.Length == BackupKey.KeyBytes)
            return unwrapped;
        unwrapped?.Dispose();
        throw ExitException.Failed("what the server decrypted is no key of a backup");
    }
}
