using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Kist.Crypto;
using Microsoft.Win32.SafeHandles;

namespace Kist.Engines.Kv.V2.Rotation.Targets;

/// <summary>
/// Runs a program with little: standard input and output are pipes, standard error goes nowhere, and the environment has a search path and a
/// language. It leads a group of its own, all of which is killed when it has ended or its time is over.
/// </summary>
internal static class ExecProcess
{
    private const int StructureBytes = 512;
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(5);
    private static readonly string?[] Environment = ["PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8", null];

    /// <summary>Runs it until it ends, and answers its exit code, -1 when it has none; null when it cannot be started or writes too much.</summary>
    /// <param name="path">The program.</param>
    /// <param name="input">What it reads.</param>
    /// <param name="output">Gets what it writes.</param>
    /// <param name="mostBytes">The most that it may write.</param>
    /// <param name="cancellationToken">Kills it.</param>
    public static async Task<int?> RunAsync(
        string path, ReadOnlyMemory<byte> input, SecretBuffer output, int mostBytes, CancellationToken cancellationToken)
    {
        if (Start(path) is not { } started)
            return null;
        var (id, stdin, stdout) = started;
        var ended = false;
        try
        {
            while (!ended)
            {
                // Asked before the last of its output is read, so that none is missed.
                ended = HasEnded(id);
                input = Feed(stdin, input);
                if (!Drain(stdout, output, mostBytes))
                    return null;
                if (!ended)
                    await Task.Delay(BetweenLooks, TimeProvider.System, cancellationToken);
            }
            return End(id);
        }
        finally
        {
            if (!ended || output.Written.Length > mostBytes)
            {
                _ = ExecCalls.Signal(-id, ExecCalls.Kill);
                _ = Task.Run(() => ExecCalls.Reap(id, out _, 0), CancellationToken.None);
            }
            stdin.Dispose();
            stdout.Dispose();
        }
    }

    // The group goes before its number can be another's.
    private static int End(int id)
    {
        _ = ExecCalls.Signal(-id, ExecCalls.Kill);
        return ExecCalls.Reap(id, out var status, 0) == id && (status & 0x7f) == 0 ? status >> 8 & 0xff : -1;
    }

    private static bool HasEnded(int id)
    {
        Span<byte> information = stackalloc byte[StructureBytes];
        information.Clear();
        var failed = ExecCalls.WaitFor(ExecCalls.OfOne, (uint)id, ref information[0], ExecCalls.Exited | ExecCalls.NoHang | ExecCalls.LeavesIt) != 0;
        // Where nobody can tell any more, it counts as ended without a code.
        return failed ? Marshal.GetLastPInvokeError() != ExecCalls.Interrupted : BinaryPrimitives.ReadInt32LittleEndian(information) != 0;
    }

    // What is left to write; the pipe is closed after the last of it, and when nobody reads.
    private static ReadOnlyMemory<byte> Feed(SafeFileHandle stdin, ReadOnlyMemory<byte> input)
    {
        while (!stdin.IsClosed)
        {
            if (input.IsEmpty)
            {
                stdin.Dispose();
                break;
            }
            var written = ExecCalls.Write(stdin, input.Span, (nuint)input.Length);
            if (written >= 0)
                input = input[(int)written..];
            else if (Marshal.GetLastPInvokeError() == ExecCalls.TryAgain)
                break;
            else if (Marshal.GetLastPInvokeError() != ExecCalls.Interrupted)
                input = default;
        }
        return input;
    }

    private static bool Drain(SafeFileHandle stdout, SecretBuffer output, int mostBytes)
    {
        while (true)
        {
            var part = output.GetSpan(1024)[..1024];
            var read = ExecCalls.Read(stdout, part, (nuint)part.Length);
            if (read == 0)
                return true;
            if (read < 0 && Marshal.GetLastPInvokeError() != ExecCalls.Interrupted)
                return true;
            if (read > 0)
                output.Advance((int)read);
            if (output.Written.Length > mostBytes)
                return false;
        }
    }

    private static (int Id, SafeFileHandle In, SafeFileHandle Out)? Start(string path)
    {
        var (childIn, stdin) = Pipe();
        var (stdout, childOut) = Pipe();
        using (childIn)
        using (childOut)
        {
            _ = ExecCalls.Control(stdin, ExecCalls.SetFlags, ExecCalls.NonBlocking);
            _ = ExecCalls.Control(stdout, ExecCalls.SetFlags, ExecCalls.NonBlocking);
            if (Spawn(path, childIn, childOut) is { } id)
                return (id, stdin, stdout);
        }
        stdin.Dispose();
        stdout.Dispose();
        return null;
    }

    private static int? Spawn(string path, SafeFileHandle childIn, SafeFileHandle childOut)
    {
        Span<byte> attributes = stackalloc byte[StructureBytes];
        Span<byte> actions = stackalloc byte[StructureBytes];
        Span<byte> signals = stackalloc byte[StructureBytes];
        _ = ExecCalls.InitializeAttributes(ref attributes[0]);
        // The runtime ignores it, and what is ignored stays so in a child.
        _ = ExecCalls.EmptySignals(ref signals[0]);
        _ = ExecCalls.AddSignal(ref signals[0], ExecCalls.BrokenPipe);
        _ = ExecCalls.SetDefaultSignals(ref attributes[0], ref signals[0]);
        _ = ExecCalls.SetSpawnFlags(ref attributes[0], ExecCalls.SpawnSetsGroup | ExecCalls.SpawnSetsDefaultSignals);
        _ = ExecCalls.SetGroup(ref attributes[0], 0);
        _ = ExecCalls.InitializeActions(ref actions[0]);
        _ = ExecCalls.AddDuplicate(ref actions[0], childIn, 0);
        _ = ExecCalls.AddDuplicate(ref actions[0], childOut, 1);
        _ = ExecCalls.AddOpen(ref actions[0], 2, "/dev/null", ExecCalls.WriteOnly, 0);
        var error = ExecCalls.Spawn(out var id, path, ref actions[0], ref attributes[0], [Path.GetFileName(path), null], Environment);
        _ = ExecCalls.DestroyActions(ref actions[0]);
        _ = ExecCalls.DestroyAttributes(ref attributes[0]);
        return error == 0 ? id : null;
    }

    private static (SafeFileHandle Read, SafeFileHandle Write) Pipe()
    {
        Span<int> ends = stackalloc int[2];
        if (ExecCalls.Pipe(ref ends[0], ExecCalls.CloseOnExec) != 0)
            throw new IOException($"no pipe: {Marshal.GetLastPInvokeErrorMessage()}");
        return (new SafeFileHandle(ends[0], ownsHandle: true), new SafeFileHandle(ends[1], ownsHandle: true));
    }
}
