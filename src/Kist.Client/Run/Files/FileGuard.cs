using System.Diagnostics;
using System.Text;

namespace Kist.Client.Run.Files;

/// <summary>
/// A process that removes this one's files on disk if this one is killed before it can. It reads their names from a pipe, out of whose end it learns
/// of this process's; no signal of the terminal or the group reaches it, since it has a session of its own. It knows no value.
/// </summary>
/// <param name="program">The program whose command <see cref="FileGuardServer.Command"/> is <see cref="FileGuardServer"/>.</param>
internal sealed class FileGuard(string program) : IDisposable
{
    private Process? process;

    /// <summary>Tells it of a file to remove, whatever it is, starting it with the first one.</summary>
    /// <exception cref="IOException">It cannot be started.</exception>
    public void Watch(string path) => Watch(path, null, "");

    /// <summary>Tells it of a place to give back, starting it with the first one.</summary>
    /// <param name="path">The place.</param>
    /// <param name="kept">What to put back, or null.</param>
    /// <param name="own">The file of this run, as <see cref="PushedPlace"/> knows it.</param>
    /// <exception cref="IOException">It cannot be started.</exception>
    public void Watch(string path, string? kept, string own)
    {
        process ??= Start();
        process.StandardInput.Write($"{Encode(path)} {Encode(kept ?? "")} {Encode(own)}\n");
        process.StandardInput.Flush();
    }

    /// <summary>The files are gone in good order.</summary>
    public void Dispose()
    {
        if (process is null)
            return;
        try
        {
            process.StandardInput.Write($"{FileGuardServer.AllDone}\n");
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // Somebody killed it.
        }
        process.Dispose();
    }

    private static string Encode(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private Process Start()
    {
        var start = new ProcessStartInfo(program, [FileGuardServer.Command])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            return Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new IOException($"the process that removes files after a kill cannot be started: {e.Message}", e);
        }
    }
}
