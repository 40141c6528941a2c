using System.Globalization;
using System.Text;
using Kist.Commands.Arguments;
using Kist.Commands.Cli;
using Kist.Commands.Encryption.Files;
using Kist.Core;
using Kist.Crypto;
using Kist.Kubernetes.AtRest;
using Kist.Kubernetes.Encryption;
using Kist.Kubernetes.Manifests;

namespace Kist.Commands.Encryption;

/// <summary><c>encryption init</c>: a first configuration.</summary>
internal static class InitCommand
{
    private static readonly string[] DefaultResources = ["secrets", "configmaps"];

    private static readonly Flag Provider = Flag.Choice(
        "provider",
        ["secretbox", "kms", "aesgcm", "aescbc"],
        "What encrypts. Default kms when -kms-endpoint is given, else secretbox; why is told on standard error.");
    private static readonly Flag Resources = Flag.List(
        "resources", "names", "What is encrypted: secrets, deployments.apps, '*.' (all of the core group), '*.*' (all). Default secrets,configmaps.");
    private static readonly Flag KeyName = Flag.Text(
        "key-name",
        "name",
        "The key's name, for a KMS the provider's. It is stored with each value and must never be given again. Default key-DATE, for a KMS kist.");
    private static readonly Flag KmsEndpoint = Flag.Text("kms-endpoint", "url", "The socket of a KMS plugin of the second version: unix:///path.");
    private static readonly Flag Manifest = Flag.Text(
        "manifest", "file", "The API server's static-pod manifest: shows what must change there (flag, mount, reload) as a diff.");
    private static readonly Flag Reload = Flag.Switch(
        "reload", "With -manifest: the API server shall look for changes of the file by itself, as it can since 1.26. Default true.");
    private static readonly Flag Apply = Flag.Switch("apply", "With -manifest: makes the change. kubelet then starts the API server anew.");

    public static Command Init => new("encryption init", "Makes an EncryptionConfiguration.", RunAsync)
    {
        Arguments = "FILE",
        Description = "The key comes from the system's generator; the file is for its owner alone, is put in its place in one step, and is never "
            + "overwritten. identity stands last in it, so that what is in plaintext now stays readable until it is rewritten. Says what to do next. "
            + "With -manifest, a file that is there already is kept, and the manifest alone is looked at: so on the other control-plane nodes.",
        Flags = [Provider, Resources, KeyName, KmsEndpoint, Manifest, Reload, Apply],
        CallsServer = false,
        Example = new("Make a configuration for Secrets and ConfigMaps", "encryption init new-config.yaml"),
    };

    private static Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var file = new GuardedFile(call.Arguments[0]);
        var wanted = Wanted(call);
        if (call.Switch(Apply) && !call.Has(Manifest))
            throw ExitException.Usage($"{Apply} needs {Manifest}");
        var manifest = call.Text(Manifest) is { } path ? ManifestFile.Open(path) : null;
        if (file.Exists && (manifest is null || call.Has(Provider) || call.Has(Resources) || call.Has(KeyName) || call.Has(KmsEndpoint)))
            throw ExitException.Failed($"{file.Given} exists and is not overwritten: to change its key, use kist encryption rotate");
        if (manifest is null && Path.GetDirectoryName(file.Path) is "/")
        {
            throw ExitException.Usage(
                $"{file.Given} lies in / itself, and its folder is what the API server's container gets: put it into a folder of its own");
        }

        // Before anything is written: a manifest that cannot be changed is told of now.
        _ = manifest?.Diff(Edit(call, file));
        if (file.Exists)
            Keep(call, file);
        else
            Make(call, file, wanted);
        call.Output.Write(Next(call, file, manifest));
        return Task.FromResult(ExitCode.Done);
    }

    // For the manifest alone: after the file was made, and on the other nodes.
    private static void Keep(Invocation call, GuardedFile file)
    {
        EncryptionCommands.Load(file.Given, EncryptionCommands.Text(call, file.Given), new LintFacts { KmsV1Enabled = true });
        call.Output.Success($"{file.Given} is there already and stays as it is.");
    }

    private static void Make(Invocation call, GuardedFile file, NewConfiguration wanted)
    {
        using var content = Write(wanted);
        file.Create(content.Written);
        call.Host.Tell($"Why {wanted.Kind.Name()}: {NewConfiguration.Reason(wanted.Kind)}");
        call.Output.Success($"Wrote {file.Given}: {string.Join(", ", wanted.Resources)} with {new Slot(wanted.Kind, wanted.Name)}.");
    }

    private static NewConfiguration Wanted(Invocation call)
    {
        var kind = RotateFlags.Kind(call.Text(Provider)) ?? (call.Has(KmsEndpoint) ? ProviderKind.KmsV2 : ProviderKind.Secretbox);
        var isKms = kind == ProviderKind.KmsV2;
        if (isKms != call.Has(KmsEndpoint))
        {
            throw ExitException.Usage(
                isKms ? $"a KMS needs {KmsEndpoint}=unix:///path, its plugin's socket" : $"{KmsEndpoint} goes with {Provider}=kms");
        }
        var day = call.Host.Time.GetUtcNow().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        var resources = call.List(Resources);
        return new NewConfiguration(kind, resources.Count > 0 ? resources : DefaultResources, call.Text(KeyName) ?? (isKms ? "kist" : $"key-{day}"))
        {
            Endpoint = call.Text(KmsEndpoint) ?? "",
        };
    }

    /// <exception cref="ExitException">The API server would refuse it.</exception>
    private static SecretBuffer Write(NewConfiguration wanted)
    {
        var content = new SecretBuffer();
        ConfigurationWriter.WriteYaml(wanted.Build(), content);
        var report = ConfigurationLint.Check(Encoding.UTF8.GetString(content.Written), LintFacts.None);
        if (!report.IsRefused)
            return content;
        content.Dispose();
        var finding = report.Findings[0];
        throw ExitException.Usage($"the API server would refuse this: {finding.Message}; {finding.Fix}");
    }

    private static Func<string, Outcome<string>> Edit(Invocation call, GuardedFile file)
    {
        var reload = !call.Has(Reload) || call.Switch(Reload);
        return text => ManifestEditor.Encrypt(text, file.Path, reload);
    }

    private static string Next(Invocation call, GuardedFile file, ManifestFile? manifest)
    {
        var steps = new List<string>
        {
            $"Keep a sealed copy of it apart from etcd's backups: kist encryption backup {file.Given} BACKUP. Without the file nobody reads the "
                + "objects.",
        };
        if (manifest is not null)
            steps.Add(Change(call, file, manifest));
        else
            steps.Add(ByHand(file));
        steps.Add("With several control-plane nodes: copy the file, mode 600, and change the manifest on each of them before the next step.");
        steps.Add("Rewrite what is there in plaintext: kist encryption rewrite. New writes are encrypted by themselves.");
        steps.Add("See that it worked: kist etcd report.");
        return "\nNext:\n" + string.Concat(steps.Select((step, i) => $"{i + 1}. {step.TrimEnd('\n')}\n"));
    }

    private static string Change(Invocation call, GuardedFile file, ManifestFile manifest)
    {
        var diff = manifest.Diff(Edit(call, file));
        var note = manifest.ReloadNote();
        if (diff.Length == 0)
            return $"{manifest.Path} needs no change.{note}";
        if (!call.Switch(Apply))
            return $"Change {manifest.Path} ({Apply} does it):{note}\n\n{diff}";
        var copy = manifest.Apply(Edit(call, file), call.Host.Time.GetUtcNow());
        return $"{manifest.Path} was changed, and the old one kept as {copy}; kubelet starts the API server anew:{note}\n\n{diff}";
    }

    private static string ByHand(GuardedFile file)
    {
        var folder = Path.GetDirectoryName(file.Path) ?? "/";
        return $"""
            Change each API server's manifest, /etc/kubernetes/manifests/kube-apiserver.yaml
               (this command again with {Manifest} shows the change as a diff, {Apply} makes it):
                 command:
                 - --encryption-provider-config={file.Path}
                 - --encryption-provider-config-automatic-reload=true    (1.26 and later; an older server must be restarted after each change)
                 volumeMounts:
                 - mountPath: {folder}
                   name: encryption-config
                   readOnly: true
                 volumes:
                 - hostPath:
                     path: {folder}
                     type: DirectoryOrCreate
                   name: encryption-config
               Mount the folder, not the file: a container goes on seeing the file that was there when it started.
            """;
    }
}
