using Kist.Client.Tests.Fakes;

namespace Kist.Client.Tests.Run.Providers;

/// <summary>Providers as little Python and shell scripts in a folder of their own.</summary>
internal sealed class ProviderScript : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public string Folder => folder.Path;

    /// <summary>Writes an executable of this name.</summary>
    public string Write(string name, string body)
    {
        var path = folder.File(name, $"#!/bin/sh\n{body}\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return path;
    }

    public string At(string name) => folder.At(name);

    public void Dispose() => folder.Dispose();
}
