using Kist.Client.Templates;

namespace Kist.Client.Agent.Templates;

/// <summary>A template that fills a file, and the command that is told of it.</summary>
/// <param name="template">The template.</param>
/// <param name="environment">What it finds on the machine.</param>
/// <param name="engine">What the agent's templates share.</param>
internal sealed class FileTemplate(LoadedTemplate template, TemplateEnvironment environment, TemplateEngine engine) : ITemplateWork
{
    private readonly RenderedFile file = new(template.Config.Destination)
    {
        Mode = template.Config.Perms,
        User = template.Config.User,
        Group = template.Config.Group,
        MakesFolders = template.Config.CreateDestDirs,
        KeepsLast = template.Config.Backup,
    };

    private readonly CommandRunner? command = template.Config.Exec is { } exec
        ? new CommandRunner(exec, environment.Variables.GetValueOrDefault("PATH"), engine.Time)
        : null;

    // A command that failed is run again with the next try, which may write nothing.
    private bool owesCommand;

    /// <inheritdoc/>
    public string Part => $"template {template.Config.Destination}";

    /// <inheritdoc/>
    public string Sandbox => template.Config.SandboxPath;

    /// <inheritdoc/>
    public TimeSpan WaitMin => template.Config.WaitMin;

    /// <inheritdoc/>
    public TimeSpan WaitMax => template.Config.WaitMax;

    /// <inheritdoc/>
    public async Task MakeAsync(ISet<TemplateDependency> asked, CancellationToken cancellation)
    {
        using (var output = await template.RenderAsync(engine.Cache, environment, asked, cancellation))
        {
            // The template's own file last: when it is there, so are the others.
            var changed = TemplateFileWriter.Write(output.Files);
            changed |= file.Write(output.Text.Utf8);
            if (changed)
            {
                engine.Status.Count("kist_agent_templates_written_total");
                engine.Log(AgentLogLevel.Info, $"wrote {template.Config.Destination}");
            }
            owesCommand |= changed;
        }
        if (command is null || !owesCommand)
            return;
        await command.RunAsync(cancellation);
        owesCommand = false;
        engine.Log(AgentLogLevel.Info, $"ran the command of {template.Config.Destination}");
    }
}
