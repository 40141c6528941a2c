using System.Diagnostics;
using System.Text;

namespace Kist.Harness;

/// <summary>One run of the program, with all it printed.</summary>
public sealed class KistProcess : IAsyncDisposable
{
    private static readonly TimeSpan PatienceAtEnd = TimeSpan.FromSeconds(20);

    private readonly Process process;
    private readonly StringBuilder output = new();
    private readonly StringBuilder errors = new();

    private KistProcess(Process process) => this.process = process;

    /// <summary>The process id.</summary>
    public int Id => process.Id;

    /// <summary>True once it has ended.</summary>
    public bool HasExited => process.HasExited;

    /// <summary>The exit code of an ended process; 128 + n when signal n ended it.</summary>
    public int ExitCode => process.ExitCode;

    /// <summary>Standard output and error so far.</summary>
    public string Output => Text(output) + Text(errors);

    /// <summary>Resident memory, in bytes.</summary>
    public long ResidentBytes
    {
        get
        {
            process.Refresh();
            return process.WorkingSet64;
        }
    }

    /// <summary>Starts a process whose standard input, output and error are redirected; the input ends after <paramref name="input"/>.</summary>
    public static KistProcess Start(ProcessStartInfo start, string input = "")
    {
        var run = new KistProcess(new Process { StartInfo = start });
        run.Begin(input);
        return run;
    }

    /// <summary>Runs a program to its end.</summary>
    /// <exception cref="TimeoutException">It did not end within <paramref name="patience"/>; it was killed.</exception>
    public static async Task<Ended> RunAsync(ProcessStartInfo start, TimeSpan patience, string input, CancellationToken cancellationToken)
    {
        await using var run = Start(start, input);
        if (!await run.EndsWithinAsync(patience, cancellationToken))
            throw new TimeoutException($"{start.FileName} {string.Join(' ', start.ArgumentList)} did not end within {patience}:\n{run.Output}");
        return new Ended(run.ExitCode, Text(run.output), Text(run.errors));
    }

    /// <summary>Waits for the end and all output; false when <paramref name="patience"/> ran out first.</summary>
    public async Task<bool> EndsWithinAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        using var timer = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timer.CancelAfter(patience);
        try
        {
            await process.WaitForExitAsync(timer.Token);
            return true;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    /// <summary>Sends SIGKILL, to the process alone, and waits for its end.</summary>
    public async Task KillAsync()
    {
        process.Kill();
        await process.WaitForExitAsync();
    }

    /// <summary>Sends a signal and goes on.</summary>
    public void Signal(int signal) => Signals.Send(Id, signal);

    /// <summary>Sends SIGTERM and waits for an orderly end.</summary>
    /// <exception cref="TimeoutException">It did not end.</exception>
    public async Task StopAsync()
    {
        Signal(Signals.Term);
        if (!await EndsWithinAsync(PatienceAtEnd, CancellationToken.None))
            throw new TimeoutException($"process {Id} did not end within {PatienceAtEnd} of SIGTERM:\n{Output}");
    }

    /// <summary>Kills what still runs, children included.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync();
        }
        process.Dispose();
    }

    private void Begin(string input)
    {
        process.OutputDataReceived += (_, e) => Append(output, e.Data);
        process.ErrorDataReceived += (_, e) => Append(errors, e.Data);
        process.Start();
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    private static void Append(StringBuilder text, string? line)
    {
        if (line is null)
            return;
        lock (text)
            text.AppendLine(line);
    }

    private static string Text(StringBuilder text)
    {
        lock (text)
            return text.ToString();
    }
}

/// <summary>How a program ended.</summary>
/// <param name="ExitCode">0 for success.</param>
/// <param name="Output">Standard output.</param>
/// <param name="Errors">Standard error.</param>
public sealed record Ended(int ExitCode, string Output, string Errors);
