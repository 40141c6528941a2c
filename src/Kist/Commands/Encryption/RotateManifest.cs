using System.Security.Cryptography;
using System.Text;
using Kist.Commands.Arguments;
using Kist.Commands.Cli;
using Kist.Commands.Encryption.Files;
using Kist.Kubernetes;
using Kist.Kubernetes.AtRest;
using Kist.Kubernetes.Encryption;
using Kist.Kubernetes.Encryption.Backup;
using Kist.Kubernetes.Manifests;
using Kist.Wire.Etcd;
using Kist.Wire.Grpc;

namespace Kist.Commands.Encryption;

/// <summary>What <c>encryption rotate</c> takes from this node's manifest, and does to it.</summary>
internal sealed class RotateManifest
{
    private readonly Invocation call;
    private readonly GuardedFile file;
    private readonly string? path;
    private readonly ApiServerManifest? manifest;

    /// <exception cref="ExitException">The manifest cannot be read, or is of an API server that uses another file.</exception>
    public RotateManifest(Invocation call, GuardedFile file)
    {
        this.call = call;
        this.file = file;
        path = call.Text(RotateFlags.Manifest);
        if (path is null)
        {
            if (call.Switch(RotateFlags.Apply))
                throw ExitException.Usage($"{RotateFlags.Apply} needs {RotateFlags.Manifest}");
            return;
        }
        manifest = ManifestFile.Read(path);
        if (manifest.ConfigurationPath is null)
        {
            var open = ManifestFile.Open(path);
            var diff = open.Diff(text => ManifestEditor.Encrypt(text, file.Path, reload: true));
            throw ExitException.Failed($"the API server does not encrypt yet; change {path} first:{open.ReloadNote()}\n\n{diff}");
        }
        if (manifest.ConfigurationOnHost is { } used && new GuardedFile(used).Path != file.Path)
            throw ExitException.Failed($"the API server of {path} uses {used}, not {file.Given}");
    }

    /// <summary>True when the API server sees a new file by itself.</summary>
    private bool Reloads => manifest is { Reloads: true, MountsFileItself: false };

    /// <summary>Says what of the manifest is in the way.</summary>
    public void Advise()
    {
        if (manifest is null || Reloads)
            return;
        call.Host.Tell(manifest.MountsFileItself
            ? $"Note: {path} mounts the file and not its folder, so the API server sees a new file only when its container is made anew."
            : $"Note: the API server of {path} does not reload the file; it must be started anew after each change.");
        if (!call.Switch(RotateFlags.Apply))
            call.Host.Tell($"With {RotateFlags.Apply}, kubelet does that: an annotation in the manifest changes with the file.");
    }

    /// <summary>Has kubelet start the API server anew, if it must and has not yet for the file as it is now.</summary>
    public void Restart()
    {
        if (path is null || Reloads || !call.Switch(RotateFlags.Apply) || call.Switch(RotateFlags.DryRun))
            return;
        var mark = "sha256:" + SealedBackup.FingerprintOf(file.Read());
        var open = ManifestFile.Open(path);
        if (ManifestEditor.Mark(open.Parse()) == mark)
            return;
        var copy = open.Apply(text => ManifestEditor.Restart(text, mark), call.Host.Time.GetUtcNow());
        call.Host.Tell($"{path} was marked with the new file, so that kubelet starts the API server anew; the old manifest is kept as {copy}.");
    }

    /// <summary>How etcd is reached: by the flags, else as the API server does.</summary>
    /// <exception cref="ExitException">Neither tells.</exception>
    public (EtcdOptions Options, string Prefix) Etcd()
    {
        var list = call.List(RotateFlags.Endpoints) is { Count: > 0 } given ? string.Join(',', given) : Server("etcd-servers");
        if (list is null)
        {
            throw ExitException.Usage(
                $"say how etcd is reached: {RotateFlags.Endpoints}=https://127.0.0.1:2379 with its certificates, or {RotateFlags.Manifest}");
        }
        var authorities = Value(RotateFlags.EtcdAuthorities, "etcd-cafile");
        var (certificate, key) = (Value(RotateFlags.EtcdCertificate, "etcd-certfile"), Value(RotateFlags.EtcdKey, "etcd-keyfile"));
        try
        {
            var options = new EtcdOptions
            {
                Endpoints = EtcdOptions.ParseEndpoints(list, tls: authorities is not null || certificate is not null),
                Tls = TlsFiles.Read(authorities, certificate, key),
            };
            return (options, "/" + (call.Text(RotateFlags.Prefix) ?? Server("etcd-prefix") ?? StorageKey.DefaultPrefix).Trim('/'));
        }
        catch (Exception e) when (e is FormatException or TlsFileException)
        {
            throw ExitException.Usage(e.Message);
        }
    }

    /// <summary>Sees to it that what the file encrypts lies in the one etcd that is counted: a key that is needed in another would be taken out.</summary>
    /// <exception cref="ExitException">It lies in another one, or nobody says that there is none.</exception>
    public void RequireOneEtcd()
    {
        var text = file.Read();
        try
        {
            // What the API server refuses, the rotation tells.
            var loaded = ConfigurationFile.Load(Encoding.UTF8.GetString(text), new LintFacts { KmsV1Enabled = true });
            if (loaded.Succeeded)
                RequireOneEtcd(loaded.Value);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(text);
        }
    }

    private void RequireOneEtcd(EncryptionConfiguration configuration)
    {
        if (manifest is null)
        {
            var hasWildcard = configuration.Rules.Any(r => r.Resources.Any(n => n.Parsed.IsWildcard && Encrypts(configuration, n.Parsed)));
            if ((hasWildcard || Encrypts(configuration, new GroupResource("events", ""))) && !call.Switch(RotateFlags.EtcdIsAll))
            {
                throw ExitException.Usage(
                    $"{file.Given} encrypts events or a wildcard, and some clusters keep events in another etcd (--etcd-servers-overrides), which is not "
                    + $"looked into: give {RotateFlags.Manifest}, which tells, or vouch by {RotateFlags.EtcdIsAll} that this etcd holds all");
            }
            return;
        }
        var elsewhere = manifest.Flags.All("etcd-servers-overrides").SelectMany(o => o.Split(',')).Where(o => Encrypts(configuration, Overridden(o))).ToList();
        if (elsewhere.Count > 0)
        {
            throw ExitException.Usage(
                $"the API server keeps some of what {file.Given} encrypts in another etcd (--etcd-servers-overrides={string.Join(',', elsewhere)}), which is "
                + "not looked into: a key that is needed there would be taken out; rotate by hand");
        }
    }

    private static bool Encrypts(EncryptionConfiguration configuration, GroupResource resource) =>
        configuration.ProvidersFor(resource).Any(p => p.Kind != ProviderKind.Identity);

    // group/resource#servers; the core group is empty.
    private static GroupResource Overridden(string text)
    {
        var name = text.Trim().Split('#')[0].Split('/');
        return name is [var group, var resource] ? new GroupResource(resource, group) : GroupResource.Everything;
    }

    private string? Value(Flag flag, string name) => call.Text(flag) ?? (Server(name) is { } named ? manifest?.ToHost(named) ?? named : null);

    private string? Server(string name) => manifest?.Flags.Text(name);
}
