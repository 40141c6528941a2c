using Kist.Kubernetes.Encryption;

namespace Kist.Kubernetes.Tests.Encryption;

public sealed class FileFactsTests : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("kist-encryption-").FullName;

    [Fact]
    public void Modes_of_file_and_directory_are_read()
    {
        var path = Path.Combine(directory, "enc.yaml");
        File.WriteAllText(path, "");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.GroupRead);
        File.SetUnixFileMode(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

        var facts = FileFacts.Of(path);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.GroupRead, facts.Mode);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, facts.DirectoryMode);
    }

    public void Dispose() => Directory.Delete(directory, recursive: true);
}
