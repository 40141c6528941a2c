using System.Diagnostics;
using System.Globalization;

namespace Kist.Harness;

/// <summary>Ends servers whose test host died before it could dispose of them.</summary>
public static class Guardian
{
    // The program takes the shell's place and process id; a child that holds none of its files looks every second whether the test host lives.
    // A signal at the parent's death would be none: the system sends it when the thread ends that started the program.
    private const string Script = """
        host=$1
        shift
        (while kill -0 "$host" && kill -0 $$; do sleep 1; done; kill -9 $$) </dev/null >/dev/null 2>&1 &
        exec "$@"
        """;

    /// <summary>A start of <paramref name="program"/> that is killed when this process is gone.</summary>
    public static ProcessStartInfo Start(string program, IEnumerable<string> arguments) => Start(program, arguments, Environment.ProcessId);

    /// <summary>A start of <paramref name="program"/> that is killed when another process is gone.</summary>
    public static ProcessStartInfo Start(string program, IEnumerable<string> arguments, int host) =>
        BuiltProgram.Start("/bin/sh", ["-c", Script, "guardian", host.ToString(CultureInfo.InvariantCulture), program, .. arguments]);
}
