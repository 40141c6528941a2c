using System.Diagnostics.CodeAnalysis;
using Kist.Client.Agent.Secrets;
using Kist.Client.Templates.Values;

namespace Kist.Client.Templates;

/// <summary>Reads files for the templates' function <c>file</c>.</summary>
/// <param name="sandbox">The folder that they must lie in (<c>sandbox_path</c>), links resolved; null or empty for anywhere.</param>
public sealed class TemplateFileReader(string? sandbox)
{
    /// <summary>Largest file.</summary>
    public const int MaxBytes = 32 * 1024 * 1024;

    // As many as the kernel follows.
    private const int MostLinks = 40;

    /// <summary>A file's content, valid UTF-8 or not.</summary>
    /// <exception cref="IOException">It is not there, is no file, lies outside of the sandbox or is too large.</exception>
    /// <exception cref="UnauthorizedAccessException">It must not be read.</exception>
    public async ValueTask<TemplateValue> ReadAsync(string path, CancellationToken cancellation)
    {
        await using var file = RegularFile.Open(path);
        // The open file is judged, not its name, which may lead elsewhere a moment later.
        if (!string.IsNullOrEmpty(sandbox) && !IsWithin(Resolve(sandbox, 0), Opened(file)))
            throw new IOException($"{path} lies outside of {sandbox}, beyond which templates must not read files");
        using var content = new MemoryStream();
        var buffer = new byte[64 * 1024];
        while (await file.ReadAsync(buffer, cancellation) is var count and > 0)
        {
            if (content.Length + count > MaxBytes)
                throw new IOException($"{path} has more than {MaxBytes / (1024 * 1024)} MiB");
            content.Write(buffer, 0, count);
        }
        return TemplateValue.Of(content.GetBuffer().AsSpan(0, (int)content.Length));
    }

    [SuppressMessage("Major Code Smell", "S3869", Justification = "The number alone names the open file, which stays open meanwhile.")]
    private static string Opened(FileStream file) =>
        new FileInfo($"/proc/self/fd/{file.SafeFileHandle.DangerousGetHandle()}").LinkTarget
        ?? throw new IOException("the file cannot be resolved");

    private static bool IsWithin(string folder, string file) => file.StartsWith(folder.TrimEnd('/') + "/", StringComparison.Ordinal);

    private static string Resolve(string path, int links)
    {
        if (links > MostLinks)
            throw new IOException($"{path} has too many links");
        var resolved = "/";
        foreach (var part in Path.GetFullPath(path).Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            var next = Path.Combine(resolved, part);
            resolved = new FileInfo(next).LinkTarget is { } target ? Resolve(Path.GetFullPath(target, resolved), links + 1) : next;
        }
        return resolved;
    }
}
