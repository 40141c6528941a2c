using System.Text.Json;
using System.Text.Json.Nodes;
using Kist.Wire.Kubernetes.Credentials;
using Kist.Wire.Yaml;

namespace Kist.Wire.Kubernetes.Config;

/// <summary>A <c>user</c> of a kubeconfig.</summary>
internal sealed record KubeConfigUser(KubeConfigPart Part, YamlMap Map, string Name, TimeProvider Time)
{
    private static readonly string[] ExecVersions = ["client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"];

    /// <summary>The connection, as this user.</summary>
    public KubeConnection Apply(KubeConnection connection, (KubeConfigPart Part, YamlMap Map) cluster) => connection with
    {
        Credentials = Credentials(connection, cluster),
        ImpersonatedUser = Part.Text(Map, "as") is { Length: > 0 } user ? user : null,
        ImpersonatedGroups = [.. Part.List(Map, "as-groups").OfType<YamlScalar>().Select(s => s.Text)],
    };

    private IKubeCredentials Credentials(KubeConnection connection, (KubeConfigPart Part, YamlMap Map) cluster)
    {
        if (Part.Map(Map, "auth-provider") is not null)
            throw Unusable("auth-provider is gone from Kubernetes since 1.26; use exec");
        var exec = Part.Map(Map, "exec");
        var certificate = Certificate();
        if (exec is not null)
        {
            return certificate is null
                ? new ExecCredentials(Plugin(exec, connection, cluster), Time)
                : throw Unusable("exec and a client certificate exclude each other");
        }
        var tokenFile = Part.Text(Map, "tokenFile");
        if (tokenFile.Length > 0)
        {
            IKubeCredentials file = new TokenFileCredentials(Part.Resolve(tokenFile), Time);
            return certificate is null ? file : new CombinedCredentials(file, certificate);
        }
        var simple = Simple();
        return certificate is null ? simple : simple.With(certificate.Certificate, certificate.Intermediates);
    }

    private KubeCredential Simple()
    {
        try
        {
            if (Part.Text(Map, "token") is { Length: > 0 } token)
                return KubeCredential.Bearer(token);
            return Part.Text(Map, "username") is { Length: > 0 } user ? KubeCredential.Basic(user, Part.Text(Map, "password")) : KubeCredential.None;
        }
        catch (FormatException)
        {
            // The message quotes the token.
            throw Unusable("token is not a token");
        }
    }

    private KubeCredential? Certificate()
    {
        var certificate = Part.Pem(Map, "client-certificate");
        var key = Part.Pem(Map, "client-key");
        if (certificate is null && key is null)
            return null;
        return certificate is { } own && key is { } its
            ? KubePem.WithCertificate(KubeCredential.None, own.Pem, its.Pem, $"{own.Origin} and {its.Origin}")
            : throw Unusable("a client certificate and its key go together: one of them is missing");
    }

    private ExecPlugin Plugin(YamlMap exec, KubeConnection connection, (KubeConfigPart Part, YamlMap Map) cluster)
    {
        var version = Part.Text(exec, "apiVersion");
        if (!ExecVersions.Contains(version, StringComparer.Ordinal))
            throw Unusable($"exec: apiVersion must be {string.Join(" or ", ExecVersions)}");
        if (Part.Text(exec, "interactiveMode") == "Always")
            throw Unusable("exec: the plugin wants to ask somebody (interactiveMode: Always), and nobody is asked here");
        var command = Part.Text(exec, "command");
        if (command.Length == 0)
            throw Unusable("exec: command is missing");
        return new ExecPlugin(command.Contains('/', StringComparison.Ordinal) ? Part.Resolve(command) : command, version)
        {
            Arguments = [.. Part.List(exec, "args").OfType<YamlScalar>().Select(s => s.Text)],
            Environment = [.. Part.List(exec, "env").OfType<YamlMap>().Select(e => KeyValuePair.Create(Part.Text(e, "name"), Part.Text(e, "value")))],
            InstallHint = Part.Text(exec, "installHint").Trim(),
            ClusterJson = Part.Flag(exec, "provideClusterInfo") ? ClusterJson(connection, cluster) : null,
        };
    }

    private static string ClusterJson(KubeConnection connection, (KubeConfigPart Part, YamlMap Map) cluster)
    {
        var json = new JsonObject { ["server"] = cluster.Part.Text(cluster.Map, "server") };
        if (connection.ServerName is { } name)
            json["tls-server-name"] = name;
        if (connection.TrustsAnyServer)
            json["insecure-skip-tls-verify"] = true;
        if (cluster.Part.Pem(cluster.Map, "certificate-authority") is { } authority)
            json["certificate-authority-data"] = Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(authority.Pem));
        if (connection.Proxy is { } proxy)
            json["proxy-url"] = proxy.OriginalString;
        json["config"] = null;
        return json.ToJsonString(JsonSerializerOptions.Default);
    }

    private KubeException Unusable(string message) => KubeConfig.Unusable($"{Part.Path}: user \"{Name}\": {message}");
}
