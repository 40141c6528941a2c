namespace Kist.Storage.Sqlite.Tests;

/// <summary>Something of the machine that a test cannot do without.</summary>
public enum Need
{
    /// <summary>The right to mount a file system that is soon full.</summary>
    SmallDisk,

    /// <summary>Files that nobody can write, not even root.</summary>
    ProtectedFiles,
}

/// <summary>A test that is skipped, by name and with the reason, where the machine lacks what it needs. Under <c>CI=true</c> a small disk must be possible.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class FactNeedingAttribute : FactAttribute
{
    /// <summary>With the need.</summary>
    public FactNeedingAttribute(Need need)
    {
        Need = need;
        if (need != Need.SmallDisk || Environment.GetEnvironmentVariable("CI") != "true")
            Skip = Lack(need);
    }

    /// <summary>What the test needs.</summary>
    public Need Need { get; }

    private static string? Lack(Need need)
    {
        using var trial = new DataDirectory();
        if (need == Need.SmallDisk)
            return trial.TryMount(megabytes: 1) ? null : "needs the right to mount a small tmpfs";
        File.WriteAllBytes(trial.Database, []);
        return DataDirectory.TryProtect(trial.Database) ? null : "needs another user than root, or a file system with immutable files (chattr +i)";
    }
}
