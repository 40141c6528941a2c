using Kist.Client.Settings;
using Kist.Commands.Arguments;
using Kist.Commands.Cli;
using Kist.Crypto;
using Kist.Kubernetes.Kms.KeyFiles;
using Kist.Kubernetes.Kms.RemoteKeys;

namespace Kist.Commands.Kms;

/// <summary>The flags that say which remote key to use, and the key that they mean.</summary>
internal static class RemoteKeyFlags
{
    private static readonly Flag KeyFile = Flag.Text("key-file", "FILE", "Use a key file in the place of a remote key; see kms key-file init.");

    private static readonly Flag TransitAddress = Flag.Text(
        "transit-address", "URL", "The Kist or Vault server of the transit key: https://host:port or http://host:port.");

    private static readonly Flag TransitKeyName = Flag.Text(
        "transit-key", "NAME", "Use this transit key. The token needs read on keys/NAME and update on encrypt/NAME and decrypt/NAME.");

    private static readonly Flag TransitMount = Flag.Text("transit-mount", "PATH", "Where the transit engine is mounted. Default transit.");

    private static readonly Flag TransitNamespace = Flag.Text("transit-namespace", "PATH", "The tenant namespace.");

    private static readonly Flag TransitTokenFile = Flag.Text(
        "transit-token-file", "FILE", "Holds the token, and is read anew for each request. Without it: KIST_TOKEN or VAULT_TOKEN.");

    private static readonly Flag TransitNoRenew = Flag.Switch("transit-no-renew", "Do not renew the token: somebody else does.");

    private static readonly Flag TransitCa = Flag.Text("transit-ca-cert", "FILE", "PEM file of authorities to trust in place of the system's.");

    private static readonly Flag TransitCertificate = Flag.Text("transit-client-cert", "FILE", "PEM file of the client's certificate.");

    private static readonly Flag TransitClientKey = Flag.Text("transit-client-key", "FILE", "PEM file of the key to -transit-client-cert.");

    private static readonly Flag AwsKeyName = Flag.Text(
        "aws-key",
        "ID",
        "Use this symmetric key of AWS KMS: id or ARN. Credentials from AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN. "
        + "Needs kms:DescribeKey, kms:Encrypt and kms:Decrypt.");

    private static readonly Flag AwsRegion = Flag.Text("aws-region", "REGION", "Its region. Default that of the ARN, or AWS_REGION.");

    private static readonly Flag AwsEndpoint = Flag.Text("aws-endpoint", "URL", "The KMS interface. Default the region's own.");

    private static readonly Flag GoogleKeyName = Flag.Text(
        "google-key", "NAME", "Use this key of Google Cloud KMS: projects/P/locations/L/keyRings/R/cryptoKeys/K.");

    private static readonly Flag GoogleCredentials = Flag.Text(
        "google-credentials", "FILE", "A service account's key file. Default GOOGLE_APPLICATION_CREDENTIALS, or else the machine's metadata server.");

    private static readonly Flag AzureKeyUrl = Flag.Text(
        "azure-key",
        "URL",
        "Use this RSA key of Azure Key Vault: https://VAULT.vault.azure.net/keys/NAME. Credentials from AZURE_TENANT_ID, AZURE_CLIENT_ID and "
        + "AZURE_CLIENT_SECRET; without a secret, the machine's managed identity. It wraps with a public key: who can write to etcd and knows that one can "
        + "forge objects.");

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Flag> All { get; } =
    [
        KeyFile, TransitAddress, TransitKeyName, TransitMount, TransitNamespace, TransitTokenFile, TransitNoRenew, TransitCa, TransitCertificate,
        TransitClientKey, AwsKeyName, AwsRegion, AwsEndpoint, GoogleKeyName, GoogleCredentials, AzureKeyUrl,
    ];

    /// <summary>The key that a call means, and the address that it is reached at; null for a file.</summary>
    /// <exception cref="ExitException">It means none, or several.</exception>
    public static IRemoteKey Open(Invocation call, out Uri? address)
    {
        var chosen = new[] { KeyFile, TransitKeyName, AwsKeyName, GoogleKeyName, AzureKeyUrl }.Where(call.Has).ToList();
        if (chosen.Count != 1)
            throw ExitException.Usage("give exactly one of -key-file, -transit-key, -aws-key, -google-key and -azure-key");
        address = null;
        if (chosen[0] == KeyFile)
            return OpenFile(call.Text(KeyFile)!);
        if (chosen[0] == TransitKeyName)
            return OpenTransit(call, address = Url(call, TransitAddress));
        if (chosen[0] == AwsKeyName)
            return OpenAws(call, call.Has(AwsEndpoint) ? address = Url(call, AwsEndpoint) : null);
        return chosen[0] == GoogleKeyName ? OpenGoogle(call) : OpenAzure(call, Url(call, AzureKeyUrl));
    }

    private static KeyFileKey OpenFile(string path)
    {
        var opened = KeyFileKey.Open(path);
        return opened.Succeeded ? opened.Value : throw ExitException.Usage(opened.Failure.Message);
    }

    private static TransitKey OpenTransit(Invocation call, Uri address)
    {
        var key = call.Text(TransitKeyName)!;
        if (key.Length == 0 || key.Contains('/'))
            throw ExitException.Usage($"flag {TransitKeyName} must be the name of a key, without its mount");
        return new TransitKey(
            new TransitKeyOptions
            {
                Address = address,
                Key = key,
                Mount = call.Text(TransitMount) ?? "transit",
                Namespace = call.Text(TransitNamespace) ?? "",
                Token = Token(call),
                RenewToken = !call.Switch(TransitNoRenew),
                CaFile = call.Text(TransitCa),
                CertificateFile = call.Text(TransitCertificate),
                KeyFile = call.Text(TransitClientKey),
            },
            call.Host.Time);
    }

    private static Func<SecretText> Token(Invocation call)
    {
        if (call.Text(TransitTokenFile) is { } path)
        {
            var file = new TokenFile(path);
            if (file.IsExposed)
                throw ExitException.Usage($"others may read the token file {path}; run: chmod 600 {path}");
            return () => ReadToken(file);
        }
        if (new EnvironmentSettings(call.Host.Variable, call.Host.ActsAsVault).Find("TOKEN") is not { } setting)
            throw ExitException.Usage($"there is no token: give {TransitTokenFile}, KIST_TOKEN or VAULT_TOKEN");
        var token = new SecretText(setting.Value.Trim());
        return () => token;
    }

    private static SecretText ReadToken(TokenFile file)
    {
        try
        {
            return file.Read() ?? throw new IOException($"the token file {file.Path} is absent or empty");
        }
        catch (SettingException e)
        {
            throw new IOException(e.Message, e);
        }
    }

    private static AwsKey OpenAws(Invocation call, Uri? endpoint)
    {
        var key = call.Text(AwsKeyName)!;
        if (AwsKey.CheckName(key) is { } reason)
            throw ExitException.Usage($"flag {AwsKeyName} {reason}");
        // arn:aws:kms:REGION:ACCOUNT:key/ID
        var arn = key.Split(':');
        var region = call.Text(AwsRegion)
            ?? (arn.Length >= 6 ? arn[3] : call.Host.Variable("AWS_REGION") ?? call.Host.Variable("AWS_DEFAULT_REGION"))
            ?? throw ExitException.Usage($"the key's region is not known: give {AwsRegion}");
        var credentials = new AwsCredentials(
            Variable(call, "AWS_ACCESS_KEY_ID"), Variable(call, "AWS_SECRET_ACCESS_KEY"), call.Host.Variable("AWS_SESSION_TOKEN") ?? "");
        return new AwsKey(new AwsKeyOptions { Key = key, Region = region, Endpoint = endpoint, Credentials = () => credentials }, call.Host.Time);
    }

    private static GoogleKey OpenGoogle(Invocation call)
    {
        var key = call.Text(GoogleKeyName)!;
        if (key.Split('/') is not ["projects", _, "locations", _, "keyRings", _, "cryptoKeys", _])
            throw ExitException.Usage($"flag {GoogleKeyName} must have the form projects/P/locations/L/keyRings/R/cryptoKeys/K");
        return new GoogleKey(
            new GoogleKeyOptions { Key = key, CredentialsFile = call.Text(GoogleCredentials) ?? call.Host.Variable("GOOGLE_APPLICATION_CREDENTIALS") },
            call.Host.Time);
    }

    private static AzureKey OpenAzure(Invocation call, Uri key)
    {
        if (key.Segments is not [_, "keys/", _] || key.Scheme != Uri.UriSchemeHttps)
            throw ExitException.Usage($"flag {AzureKeyUrl} must have the form https://VAULT.vault.azure.net/keys/NAME, without a version");
        var secret = call.Host.Variable("AZURE_CLIENT_SECRET") is { Length: > 0 } text ? new SecretText(text) : null;
        return new AzureKey(
            new AzureKeyOptions
            {
                Key = key,
                Tenant = secret is null ? null : Variable(call, "AZURE_TENANT_ID"),
                ClientId = secret is null ? call.Host.Variable("AZURE_CLIENT_ID") : Variable(call, "AZURE_CLIENT_ID"),
                ClientSecret = secret is null ? null : () => secret,
            },
            call.Host.Time);
    }

    private static Uri Url(Invocation call, Flag flag) =>
        Uri.TryCreate(call.Text(flag), UriKind.Absolute, out var url) && url.Scheme is "http" or "https" && url.UserInfo.Length == 0
            ? url
            : throw ExitException.Usage($"flag {flag} must be a URL that begins with https:// or http://");

    private static string Variable(Invocation call, string name) =>
        call.Host.Variable(name) is { Length: > 0 } value ? value : throw ExitException.Usage($"{name} is not set");
}
