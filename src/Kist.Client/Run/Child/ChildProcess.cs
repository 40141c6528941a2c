using System.Runtime.InteropServices;
using System.Text;

namespace Kist.Client.Run.Child;

/// <summary>
/// A running child: in this process's group, so that it has the terminal and gets what is typed there, or in one of its own, without a terminal to read
/// from; with this process's standard streams. Signals
/// that this process inherited as ignored stay ignored; those that the runtime alone ignores do not.
/// </summary>
public sealed class ChildProcess
{
    // Larger than glibc's (336) and musl's (336) structure, and than their sets of signals (128).
    private const int AttributesSize = 512;
    private const int SignalSetSize = 256;
    private const int BrokenPipe = 13;
    private const int Unknown = 255;

    private readonly bool hasOwnGroup;
    private bool isReaped;

    private ChildProcess(int id, bool hasOwnGroup)
    {
        Id = id;
        this.hasOwnGroup = hasOwnGroup;
    }

    /// <summary>The process id.</summary>
    public int Id { get; }

    /// <summary>Held while its end is taken, and while it is sent a signal.</summary>
    internal Lock Gate { get; } = new();

    /// <summary>Starts a child. No shell is involved.</summary>
    /// <param name="path">The executable.</param>
    /// <param name="arguments">All of its arguments, the first of which is the name that it was called by.</param>
    /// <param name="environment">Its environment.</param>
    /// <param name="inOwnGroup">Makes it the first of a group of its own, with nothing to read; signals then go to all of the group.</param>
    /// <exception cref="RunException">It could not be started.</exception>
    public static ChildProcess Start(string path, IReadOnlyList<string> arguments, ChildEnvironment environment, bool inOwnGroup = false)
    {
        var words = arguments.Select(static a => Encoding.UTF8.GetBytes(a)).ToList();
        if (words.Any(static w => w.Contains((byte)0)))
            throw RunException.Usage("an argument of the command holds a NUL character");
        var entries = environment.Entries();
        using var nativeArguments = new NativeStrings(words);
        using var nativeEnvironment = new NativeStrings(entries);
        var (id, error) = ProcessMemory.Relaxed(() => Spawn(path, nativeArguments, nativeEnvironment, inOwnGroup));
        return error == 0 ? new ChildProcess(id, inOwnGroup) : throw Failure(path, error, words.Concat(entries).Sum(static w => w.LongLength + 1), entries.Count);
    }

    /// <summary>Sends it a signal; nothing happens when it has ended.</summary>
    public void Signal(int signal)
    {
        lock (Gate)
        {
            if (!isReaped)
                _ = LinuxCalls.Kill(hasOwnGroup ? -Id : Id, signal);
        }
    }

    /// <summary>Waits for its end, on a thread of its own.</summary>
    /// <param name="stopped">Called when it was stopped, as by Ctrl-Z.</param>
    public Task<ChildEnd> EndAsync(Action stopped) =>
        Task.Factory.StartNew(() => Wait(stopped), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private static (int Id, int Error) Spawn(string path, NativeStrings arguments, NativeStrings environment, bool inOwnGroup)
    {
        Span<byte> attributes = stackalloc byte[AttributesSize];
        Span<byte> signals = stackalloc byte[SignalSetSize];
        _ = LinuxCalls.InitializeAttributes(ref attributes[0]);
        _ = LinuxCalls.EmptySignals(ref signals[0]);
        _ = LinuxCalls.AddSignal(ref signals[0], BrokenPipe);
        _ = LinuxCalls.SetDefaultSignals(ref attributes[0], in signals[0]);
        _ = LinuxCalls.SetFlags(ref attributes[0], (short)(LinuxCalls.SpawnSetsDefaultSignals | (inOwnGroup ? LinuxCalls.SpawnSetsGroup : 0)));
        Span<byte> actions = stackalloc byte[AttributesSize];
        _ = LinuxCalls.InitializeActions(ref actions[0]);
        if (inOwnGroup)
        {
            _ = LinuxCalls.SetGroup(ref attributes[0], 0);
            // A group in the background that reads from the terminal would be stopped.
            _ = LinuxCalls.AddOpen(ref actions[0], 0, "/dev/null", 0, 0);
        }
        var file = Encoding.UTF8.GetBytes(path + '\0');
        var error = LinuxCalls.Spawn(out var id, in file[0], ref actions[0], in attributes[0], arguments.Address, environment.Address);
        _ = LinuxCalls.DestroyActions(ref actions[0]);
        _ = LinuxCalls.DestroyAttributes(ref attributes[0]);
        return (id, error);
    }

    // Waits without taking the end, and takes it under the lock, so that no signal is ever sent to another process that got the number meanwhile.
    private ChildEnd Wait(Action stopped)
    {
        const int Interrupted = 4;
        while (true)
        {
            if (Await() != 0 && Marshal.GetLastPInvokeError() == Interrupted)
                continue;
            var (end, isStopped) = Take();
            if (end is not null)
                return end;
            if (isStopped)
                stopped();
        }
    }

    private int Await()
    {
        const int States = LinuxCalls.WaitExited | LinuxCalls.WaitStopped | LinuxCalls.WaitLeavesIt;
        Span<byte> information = stackalloc byte[AttributesSize];
        return LinuxCalls.WaitFor(LinuxCalls.WaitForOne, (uint)Id, ref information[0], States);
    }

    // A stop that was over before it could be taken is none: who followed it would stand with nobody to wake it.
    private (ChildEnd? End, bool IsStopped) Take()
    {
        lock (Gate)
        {
            var reaped = LinuxCalls.Reap(Id, out var status, LinuxCalls.WaitNoHang | LinuxCalls.WaitStopped);
            // Where the ends of children are ignored, there is none to take: how it ended, nobody knows.
            var end = reaped < 0 ? new ChildEnd(Unknown, 0) : null;
            if (reaped == Id)
                end = ChildEnd.Read(status);
            isReaped = end is not null;
            return (end, reaped == Id && end is null);
        }
    }

    private static RunException Failure(string path, int error, long size, int variables) => error switch
    {
        LinuxCalls.TooBig => RunException.Secret(
            $"the command's arguments and its {variables:N0} variables have {size:N0} bytes together, more than the system passes on: "
            + "give long values as files, with the tag !var:file"),
        LinuxCalls.NoSuchFile => new RunException(RunFault.CommandNotFound, $"{path}: the file, or the interpreter that it names, does not exist"),
        LinuxCalls.NotExecutable => new RunException(
            RunFault.CommandNotExecutable, $"{path} is neither a program for this machine nor a script that begins with #! and its interpreter"),
        _ => new RunException(RunFault.CommandNotExecutable, $"{path} cannot be executed: {Marshal.GetPInvokeErrorMessage(error)}"),
    };
}
