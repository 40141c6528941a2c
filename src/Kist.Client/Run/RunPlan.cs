using Kist.Client.Run.Files;
using Kist.Client.Run.Manifest;

namespace Kist.Client.Run;

/// <summary>What happens when a secret changes while the child runs.</summary>
/// <param name="Restarts">Whether the child is started anew.</param>
/// <param name="Signal">Else the signal that it gets.</param>
public sealed record WatchAction(bool Restarts, int Signal);

/// <summary>A file to push secrets to, and where these come from.</summary>
/// <param name="File">The file.</param>
/// <param name="Secrets">Its secrets.</param>
public sealed record PlannedFile(FileSpec File, IReadOnlyList<PlannedSecret> Secrets);

/// <summary>All that a run does.</summary>
/// <param name="Command">The command and its arguments; at least one word.</param>
public sealed record RunPlan(IReadOnlyList<string> Command)
{
    /// <summary>The variables.</summary>
    public IReadOnlyList<PlannedSecret> Variables { get; init; } = [];

    /// <summary>The files.</summary>
    public IReadOnlyList<PlannedFile> Files { get; init; } = [];

    /// <summary>Failures that are let pass.</summary>
    public IgnoredFailures Ignored { get; init; } = IgnoredFailures.None;

    /// <summary>The section, which the child is told by <c>SUMMON_ENV</c>; null for none.</summary>
    public string? Section { get; init; }

    /// <summary>Whether the run is as Summon's, also where that is a trap.</summary>
    public bool LikeSummon { get; init; }

    /// <summary>What a change does; null to look for none.</summary>
    public WatchAction? Watch { get; init; }

    /// <summary>PATH, for the command.</summary>
    public string? SearchPath { get; init; }

    /// <summary>The program whose command <see cref="FileGuardServer.Command"/> removes files on disk after a SIGKILL; null for none.</summary>
    public string? GuardProgram { get; init; }

    /// <summary>Renders templates of files, or null when there are none.</summary>
    public IFileTemplates? Templates { get; init; }
}
