using System.Security.Cryptography;
using Kist.Client.Templates;

namespace Kist.Client.Agent.Templates;

/// <summary>Writes what <c>writeToFile</c> asked for: for each file once, in one step, what all calls of a rendering say together.</summary>
internal static class TemplateFileWriter
{
    /// <summary>Writes the files.</summary>
    /// <returns>Whether one of them has changed.</returns>
    /// <exception cref="IOException">One cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">One must not be written.</exception>
    public static bool Write(IReadOnlyList<TemplateFile> files)
    {
        var changed = false;
        foreach (var file in files.GroupBy(static f => Path.GetFullPath(f.Path), StringComparer.Ordinal))
            changed |= Write(file.Key, [.. file]);
        return changed;
    }

    private static bool Write(string path, IReadOnlyList<TemplateFile> calls)
    {
        var last = calls[^1];
        var file = new RenderedFile(path) { User = last.User, Group = last.Group, Mode = last.Mode };
        // A call that does not append makes void what those before it say.
        var begin = calls.Count - 1;
        while (begin > 0 && calls[begin].Appends)
            begin--;
        var held = calls[begin].Appends ? file.Read() ?? [] : [];
        var added = calls.Skip(begin).SelectMany(static c => c.Content.Utf8.ToArray()).ToArray();
        try
        {
            // A template is rendered again for many reasons; the same text behind itself would grow the file each time.
            return held.AsSpan().EndsWith(added) && held.Length > 0 ? file.Write(held) : file.Write([.. held, .. added]);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(added);
        }
    }
}
