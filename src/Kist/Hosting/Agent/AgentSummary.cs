using Kist.Client.Agent.Configuration;
using Kist.Client.Agent.Proxy;
using Kist.Client.Agent.Templates;
using Kist.Client.Settings;
using Kist.Client.Templates;
using Kist.Hosting.Agent.Local;

namespace Kist.Hosting.Agent;

/// <summary>What an agent would do, for <c>kist agent -check</c>: nothing is sent and nothing written.</summary>
internal static class AgentSummary
{
    /// <summary>Reads the templates and judges the listeners; a line for each that is faulty or not there, or open to whom it must not be.</summary>
    public static IEnumerable<string> Faults(AgentConfig config)
    {
        foreach (var template in config.Templates.Concat(config.EnvTemplates.Select(static t => t.Template)))
        {
            if (Fault(template) is { } fault)
                yield return fault;
        }
        foreach (var listener in config.Listeners)
        {
            if (Fault(listener, config.ApiProxy is { UseAutoAuthToken: not AutoAuthTokenUse.None }) is { } fault)
                yield return fault;
        }
    }

    /// <summary>What it would do, a line each.</summary>
    public static IEnumerable<string> Lines(AgentConfig config, ClientSettings settings)
    {
        yield return $"server: {settings.Address}";
        if (config.AutoAuth is { } login)
        {
            yield return $"logs in by {login.Method.Type} at {login.MountPath}";
            foreach (var sink in login.Sinks)
                yield return $"writes {(sink.WrapTtl is null && login.WrapTtl is null ? "the token" : "a wrapped token")} to {sink.Path}";
        }
        foreach (var template in config.Templates)
            yield return $"renders {Name(template)} to {template.Destination}{(template.Exec is null ? "" : ", and runs a command when it changes")}";
        foreach (var (name, template) in config.EnvTemplates)
            yield return $"renders {Name(template)} to the variable {name}";
        if (config.Exec is { } exec)
            yield return $"runs {exec.Command[0]}";
        foreach (var listener in config.Listeners)
            yield return $"listens on {Scheme(listener)}{listener.Address}";
        if (config.ExitAfterAuth)
            yield return "ends when all that is done";
        foreach (var ignored in config.Ignored)
            yield return $"warning: {ignored}";
    }

    private static string Scheme(AgentListenerConfig listener)
    {
        if (listener.IsUnix)
            return "unix://";
        return listener.TlsDisable ? "http://" : "https://";
    }

    private static string Name(TemplateConfig template) => template.Source.Length > 0 ? template.Source : "an inline template";

    private static string? Fault(AgentListenerConfig listener, bool lendsToken)
    {
        try
        {
            _ = LocalListener.Create(listener, lendsToken);
            return null;
        }
        catch (ConfigException e)
        {
            return e.Message;
        }
    }

    private static string? Fault(TemplateConfig template)
    {
        var name = template.Source.Length > 0 ? template.Source : $"template for {template.Destination}";
        try
        {
            var text = template.Source.Length > 0 ? File.ReadAllText(template.Source) : template.Contents;
            Template.Parse(text, new TemplateOptions { LeftDelimiter = template.LeftDelimiter, RightDelimiter = template.RightDelimiter });
            return null;
        }
        catch (Exception e) when (e is TemplateException or IOException or UnauthorizedAccessException)
        {
            return $"{name}: {e.Message}";
        }
    }
}
