using Kist.Wire.Yaml;

namespace Kist.Wire.Kubernetes.Config;

/// <summary>A <c>cluster</c> of a kubeconfig.</summary>
internal sealed record KubeConfigCluster(KubeConfigPart Part, YamlMap Map, string Name)
{
    public KubeConnection Read()
    {
        var connection = new KubeConnection
        {
            Server = Address("server") ?? throw KubeConfig.Unusable($"{Part.Path}: cluster \"{Name}\" has no server"),
            TrustsAnyServer = Part.Flag(Map, "insecure-skip-tls-verify"),
            ServerName = Part.Text(Map, "tls-server-name") is { Length: > 0 } name ? name : null,
            Proxy = Address("proxy-url"),
        };
        if (Part.Pem(Map, "certificate-authority") is not { } authority)
            return connection;
        return connection.TrustsAnyServer
            ? throw KubeConfig.Unusable($"{Part.Path}: cluster \"{Name}\" has both a certificate-authority and insecure-skip-tls-verify")
            : connection with { Authorities = KubePem.Authorities(authority.Pem, authority.Origin) };
    }

    private Uri? Address(string field)
    {
        var text = Part.Text(Map, field);
        if (text.Length == 0)
            return null;
        // kubectl takes an address without a scheme for http; that a token goes over the wire in clear is to be written down.
        return Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "https" or "http"
            ? address
            : throw KubeConfig.Unusable($"{Part.Path}: cluster \"{Name}\": {field} must be an address such as https://10.0.0.1:6443");
    }
}
