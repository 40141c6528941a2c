using Kist.Crypto;

namespace Kist.Client.Templates;

/// <summary>What a template gave.</summary>
/// <param name="Text">The output, bytes that are no valid UTF-8 included.</param>
/// <param name="Files">What <c>writeToFile</c> wants written as well, in the template's order.</param>
public sealed record TemplateOutput(SecretText Text, IReadOnlyList<TemplateFile> Files) : IDisposable
{
    /// <summary>Wipes the texts.</summary>
    public void Dispose()
    {
        Text.Dispose();
        foreach (var file in Files)
            file.Content.Dispose();
    }
}

/// <summary>A file that a template wants written. Nothing is written while a template is rendered, and nothing if that fails.</summary>
/// <param name="Path">Where to.</param>
/// <param name="User">Name or number of the owner; empty for the process's own.</param>
/// <param name="Group">Name or number of the group; empty for the process's own.</param>
/// <param name="Mode">Permissions; null for the usual ones.</param>
/// <param name="Appends">Whether the content goes behind what the file has.</param>
/// <param name="Content">What to write, a last line break included if one was asked for.</param>
public sealed record TemplateFile(string Path, string User, string Group, UnixFileMode? Mode, bool Appends, SecretText Content);
