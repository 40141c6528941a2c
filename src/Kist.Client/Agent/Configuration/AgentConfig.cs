using Kist.Client.Agent.Exec;
using Kist.Client.Agent.Proxy;
using Kist.Client.Agent.Templates;

namespace Kist.Client.Agent.Configuration;

/// <summary>What the agent is to do. Read from files with Vault Agent's keys.</summary>
public sealed record AgentConfig
{
    /// <summary>Where the server is (<c>vault</c>); null for what the environment says.</summary>
    public AgentServerConfig? Server { get; init; }

    /// <summary>How to log in, and where the token goes; null for an agent that only passes requests on.</summary>
    public AutoAuthConfig? AutoAuth { get; init; }

    /// <summary>Where the local API listens.</summary>
    public IReadOnlyList<AgentListenerConfig> Listeners { get; init; } = [];

    /// <summary>Whether answers with leases are kept; null when nothing was said.</summary>
    public CacheConfig? Cache { get; init; }

    /// <summary>What the local API adds; null when nothing was said.</summary>
    public ApiProxyConfig? ApiProxy { get; init; }

    /// <summary>Files to render.</summary>
    public IReadOnlyList<TemplateConfig> Templates { get; init; } = [];

    /// <summary>How templates are rendered; null when nothing was said.</summary>
    public TemplateOptionsConfig? TemplateOptions { get; init; }

    /// <summary>Variables of <see cref="Exec"/>.</summary>
    public IReadOnlyList<EnvTemplateConfig> EnvTemplates { get; init; } = [];

    /// <summary>The program to run, or null.</summary>
    public ExecConfig? Exec { get; init; }

    /// <summary>Ends once the token is written and all templates are rendered.</summary>
    public bool ExitAfterAuth { get; init; }

    /// <summary>Where the process's number is written, or empty.</summary>
    public string PidFile { get; init; } = "";

    /// <summary>How much to log, or empty when nothing was said.</summary>
    public string LogLevel { get; init; } = "";

    /// <summary><c>standard</c> or <c>json</c>, or empty when nothing was said.</summary>
    public string LogFormat { get; init; } = "";

    /// <summary>Settings of Vault that have no effect here, with their places.</summary>
    public IReadOnlyList<string> Ignored { get; init; } = [];

    /// <summary>This configuration with a later file's on top: lists are joined, the rest is replaced by what the later one says.</summary>
    public AgentConfig Merge(AgentConfig later) => new()
    {
        Server = later.Server ?? Server,
        AutoAuth = later.AutoAuth ?? AutoAuth,
        Listeners = [.. Listeners, .. later.Listeners],
        Cache = later.Cache ?? Cache,
        ApiProxy = later.ApiProxy ?? ApiProxy,
        Templates = [.. Templates, .. later.Templates],
        TemplateOptions = later.TemplateOptions ?? TemplateOptions,
        EnvTemplates = [.. EnvTemplates, .. later.EnvTemplates],
        Exec = later.Exec ?? Exec,
        ExitAfterAuth = ExitAfterAuth || later.ExitAfterAuth,
        PidFile = later.PidFile.Length > 0 ? later.PidFile : PidFile,
        LogLevel = later.LogLevel.Length > 0 ? later.LogLevel : LogLevel,
        LogFormat = later.LogFormat.Length > 0 ? later.LogFormat : LogFormat,
        Ignored = [.. Ignored, .. later.Ignored],
    };
}

/// <summary>Where the server is, and how it is recognised. What is null is left to the environment or its default.</summary>
public sealed record AgentServerConfig
{
    /// <summary><c>https://host:port</c>, or a Unix socket.</summary>
    public string? Address { get; init; }

    /// <summary>File of certificate authorities.</summary>
    public string? CaCert { get; init; }

    /// <summary>Folder of such files.</summary>
    public string? CaPath { get; init; }

    /// <summary>The agent's certificate.</summary>
    public string? ClientCert { get; init; }

    /// <summary>The key to it.</summary>
    public string? ClientKey { get; init; }

    /// <summary>The name that the server's certificate must bear.</summary>
    public string? TlsServerName { get; init; }

    /// <summary>Accepts any certificate.</summary>
    public bool TlsSkipVerify { get; init; }

    /// <summary>The tenant namespace.</summary>
    public string? Namespace { get; init; }

    /// <summary>Further attempts of a request, or null for the client's default.</summary>
    public int? Retries { get; init; }
}
