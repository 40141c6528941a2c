using System.Runtime.InteropServices;

namespace Kist.Client.Run.Child;

/// <summary>
/// Passes signals on to the child. What is typed at the terminal (Ctrl-C, Ctrl-\, Ctrl-Z, a new window size) the child gets from the terminal
/// itself, being in the same group, and must not get twice; so these are passed on only while the terminal is another group's, or there is none. A
/// child that ignores a second SIGTERM is killed, so that what is to be cleaned up is.
/// </summary>
public sealed class SignalRelay : IDisposable
{
    private const int Hangup = 1;
    private const int Interrupt = 2;
    private const int Quit = 3;
    private const int Kill = 9;
    private const int Terminate = 15;
    private const int Continue = 18;
    private const int Stop = 19;
    private const int TerminalStop = 20;
    private const int WindowChange = 28;

    // Without those of faults and job control, and those that the runtime needs itself (SIGCHLD, real-time signals).
    private static readonly int[] Relayed =
    [
        Hangup, Interrupt, Quit, 10, 12, 14, Terminate, 16, Continue, TerminalStop, 23, 24, 26, 27, WindowChange, 29, 30,
    ];
    private static readonly int[] Typed = [Interrupt, Quit, TerminalStop, WindowChange];

    // For as long as the process lasts.
    private static readonly List<PosixSignalRegistration> Outlasting = [];

    private readonly List<PosixSignalRegistration> registrations = [];
    private readonly int[] endings;
    private readonly bool hasTerminal = Terminal.Exists;
    private readonly Lock gate = new();
    private readonly List<int> early = [];
    private ChildProcess? child;
    private int ends;
    private bool isReplacing;
    private bool isInterrupted;

    /// <summary>Begins to take signals; those that come before there is a child are kept for it.</summary>
    /// <param name="killsOnAnySecond">Whether a second SIGINT or SIGHUP kills as well, as with Summon.</param>
    public SignalRelay(bool killsOnAnySecond)
    {
        endings = killsOnAnySecond ? [Hangup, Interrupt, Terminate] : [Terminate];
        foreach (var signal in Relayed)
            registrations.Add(PosixSignalRegistration.Create((PosixSignal)signal, Take));
    }

    /// <summary>Whether this process was asked to end.</summary>
    public bool IsEnding
    {
        get
        {
            lock (gate)
                return ends > 0 || isInterrupted;
        }
    }

    /// <summary>How many signals wait for a child.</summary>
    internal int Waiting
    {
        get
        {
            lock (gate)
                return early.Count;
        }
    }

    /// <summary>Whom to pass signals on to from now on.</summary>
    public void Attach(ChildProcess next)
    {
        lock (gate)
        {
            child = next;
            isReplacing = false;
            if (ends > 0)
                child.Signal(Terminate);
            foreach (var signal in early.Where(signal => !endings.Contains(signal)))
                child.Signal(signal);
            early.Clear();
        }
    }

    /// <summary>
    /// Another child will come in this one's place: until it is there, Ctrl-C and Ctrl-\ mean that none shall. A hangup is for both where there is a
    /// terminal to lose. Where there is none it asks a program to read its configuration anew, which the next one does as it begins, when it could not
    /// yet take the signal and would die of it.
    /// </summary>
    public void Replace()
    {
        lock (gate)
            isReplacing = true;
    }

    /// <summary>The child has ended and another one will come: signals wait for that one.</summary>
    public void Detach()
    {
        lock (gate)
            child = null;
    }

    /// <summary>
    /// The child was stopped: stops this process too, so that the shell sees it and takes the terminal back. It goes on with SIGCONT.
    /// </summary>
    public static void Follow()
    {
        if (Terminal.Exists)
            _ = LinuxCalls.Kill(Environment.ProcessId, Stop);
    }

    /// <summary>
    /// Takes a signal of the terminal once more, that the child has died of. It was typed for this process too, and may be handed to it only when the relay is
    /// gone: then it would end of the signal, and not with the child's code. Another one ends it, while leases are being ended.
    /// </summary>
    public static void Outlast(int signal)
    {
        if (signal is not (Interrupt or Quit))
            return;
        var taken = 0;
        var registration = PosixSignalRegistration.Create((PosixSignal)signal, context => context.Cancel = Interlocked.Exchange(ref taken, 1) == 0);
        lock (Outlasting)
            Outlasting.Add(registration);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var registration in registrations)
            registration.Dispose();
    }

    private void Take(PosixSignalContext context)
    {
        context.Cancel = true;
        var signal = Number(context.Signal);
        lock (gate)
        {
            isInterrupted |= isReplacing && signal is (Interrupt or Quit);
            var isForNext = isReplacing && signal == Hangup && !endings.Contains(signal);
            if (isForNext && hasTerminal)
                early.Add(signal);
            if (isForNext)
                child?.Signal(signal);
            else if (endings.Contains(signal) && ++ends > 1)
                child?.Signal(Kill);
            else if (!IsTypedToChild(signal))
                PassOn(signal);
        }
    }

    private static bool IsTypedToChild(int signal) => Typed.Contains(signal) && Terminal.IsForeground;

    private void PassOn(int signal)
    {
        if (child is null)
            early.Add(signal);
        else
            child.Signal(signal);
    }

    private static int Number(PosixSignal signal) => signal switch
    {
        PosixSignal.SIGHUP => Hangup,
        PosixSignal.SIGINT => Interrupt,
        PosixSignal.SIGQUIT => Quit,
        PosixSignal.SIGTERM => Terminate,
        PosixSignal.SIGCONT => Continue,
        PosixSignal.SIGTSTP => TerminalStop,
        PosixSignal.SIGWINCH => WindowChange,
        _ => (int)signal,
    };
}
