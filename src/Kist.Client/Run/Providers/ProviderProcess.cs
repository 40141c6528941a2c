using System.ComponentModel;
using System.Diagnostics;

namespace Kist.Client.Run.Providers;

/// <summary>A running provider. It cannot read what is typed, and is killed when it is given up.</summary>
internal sealed class ProviderProcess : IDisposable
{
    private readonly Process process;

    private ProviderProcess(Process process) => this.process = process;

    public Stream Input => process.StandardInput.BaseStream;

    public Stream Output => process.StandardOutput.BaseStream;

    public StreamReader Errors => process.StandardError;

    /// <exception cref="RunException">It cannot be executed.</exception>
    public static ProviderProcess Start(string path, params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(path, arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            return new ProviderProcess(Process.Start(start)!);
        }
        catch (Win32Exception e)
        {
            throw RunException.Secret($"the provider {path} cannot be run: {e.Message}");
        }
    }

    /// <summary>Waits for its end and gives its exit code.</summary>
    public async Task<int> EndAsync(CancellationToken cancellation)
    {
        await process.WaitForExitAsync(cancellation);
        return process.ExitCode;
    }

    /// <summary>Ends its input; it may have ended already.</summary>
    public void EndInput()
    {
        try
        {
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It has read enough.
        }
    }

    /// <summary>Lets it end by itself, which must not delay anybody, and kills it if it does not.</summary>
    public async Task LeaveAsync(TimeSpan patience)
    {
        using (this)
        using (var timer = new CancellationTokenSource(patience))
        {
            EndInput();
            try
            {
                await process.WaitForExitAsync(timer.Token);
            }
            catch (OperationCanceledException)
            {
                // It had its time.
            }
        }
    }

    public void Dispose()
    {
        try
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception)
        {
            // It ended by itself meanwhile.
        }
        process.Dispose();
    }
}
