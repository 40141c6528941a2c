using Kist.Core;
using Kist.Wire.Hcl;
using Kist.Wire.Yaml;

namespace Kist.Kubernetes.Manifests;

/// <summary>
/// Puts into a manifest what encryption needs, and leaves every other byte as it is. It adds lines to lists and mappings in block style, which tools
/// write; any other form is left to its owner.
/// </summary>
public static class ManifestEditor
{
    /// <summary>The annotation whose change makes kubelet start the pod anew.</summary>
    public const string Annotation = "kist/encryption-config";

    private const string ConfigurationFlag = "encryption-provider-config";
    private const string ReloadFlag = "encryption-provider-config-automatic-reload";
    private const string Volume = "encryption-config";

    /// <summary>Makes the API server use a configuration: its flag, the mount of the file's folder, and reloading.</summary>
    /// <param name="text">The manifest.</param>
    /// <param name="hostPath">The configuration's full path on the host.</param>
    /// <param name="reload">Whether the API server shall look for changes by itself; before 1.26 it cannot, and does not get the flag.</param>
    /// <returns>The new manifest, the same text when nothing is missing, or why it is not edited.</returns>
    public static Outcome<string> Encrypt(string text, string hostPath, bool reload)
    {
        var read = ApiServerManifest.Read(text);
        if (!read.Succeeded)
            return read.Failure;
        var manifest = read.Value;
        if (manifest.ConfigurationPath is { } present && manifest.ConfigurationOnHost != hostPath)
        {
            return Failure.Conflict(
                "manifest.other_configuration",
                $"the API server uses another configuration already: {present}, which is {manifest.ConfigurationOnHost ?? "no file of the host"}");
        }
        reload &= manifest.KnowsReload;
        var edit = new Edit(text, manifest);
        edit.AddEncryption(hostPath, reload);
        return edit.Finish(after => after.ConfigurationOnHost == hostPath && (!reload || after.Reloads));
    }

    /// <summary>Makes kubelet start the API server anew by a change of the manifest that means nothing else.</summary>
    /// <param name="text">The manifest.</param>
    /// <param name="mark">What the annotation shall say; the same mark again changes nothing.</param>
    public static Outcome<string> Restart(string text, string mark)
    {
        var read = ApiServerManifest.Read(text);
        if (!read.Succeeded)
            return read.Failure;
        var edit = new Edit(text, read.Value);
        edit.Annotate(mark);
        return edit.Finish(after => Mark(after) == mark);
    }

    /// <summary>What the annotation says; null when it is absent.</summary>
    public static string? Mark(ApiServerManifest manifest) => manifest.Pod.Map("metadata")?.Map("annotations")?.Text(Annotation);

    private sealed class Edit(string text, ApiServerManifest manifest)
    {
        private readonly TextLines lines = new(text);
        private Failure? failure;

        public void AddEncryption(string hostPath, bool reload)
        {
            var path = manifest.ConfigurationPath ?? manifest.Mounts.ToContainer(hostPath);
            if (path is null)
            {
                var folder = Path.GetDirectoryName(hostPath) ?? "/";
                path = hostPath;
                if (manifest.ConfigurationPath is null && manifest.Mounts.IsTaken(hostPath))
                {
                    failure ??= Failure.Conflict(
                        "manifest.file_mounted",
                        $"the container has a mount at {hostPath} itself, which would hide what its folder gets: the API server would go on with the file that "
                            + "was there when it started, and never see a new one; take that mount and its volume out first");
                }
                AddMount(folder);
            }
            if (manifest.ConfigurationPath is null)
                AddFlag(ConfigurationFlag, path);
            if (reload && !manifest.Reloads)
                SetFlag(ReloadFlag, "true");
        }

        public void Annotate(string mark)
        {
            if (manifest.Pod.Map("metadata") is not { } metadata)
                Refuse("metadata", $"annotations: {{{Annotation}: \"{mark}\"}}");
            else if (metadata.Map("annotations") is not { } annotations)
                AddField(metadata, "annotations", [$"  {Annotation}: \"{mark}\""]);
            else if (annotations.Entries.FirstOrDefault(e => e.Key == Annotation)?.Value is YamlScalar old)
                ReplaceScalar(old, mark, quoted: true);
            else
                InsertKey(annotations, [$"{Annotation}: \"{mark}\""], "metadata.annotations");
        }

        public Outcome<string> Finish(Func<ApiServerManifest, bool> isDone)
        {
            if (failure is not null)
                return failure;
            var result = lines.ToString();
            var after = ApiServerManifest.Read(result);
            return after.Succeeded && isDone(after.Value) && Count(after.Value) >= Count(manifest)
                ? result
                : Failure.Invalid("manifest.form", "the manifest is written in a form that is not edited here: change it by hand");
        }

        private static int Count(ApiServerManifest manifest) => ServerFlags.Words(manifest.Container).Count();

        private void AddMount(string folder)
        {
            if (folder is "/")
            {
                failure ??= Failure.Invalid(
                    "manifest.root_folder",
                    "the configuration lies in / itself, and with its folder the container would get all of the host: move it into a folder of "
                        + "its own");
            }
            else if (manifest.Mounts.IsTaken(folder))
            {
                failure ??= Failure.Conflict(
                    "manifest.mount_taken",
                    $"the container has something else at {folder}, where the configuration's folder would be mounted: move the configuration into a "
                        + "folder of its own");
            }
            var name = VolumeName();
            string[] mount = [$"mountPath: {Plain(folder)}", $"name: {name}", "readOnly: true"];
            string[] volume = ["hostPath:", $"  path: {Plain(folder)}", "  type: DirectoryOrCreate", $"name: {name}"];
            AddElement(manifest.Container, "volumeMounts", mount);
            if (manifest.Pod.Map("spec") is { } spec)
                AddElement(spec, "volumes", volume);
        }

        private string VolumeName()
        {
            var taken = (manifest.Pod.Map("spec")?.List("volumes")?.Elements ?? []).OfType<YamlMap>().Select(v => v.Text("name")).ToHashSet();
            return Enumerable.Range(1, int.MaxValue).Select(i => i == 1 ? Volume : $"{Volume}-{i}").First(n => !taken.Contains(n));
        }

        private void SetFlag(string name, string value)
        {
            var words = ServerFlags.Lists(manifest.Container).SelectMany(l => l.Elements).OfType<YamlScalar>();
            var present = words.Where(s => ServerFlags.Name(s.Text) == name).ToList();
            if (present.Count == 0)
                AddFlag(name, value);
            foreach (var word in present)
                ReplaceScalar(word, $"--{name}={value}", quoted: false);
        }

        // In the order of the names, as kubeadm has them, and always before another flag: where the last one ends, positions do not tell.
        private void AddFlag(string name, string value)
        {
            var word = Plain($"--{name}={value}");
            var flags = ServerFlags.Lists(manifest.Container)
                .Select(l => l.Elements.OfType<YamlScalar>().Where(s => ServerFlags.Name(s.Text) is not null).ToList())
                .FirstOrDefault(f => f.Count > 0);
            if (flags is null)
            {
                Refuse("command", word);
                return;
            }
            var after = flags.Find(f => ServerFlags.Name(f.Text) is { } other and not "advertise-address" && string.CompareOrdinal(other, name) > 0);
            InsertElement((after ?? flags[^1]).Position, [word], "command");
        }

        private void AddElement(YamlMap owner, string name, string[] fields)
        {
            if (owner.List(name) is { Elements: [var first, ..] })
                InsertElement(first.Position, fields, name);
            else if (owner.Entries.All(e => e.Key != name))
                AddField(owner, name, [.. fields.Select((f, i) => (i == 0 ? "- " : "  ") + f)]);
            else
                Refuse(name, string.Join("; ", fields));
        }

        private void InsertElement(HclPosition element, string[] fields, string what)
        {
            // The dash, and before it white space alone.
            if (lines.Before(element) is not { } before || before.TrimStart() is not ['-', .. var gap] || gap.Length == 0 || gap.Trim().Length > 0)
            {
                Refuse(what, string.Join("; ", fields));
                return;
            }
            var space = new string(' ', before.Length);
            lines.InsertBefore(element.Line, fields.Select((f, i) => (i == 0 ? before : space) + f));
        }

        private void AddField(YamlMap owner, string name, string[] below) => InsertKey(owner, [$"{name}:", .. below], name);

        // Before a key that has its line for itself.
        private void InsertKey(YamlMap owner, string[] content, string what)
        {
            var own = owner.Entries.Select(e => e.Position).FirstOrDefault(p => lines.Before(p) is { } before && before.Trim(' ').Length == 0);
            if (own == default || lines.Before(own) is not { } indent)
                Refuse(what, string.Join("; ", content));
            else
                lines.InsertBefore(own.Line, content.Select(c => indent + c));
        }

        private void ReplaceScalar(YamlScalar old, string value, bool quoted)
        {
            var rest = lines.After(old.Position);
            foreach (var form in (string[])[$"\"{old.Text}\"", $"'{old.Text}'", old.Text])
            {
                if (!rest.StartsWith(form, StringComparison.Ordinal))
                    continue;
                lines.Replace(old.Position, form.Length, quoted || form[0] is '"' or '\'' ? $"\"{value}\"" : value);
                return;
            }
            Refuse(old.Text.Split('=')[0], value);
        }

        // Paths that YAML could take for something else stand in quotes.
        private static string Plain(string value) =>
            value.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '.' or '-' or '_' or '=')
                ? value
                : $"\"{value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";

        private void Refuse(string what, string wanted) => failure ??= Failure.Invalid(
            "manifest.form", $"{what} is written in a form that is not edited here: add to it by hand: {wanted}");
    }
}
