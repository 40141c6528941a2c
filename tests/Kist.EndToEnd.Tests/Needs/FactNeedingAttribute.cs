namespace Kist.EndToEnd.Tests.Needs;

/// <summary>Something of the machine that a test cannot do without.</summary>
public enum Need
{
    /// <summary>Debian's python3-hvac.</summary>
    Hvac,

    /// <summary>npm's node-vault.</summary>
    NodeVault,

    /// <summary>Debian's python3, for its pseudo-terminals.</summary>
    Python,

    /// <summary>Debian's python3-yaml.</summary>
    PythonYaml,

    /// <summary>Debian's python3-grpcio.</summary>
    PythonGrpc,

    /// <summary>The kube-apiserver that <c>tests/tools/kube-apiserver</c> builds, and etcd.</summary>
    KubeApiServer,

    /// <summary>The right to mount a file system that is soon full.</summary>
    SmallFileSystem,

    /// <summary>The right to make files immutable under an open server.</summary>
    ImmutableFiles,

    /// <summary>Debian's etcd-server and etcd-client.</summary>
    Etcd,

    /// <summary>Debian's openssh-client, for its <c>ssh-keygen</c>.</summary>
    SshKeygen,

    /// <summary>Debian's openssl.</summary>
    OpenSsl,

    /// <summary>systemd's own check of units, which runs without it.</summary>
    SystemdAnalyze,

    /// <summary>A server without root's rights: the tests are not root, or can step down to a user who can run the program.</summary>
    UnprivilegedUser,
}

/// <summary>
/// A test that is skipped, by name and with the reason, where the machine lacks what it needs. Under <c>CI=true</c> it runs and fails instead
/// when <c>./test</c> could have installed what is missing, so that a green run means that the clients were there.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class FactNeedingAttribute : FactAttribute
{
    /// <summary>With the need.</summary>
    public FactNeedingAttribute(Need need)
    {
        Need = need;
        var underCi = Environment.GetEnvironmentVariable("CI") == "true";
        if (!underCi || !Machine.Installable(need))
            Skip = Machine.Lack(need);
    }

    /// <summary>What the test needs.</summary>
    public Need Need { get; }
}
