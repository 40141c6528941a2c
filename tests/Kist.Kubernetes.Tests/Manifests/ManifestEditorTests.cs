using FsCheck;
using FsCheck.Fluent;
using Kist.Kubernetes.Manifests;

namespace Kist.Kubernetes.Tests.Manifests;

public sealed class ManifestEditorTests
{
    private const string Config = "/etc/kubernetes/enc/config.yaml";

    [Theory]
    [MemberData(nameof(Kubeadm.Blocks), MemberType = typeof(Kubeadm))]
    public void Flag_mount_and_reload_are_added_and_every_other_byte_stays(string text)
    {
        var edited = ManifestEditor.Encrypt(text, Config, reload: true).Ok();
        var manifest = ApiServerManifest.Read(edited).Ok();
        Assert.Equal((Config, Config, true, false), (manifest.ConfigurationPath, manifest.ConfigurationOnHost, manifest.Reloads, manifest.MountsFileItself));
        AssertLinesAdded(text, edited);

        // Again, there is nothing to do.
        Assert.Equal(edited, ManifestEditor.Encrypt(edited, Config, reload: true).Ok());
    }

    [Fact]
    public void Kubeadms_manifest_becomes_what_its_owner_would_have_written()
    {
        var expected = Kubeadm.Plain
            .Replace("    - --etcd-cafile", "    - --encryption-provider-config=/etc/kubernetes/enc/config.yaml\n    - --encryption-provider-config-automatic-reload=true\n    - --etcd-cafile", StringComparison.Ordinal)
            .Replace("    volumeMounts:\n", "    volumeMounts:\n    - mountPath: /etc/kubernetes/enc\n      name: encryption-config\n      readOnly: true\n", StringComparison.Ordinal)
            .Replace("  volumes:\n", "  volumes:\n  - hostPath:\n      path: /etc/kubernetes/enc\n      type: DirectoryOrCreate\n    name: encryption-config\n", StringComparison.Ordinal);
        Assert.Equal(expected, ManifestEditor.Encrypt(Kubeadm.Plain, Config, reload: true).Ok());
    }

    [Fact]
    public void Comments_stay_with_what_they_belong_to()
    {
        var edited = ManifestEditor.Encrypt(Kubeadm.Commented, Config, reload: false).Ok();
        Assert.Contains("# the address\n              - \"--advertise-address=10.0.0.5\"", edited, StringComparison.Ordinal);
        Assert.Contains("# last one\n              - --v=2", edited, StringComparison.Ordinal);
        Assert.False(ApiServerManifest.Read(edited).Ok().Reloads);
    }

    [Fact]
    public void Folder_that_is_mounted_already_gets_no_second_mount()
    {
        var edited = ManifestEditor.Encrypt(Kubeadm.Plain, "/etc/kubernetes/pki/enc/config.yaml", reload: false).Ok();
        Assert.Equal(Kubeadm.Plain.Split('\n').Length + 1, edited.Split('\n').Length);
        Assert.Equal("/etc/kubernetes/pki/enc/config.yaml", ApiServerManifest.Read(edited).Ok().ConfigurationOnHost);
    }

    [Fact]
    public void File_that_lies_in_the_root_does_not_give_the_container_the_whole_host() =>
        Assert.Equal("manifest.root_folder", ManifestEditor.Encrypt(Kubeadm.Plain, "/config.yaml", reload: true).Failure?.Code);

    [Theory]
    [InlineData("hostPath: {path: /srv/enc}", "")]
    [InlineData("hostPath: {path: /etc/kubernetes}", "      subPath: enc\n")]
    [InlineData("emptyDir: {}", "")]
    public void Place_where_something_else_is_mounted_gets_no_second_mount(string volume, string part)
    {
        var taken = Kubeadm.Plain
            .Replace("    volumeMounts:\n", $"    volumeMounts:\n    - mountPath: /etc/kubernetes/enc/\n      name: other\n{part}", StringComparison.Ordinal)
            .Replace("  volumes:\n", $"  volumes:\n  - {volume}\n    name: other\n", StringComparison.Ordinal);
        Assert.Equal("manifest.mount_taken", ManifestEditor.Encrypt(taken, Config, reload: true).Failure?.Code);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void File_that_is_mounted_by_itself_would_hide_what_its_folder_gets_and_is_told_of(bool reload)
    {
        var taken = Kubeadm.Plain
            .Replace("    volumeMounts:\n", $"    volumeMounts:\n    - mountPath: {Config}\n      name: enc\n", StringComparison.Ordinal)
            .Replace("  volumes:\n", $"  volumes:\n  - hostPath: {{path: {Config}}}\n    name: enc\n", StringComparison.Ordinal);
        Assert.Equal("manifest.file_mounted", ManifestEditor.Encrypt(taken, Config, reload).Failure?.Code);
    }

    [Fact]
    public void Folder_that_is_mounted_at_that_very_place_is_used()
    {
        var once = ManifestEditor.Encrypt(Kubeadm.Plain, Config, reload: true).Ok();
        var flagless = once.Replace("    - --encryption-provider-config=/etc/kubernetes/enc/config.yaml\n", "", StringComparison.Ordinal);
        Assert.Equal(once, ManifestEditor.Encrypt(flagless, Config, reload: true).Ok());
    }

    [Theory]
    [InlineData("registry.k8s.io/kube-apiserver:v1.25.16", false)]
    [InlineData("registry:5000/kube-apiserver:1.9", false)]
    [InlineData("registry:5000/kube-apiserver:v1.24.9-eksbuild.1@sha256:0123", false)]
    [InlineData("registry.k8s.io/kube-apiserver:v1.26.0", true)]
    [InlineData("registry:5000/kube-apiserver", true)]
    [InlineData("kube-apiserver:latest", true)]
    [InlineData("kube-apiserver@sha256:0123", true)]
    [InlineData("kube-apiserver:v2.0.0", true)]
    public void Server_that_would_not_start_with_the_flag_for_reloading_does_not_get_it(string image, bool reloads)
    {
        var text = Kubeadm.Plain.Replace("registry.k8s.io/kube-apiserver:v1.31.2", image, StringComparison.Ordinal);
        var manifest = ApiServerManifest.Read(ManifestEditor.Encrypt(text, Config, reload: true).Ok()).Ok();
        Assert.Equal((Config, reloads, reloads), (manifest.ConfigurationOnHost, manifest.Reloads, manifest.KnowsReload));
    }

    [Fact]
    public void Volume_gets_a_name_that_is_free()
    {
        var taken = Kubeadm.Plain.Replace("name: k8s-certs", "name: encryption-config", StringComparison.Ordinal);
        var manifest = ApiServerManifest.Read(ManifestEditor.Encrypt(taken, Config, reload: true).Ok()).Ok();
        Assert.Equal((Config, "/etc/kubernetes/pki/x"), (manifest.ConfigurationOnHost, manifest.Mounts.ToHost("/etc/kubernetes/pki/x")));
    }

    [Fact]
    public void Path_that_yaml_could_take_for_something_else_is_quoted()
    {
        var edited = ManifestEditor.Encrypt(Kubeadm.Plain, "/srv/a \"b\" #c/config.yaml", reload: true).Ok();
        Assert.Equal("/srv/a \"b\" #c/config.yaml", ApiServerManifest.Read(edited).Ok().ConfigurationOnHost);
        AssertLinesAdded(Kubeadm.Plain, edited);
    }

    [Theory]
    [MemberData(nameof(Kubeadm.Others), MemberType = typeof(Kubeadm))]
    public void Other_forms_are_left_to_their_owner(string text) =>
        Assert.Equal("manifest.form", ManifestEditor.Encrypt(text, Config, reload: true).Failure?.Code);

    [Fact]
    public void Another_configuration_is_not_taken_away() =>
        Assert.Equal("manifest.other_configuration", ManifestEditor.Encrypt(Kubeadm.FileMount, Config, reload: true).Failure?.Code);

    [Fact]
    public void Reload_that_is_off_is_turned_on_in_its_place()
    {
        var edited = ManifestEditor.Encrypt(Kubeadm.FileMount, "/srv/kubernetes/encryption.yaml", reload: true).Ok();
        Assert.Equal(Kubeadm.FileMount.Replace("reload=false", "reload=true", StringComparison.Ordinal), edited);
    }

    [Fact]
    public void File_that_is_mounted_by_itself_is_seen()
    {
        var manifest = ApiServerManifest.Read(Kubeadm.FileMount).Ok();
        Assert.True(manifest.MountsFileItself);
        Assert.Equal("/srv/kubernetes/encryption.yaml", manifest.ConfigurationOnHost);
        Assert.True(manifest.Facts.KmsV1Enabled);
        Assert.False(manifest.Facts.AutomaticReload);
    }

    [Theory]
    [MemberData(nameof(Kubeadm.Blocks), MemberType = typeof(Kubeadm))]
    public void Restart_is_an_annotation_that_changes_with_its_mark(string text)
    {
        var once = ManifestEditor.Restart(text, "sha256:1").Ok();
        AssertLinesAdded(text, once);
        Assert.Equal(once, ManifestEditor.Restart(once, "sha256:1").Ok());
        var twice = ManifestEditor.Restart(once, "sha256:2").Ok();
        Assert.Equal(once.Replace("sha256:1", "sha256:2", StringComparison.Ordinal), twice);
        Assert.Equal("sha256:2", ManifestEditor.Mark(ApiServerManifest.Read(twice).Ok()));
    }

    [Theory]
    [InlineData("", "manifest.kind")]
    [InlineData("a: [", "manifest.syntax")]
    [InlineData("kind: ConfigMap\n", "manifest.kind")]
    [InlineData("kind: Pod\nspec: {containers: [{name: etcd, command: [etcd]}]}\n", "manifest.no_server")]
    public void What_is_no_manifest_of_an_api_server_is_refused(string text, string code)
    {
        Assert.Equal(code, ManifestEditor.Encrypt(text, Config, reload: true).Failure?.Code);
        Assert.Equal(code, ManifestEditor.Restart(text, "x").Failure?.Code);
    }

    [Fact]
    public void Manifest_with_lines_lost_or_doubled_is_edited_rightly_or_refused()
    {
        var lines = Kubeadm.Plain.Split('\n');
        Prop.ForAll(Gen.Choose(0, lines.Length - 1).ArrayOf(4).ToArbitrary(), places =>
        {
            var text = string.Join('\n', lines.SelectMany((l, i) => Enumerable.Repeat(l, (places[2] == i ? 2 : 1) - (places[0] == i || places[1] == i ? 1 : 0))));
            var edited = ManifestEditor.Encrypt(text, Config, reload: true);
            if (!edited.Succeeded)
                return;
            Assert.Equal(Config, ApiServerManifest.Read(edited.Value).Ok().ConfigurationOnHost);
            AssertLinesAdded(text, edited.Value);
        }).QuickCheckThrowOnFailure();
    }

    // All lines of the one text stand in the other, in their order.
    private static void AssertLinesAdded(string before, string after)
    {
        var rest = new Queue<string>(before.Split('\n'));
        foreach (var line in after.Split('\n'))
        {
            if (rest.TryPeek(out var next) && next == line)
                rest.Dequeue();
        }
        Assert.Empty(rest);
    }
}
