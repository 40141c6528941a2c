using Kist.Commands.Arguments;
using Kist.Kubernetes.AtRest;

namespace Kist.Commands.Encryption;

/// <summary>The flags of <c>encryption rotate</c>.</summary>
internal static class RotateFlags
{
    public static readonly Flag To = Flag.Text(
        "to", "name", "The new key's name, for a KMS the provider's: key-2026-12. It must never have been used before. The same name again goes on.");
    public static readonly Flag Provider = Flag.Choice(
        "provider", ["secretbox", "kms", "aesgcm", "aescbc"], "The new key's provider. Default: that of the key which writes now.");
    public static readonly Flag KmsEndpoint = Flag.Text("kms-endpoint", "url", "With -provider=kms: the plugin's socket, unix:///path.");
    public static readonly Flag Resources = Flag.List(
        "resources", "names", "Rotate only the entries that name one of these resources. Default: every entry that encrypts.");
    public static readonly Flag Also = Flag.List(
        "also", "file", "The file of a further control-plane node that can be written here; it gets what FILE has. May be repeated.");
    public static readonly Flag Manifest = Flag.Text(
        "manifest",
        "file",
        "The API server's static-pod manifest on this node: tells how etcd is reached, and whether the API server reloads the file.");
    public static readonly Flag Apply = Flag.Switch(
        "apply", "With -manifest: where the API server does not reload the file, mark each change in the manifest, so that kubelet starts it anew.");
    public static readonly Flag Server = Flag.List(
        "server",
        "url",
        "An API server, by an address of its own and not a balancer's: https://10.0.0.5:6443. Name each. Its metrics tell what it has loaded.");
    public static readonly Flag ServersAreAll = Flag.Switch(
        "servers-are-all",
        "You vouch that -server names every API server. Needed where none keeps a lease in etcd by which another would be seen: before 1.26.");
    public static readonly Flag ServerAuthorities = Flag.Text("server-ca", "file", "PEM file of the authorities that vouch for the API servers.");
    public static readonly Flag ServerCertificate = Flag.Text(
        "server-cert", "file", "PEM file of a client certificate that may read the API servers' metrics, such as apiserver-kubelet-client.crt.");
    public static readonly Flag ServerKey = Flag.Text("server-key", "file", "PEM file of the key to -server-cert.");
    public static readonly Flag ServerToken = Flag.Text(
        "server-token-file", "file", "File of a bearer token that may read the API servers' metrics.");
    public static readonly Flag Loaded = Flag.Text(
        "loaded",
        "sha256",
        "You vouch that every API server which does not tell by itself has loaded the file with this SHA-256; its first twelve digits are enough.");
    public static readonly Flag Wait = Flag.Text("wait", "duration", "How long to wait for API servers to load a file: 5m. Default 0s.");
    public static readonly Flag DryRun = Flag.Switch("dry-run", "Say what the next step would be, and change nothing.");

    public static readonly Flag Endpoints = Flag.List("endpoints", "url", "etcd's members: https://127.0.0.1:2379. Default: what -manifest says.");
    public static readonly Flag EtcdIsAll = Flag.Switch(
        "etcd-is-all",
        "You vouch that this etcd holds all that API servers store: none has --etcd-servers-overrides. Without -manifest, which tells, needed where FILE "
            + "encrypts events or a wildcard.");
    public static readonly Flag EtcdAuthorities = Flag.Text(
        "cacert", "file", "PEM file of the authorities that vouch for etcd. Default: what -manifest says.");
    public static readonly Flag EtcdCertificate = Flag.Text(
        "cert", "file", "PEM file of the client certificate that etcd asks for. Default: what -manifest says.");
    public static readonly Flag EtcdKey = Flag.Text("key", "file", "PEM file of the key to -cert. Default: what -manifest says.");
    public static readonly Flag Prefix = Flag.Text(
        "prefix", "path", $"The API server's --etcd-prefix. Default: what -manifest says, else {StorageKey.DefaultPrefix}.");

    /// <summary>All of them.</summary>
    public static readonly IReadOnlyList<Flag> All =
    [
        To, Provider, KmsEndpoint, Resources, Also, Manifest, Apply, Server, ServersAreAll, ServerAuthorities, ServerCertificate, ServerKey,
        ServerToken, Loaded, Wait, DryRun, .. KubernetesFlags.All, Endpoints, EtcdIsAll, EtcdAuthorities, EtcdCertificate, EtcdKey, Prefix,
    ];

    /// <summary>The kind that a choice of provider names; null for none.</summary>
    public static ProviderKind? Kind(string? provider) => provider switch
    {
        "secretbox" => ProviderKind.Secretbox,
        "aesgcm" => ProviderKind.AesGcm,
        "aescbc" => ProviderKind.AesCbc,
        "kms" => ProviderKind.KmsV2,
        _ => null,
    };
}
