using System.Security.Cryptography;
using System.Text;
using Kist.Core;
using Kist.Kubernetes.AtRest;
using Kist.Kubernetes.AtRest.Kms;
using Kist.Kubernetes.Encryption;

namespace Kist.Kubernetes.Tests;

/// <summary>Chains out of configuration files.</summary>
public static class Chains
{
    /// <summary>KMS v1 is allowed: the captured values need it.</summary>
    public static readonly LintFacts Facts = new() { KmsV1Enabled = true };

    public static ProviderChains Of(string config, IKmsDecrypter? plugin = null, AtRestOptions? options = null) =>
        ProviderChains.Create(ConfigurationFile.Load(config, Facts).Ok(), _ => plugin, options ?? new AtRestOptions()).Ok();

    /// <summary>The chain of Secrets.</summary>
    public static ProviderChain OfSecrets(string config, IKmsDecrypter? plugin = null, AtRestOptions? options = null) =>
        Of(config, plugin, options).For(GroupResource.Parse("secrets"));

    /// <summary>A configuration of one entry for Secrets.</summary>
    /// <param name="providers">Each a line: <c>aescbc: key1 key2</c>, <c>identity</c>, <c>kms: v2 name</c>.</param>
    public static string Config(params string[] providers)
    {
        var text = new StringBuilder("apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\n");
        text.Append("resources:\n- resources: [secrets]\n  providers:\n");
        foreach (var provider in providers)
            text.Append("  - ").Append(Provider(provider)).Append('\n');
        return text.ToString();
    }

    /// <summary>A key's secret, another one for each name: 32 bytes.</summary>
    public static string Secret(string name) => Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes("TEST-ONLY-" + name)));

    public static T Ok<T>(this Outcome<T> outcome)
    {
        Assert.True(outcome.Succeeded, outcome.Failure?.Message);
        return outcome.Value;
    }

    private static string Provider(string line)
    {
        var parts = line.Split(' ');
        return parts switch
        {
            ["identity"] => "identity: {}",
            ["kms:", var version, var name] => $"kms: {{apiVersion: {version}, name: {name}, endpoint: unix:///tmp/{name}.sock}}",
            [var kind, .. var keys] => $"{kind} {{keys: [{string.Join(", ", keys.Select(Key))}]}}",
            _ => throw new ArgumentException(line, nameof(line)),
        };
    }

    // key=secret gives a key a secret of another name.
    private static string Key(string key)
    {
        var parts = key.Split('=');
        return $"{{name: \"{parts[0]}\", secret: \"{Secret(parts[^1])}\"}}";
    }
}
