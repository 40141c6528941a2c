using System.Diagnostics;
using Kist.Harness;
using Kist.Harness.Kubernetes;

namespace Kist.EndToEnd.Tests.Needs;

/// <summary>What the machine offers to tests that start other programs. <c>./test</c> installs what it may.</summary>
public static class Machine
{
    /// <summary>Debian's Python, whose packages pip and pyenv do not shadow.</summary>
    public const string Python = "/usr/bin/python3";

    /// <summary>The user that has no rights anywhere.</summary>
    public const string NobodyId = "65534";

    /// <summary>Arguments of <c>setpriv</c> that run a program as <see cref="NobodyId"/>.</summary>
    public static IReadOnlyList<string> AsNobody { get; } = [$"--reuid={NobodyId}", $"--regid={NobodyId}", "--clear-groups"];

    /// <summary>Where <c>./test</c> puts the npm clients: outside the tree, beside other caches.</summary>
    public static string NodeModules => Path.Combine(
        Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } cache ? cache : Path.Combine(Home, ".cache"), "kist", "tests", "node_modules");

    /// <summary>Explains why <paramref name="need"/> is not met, or null when it is.</summary>
    public static string? Lack(Need need) => need switch
    {
        Need.Hvac => Succeeds(Python, "-c", "import hvac") ? null : "needs the package python3-hvac",
        Need.Python => Succeeds(Python, "-c", "import pty, termios") ? null : "needs the package python3",
        Need.PythonYaml => Succeeds(Python, "-c", "import yaml") ? null : "needs the package python3-yaml",
        Need.PythonGrpc => Succeeds(Python, "-c", "import grpc, google.protobuf") ? null : "needs the package python3-grpcio",
        Need.NodeVault when !Succeeds("node", "--version") => "needs node",
        Need.NodeVault => Directory.Exists(Path.Combine(NodeModules, "node-vault")) ? null : "needs the npm package node-vault; run ./test",
        Need.KubeApiServer => KubeCluster.Installed
            ? null : "needs a kube-apiserver, which tests/tools/kube-apiserver builds, and the packages etcd-server and etcd-client",
        Need.SmallFileSystem => Environment.IsPrivilegedProcess && Succeeds("unshare", "--mount", "true") ? null : "needs the right to mount a small tmpfs",
        Need.ImmutableFiles => ImmutableFiles() ? null : "needs root and a file system with immutable files (chattr +i)",
        Need.SshKeygen => Succeeds("/bin/sh", "-c", "command -v ssh-keygen") ? null : "needs the package openssh-client",
        Need.OpenSsl => Succeeds("openssl", "version") ? null : "needs the package openssl",
        Need.SystemdAnalyze => Succeeds("systemd-analyze", "--version") ? null : "needs systemd-analyze",
        Need.Etcd => EtcdServer.Installed ? null : "needs the packages etcd-server and etcd-client",
        Need.UnprivilegedUser => !Environment.IsPrivilegedProcess || Succeeds("setpriv", [.. AsNobody, "test", "-x", BuiltProgram.Path])
            ? null : "needs a program that another user than root can run",
        _ => throw new ArgumentOutOfRangeException(nameof(need)),
    };

    /// <summary>True for what <c>./test</c> can install, so that its lack fails a run under CI.</summary>
    public static bool Installable(Need need) =>
        need is Need.Hvac or Need.NodeVault or Need.Python or Need.PythonYaml or Need.PythonGrpc or Need.Etcd or Need.KubeApiServer
            or Need.SshKeygen or Need.OpenSsl;

    /// <summary>Runs a program and throws away its output; false when it fails or does not exist.</summary>
    public static bool Succeeds(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(BuiltProgram.Start(program, arguments))!;
            process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    private static string Home => Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);

    private static bool ImmutableFiles()
    {
        var file = Path.GetTempFileName();
        var possible = Succeeds("chattr", "+i", file);
        Succeeds("chattr", "-i", file);
        File.Delete(file);
        return possible;
    }
}
