using Kist.Client.Agent.Templates;

namespace Kist.Client.Agent.Exec;

/// <summary>The <c>exec</c> of the agent's configuration: the program that runs with the secrets in its environment.</summary>
public sealed record ExecConfig
{
    /// <summary>Program and arguments.</summary>
    public IReadOnlyList<string> Command { get; init; } = [];

    /// <summary><c>always</c> or <c>never</c>.</summary>
    public string RestartOnSecretChanges { get; init; } = "always";

    /// <summary>The signal that asks it to stop.</summary>
    public int RestartStopSignal { get; init; } = 15;

    /// <summary>How long it has to stop before it is killed.</summary>
    public TimeSpan RestartKillTimeout { get; init; } = TimeSpan.FromSeconds(30);
}

/// <summary>One <c>env_template</c> of the agent's configuration.</summary>
/// <param name="Name">The variable.</param>
/// <param name="Template">What gives its value.</param>
public sealed record EnvTemplateConfig(string Name, TemplateConfig Template);
