using Kist.Client.Agent.Configuration;
using Kist.Client.Agent.Proxy;

namespace Kist.Hosting.Agent;

/// <summary>What must hold for the parts of a configuration together, once all files are read.</summary>
internal static class AgentConfigRules
{
    /// <summary>All that does not hold.</summary>
    public static IEnumerable<string> Faults(AgentConfig config)
    {
        var rules = new (bool Broken, string Fault)[]
        {
            (config is { AutoAuth: null, Listeners.Count: 0 }, "there is nothing to do: no auto_auth and no listener is configured"),
            (config.AutoAuth is { } login && !HasUse(config, login),
                "auto_auth has no use: add a sink, a template, an env_template with exec, or a listener with api_proxy { use_auto_auth_token = true }"),
            (config.AutoAuth is null && (config.Templates.Count > 0 || config.EnvTemplates.Count > 0), "templates need auto_auth, which gets their token"),
            (config.AutoAuth is null && UsesToken(config), "use_auto_auth_token needs auto_auth, which gets the token"),
            (config.AutoAuth is { WrapTtl: not null, Sinks: not [{ WrapTtl: null }] },
                "auto_auth: a method with wrap_ttl takes exactly one sink, without a wrap_ttl of its own"),
            (config.AutoAuth is { WrapTtl: not null } && (UsesToken(config) || config.Templates.Count > 0 || config.EnvTemplates.Count > 0),
                "auto_auth: with wrap_ttl on the method the agent has no token itself, which templates, env_templates and use_auto_auth_token need"),
            (config is { ApiProxy: not null, Listeners.Count: 0 }, "api_proxy needs a listener"),
            (config is { Exec: not null, EnvTemplates.Count: 0 }, "exec needs at least one env_template"),
            (config is { Exec: null, EnvTemplates.Count: > 0 }, "env_template needs exec, the program that gets the variables"),
            (config is { EnvTemplates.Count: > 0, Templates.Count: > 0 }, "template and env_template cannot be used together: run two agents"),
            (config is { EnvTemplates.Count: > 0, ApiProxy: not null }, "api_proxy and env_template cannot be used together: run two agents"),
            (config is { ExitAfterAuth: true, Exec: not null }, "exit_after_auth contradicts exec, whose program the agent outlives"),
        };
        return rules.Where(static r => r.Broken).Select(static r => r.Fault).Concat(Twice(config));
    }

    private static bool HasUse(AgentConfig config, AutoAuthConfig login) =>
        login.Sinks.Count > 0 || config.Templates.Count > 0 || config.EnvTemplates.Count > 0 || UsesToken(config);

    private static bool UsesToken(AgentConfig config) => config.ApiProxy is { UseAutoAuthToken: not AutoAuthTokenUse.None };

    private static IEnumerable<string> Twice(AgentConfig config)
    {
        var files = config.Templates.Select(static t => t.Destination).Concat(config.AutoAuth?.Sinks.Select(static s => s.Path) ?? []);
        foreach (var file in Repeated(files.Select(Path.GetFullPath)))
            yield return $"{file} is written by more than one template or sink";
        foreach (var name in Repeated(config.EnvTemplates.Select(static t => t.Name)))
            yield return $"env_template \"{name}\" is given twice";
        foreach (var address in Repeated(config.Listeners.Select(static l => l.Address)))
            yield return $"two listeners have the address {address}";
    }

    private static IEnumerable<string> Repeated(IEnumerable<string> names) =>
        names.GroupBy(static n => n, StringComparer.Ordinal).Where(static g => g.Count() > 1).Select(static g => g.Key);
}
