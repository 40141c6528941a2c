namespace Kist.Client.Agent.Templates;

/// <summary>One <c>template</c> of the agent's configuration.</summary>
public sealed record TemplateConfig
{
    /// <summary>The file that holds the template; empty when <see cref="Contents"/> does.</summary>
    public string Source { get; init; } = "";

    /// <summary>The template itself.</summary>
    public string Contents { get; init; } = "";

    /// <summary>The file to write.</summary>
    public string Destination { get; init; } = "";

    /// <summary>Makes the folders that the destination lies in.</summary>
    public bool CreateDestDirs { get; init; } = true;

    /// <summary>A field that a secret lacks is an error.</summary>
    public bool ErrorOnMissingKey { get; init; }

    /// <summary>The written file's mode; null keeps that of the file that is there.</summary>
    public UnixFileMode? Perms { get; init; }

    /// <summary>The written file's owner, by name or number; empty keeps it.</summary>
    public string User { get; init; } = "";

    /// <summary>The written file's group, by name or number; empty keeps it.</summary>
    public string Group { get; init; } = "";

    /// <summary>What starts an action.</summary>
    public string LeftDelimiter { get; init; } = "{{";

    /// <summary>What ends an action.</summary>
    public string RightDelimiter { get; init; } = "}}";

    /// <summary>The folder beyond which the template reads no files; empty for none.</summary>
    public string SandboxPath { get; init; } = "";

    /// <summary>Keeps the file that was there with <c>.bak</c> behind its name.</summary>
    public bool Backup { get; init; }

    /// <summary>What to run when the file has changed, or null.</summary>
    public TemplateCommand? Exec { get; init; }

    /// <summary>How long to wait for further changes; zero for not at all.</summary>
    public TimeSpan WaitMin { get; init; }

    /// <summary>How long to wait at most while changes go on.</summary>
    public TimeSpan WaitMax { get; init; }
}

/// <summary>What to run when a file has changed.</summary>
/// <param name="Command">Program and arguments; one element alone is run by <c>sh -c</c>.</param>
/// <param name="Timeout">It is killed after this long.</param>
public sealed record TemplateCommand(IReadOnlyList<string> Command, TimeSpan Timeout);

/// <summary>The <c>template_config</c> of the agent's configuration.</summary>
public sealed record TemplateOptionsConfig
{
    /// <summary>The agent ends when a template cannot be rendered.</summary>
    public bool ExitOnRetryFailure { get; init; }

    /// <summary>How often secrets that tell no change and have no lease are read again.</summary>
    public TimeSpan StaticSecretRenderInterval { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>After which part of its time a lease that cannot be renewed is replaced.</summary>
    public double LeaseRenewalThreshold { get; init; } = 0.9;

    /// <summary>How many connections to the server at once; zero for no bound.</summary>
    public int MaxConnectionsPerHost { get; init; }
}
