using Kist.Commands.Encryption.Files;
using Kist.Kubernetes.Encryption.Rotation;

namespace Kist.Commands.Encryption;

/// <summary>A configuration as a file that is changed in one step and of which a copy is kept beside it.</summary>
internal sealed class ConfigurationOnDisk(GuardedFile file, TimeProvider time) : IConfigurationFile
{
    /// <inheritdoc/>
    public string Path => file.Given;

    /// <inheritdoc/>
    public DateTimeOffset Changed => file.Changed;

    /// <inheritdoc/>
    public byte[] Read() => file.Read();

    /// <inheritdoc/>
    public string Replace(ReadOnlySpan<byte> expected, ReadOnlySpan<byte> content)
    {
        var copy = file.CopyPath(time.GetUtcNow());
        file.Replace(expected, content, copy);
        return copy;
    }
}
