using System.Text;
using Kist.Commands.Cli;
using Kist.Commands.Encryption.Files;
using Kist.Commands.Rendering;
using Kist.Core;
using Kist.Kubernetes.Manifests;

namespace Kist.Commands.Encryption;

/// <summary>The manifest of this node's API server: read, and changed on demand.</summary>
internal sealed class ManifestFile
{
    private readonly GuardedFile file;
    private readonly byte[] content;

    private ManifestFile(GuardedFile file)
    {
        this.file = file;
        content = file.Read();
    }

    /// <summary>The path as given.</summary>
    public string Path => file.Given;

    private string Text => Encoding.UTF8.GetString(content);

    /// <summary>What the manifest at the path says.</summary>
    /// <exception cref="ExitException">It cannot be read, or is no API server's.</exception>
    public static ApiServerManifest Read(string path) => Open(path).Parse();

    /// <summary>The manifest at the path.</summary>
    /// <exception cref="ExitException">It cannot be read.</exception>
    public static ManifestFile Open(string path) => new(new GuardedFile(path));

    /// <summary>What it says.</summary>
    /// <exception cref="ExitException">It is no API server's.</exception>
    public ApiServerManifest Parse() => Value(ApiServerManifest.Read(Text));

    /// <summary>What is to be said of an API server that cannot reload; empty for others.</summary>
    public string ReloadNote() => Parse() is { KnowsReload: false, Release: { } release }
        ? $" Its image is of {release}, and automatic reload came with 1.26: the API server must be started anew after each change of the file."
        : "";

    /// <summary>The change as a diff; empty when nothing is to be changed.</summary>
    /// <exception cref="ExitException">The manifest cannot be edited.</exception>
    public string Diff(Func<string, Outcome<string>> edit) => LineDiff.Unified(Path, Text, Value(edit(Text)));

    /// <summary>
    /// Makes the change. The copy of the old manifest lies outside of the folder, for kubelet takes every file there for a pod.
    /// </summary>
    /// <returns>The path of the copy.</returns>
    /// <exception cref="ExitException">The manifest cannot be edited, or was changed meanwhile.</exception>
    public string Apply(Func<string, Outcome<string>> edit, DateTimeOffset now)
    {
        var folder = System.IO.Path.GetDirectoryName(System.IO.Path.GetDirectoryName(file.Path)) ?? "/";
        var copy = file.CopyPath(now, folder);
        file.Replace(content, Encoding.UTF8.GetBytes(Value(edit(Text))), copy);
        return copy;
    }

    private T Value<T>(Outcome<T> outcome) => outcome.Succeeded ? outcome.Value : throw ExitException.Failed($"{Path}: {outcome.Failure.Message}");
}
