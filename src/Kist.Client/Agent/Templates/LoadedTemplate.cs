using System.Text;
using Kist.Client.Agent.Secrets;
using Kist.Client.Templates;
using Kist.Client.Templates.Values;

namespace Kist.Client.Agent.Templates;

/// <summary>A template of the configuration, read and parsed.</summary>
/// <param name="config">What the configuration says.</param>
/// <param name="template">The parsed template.</param>
/// <param name="name">What messages call it.</param>
internal sealed class LoadedTemplate(TemplateConfig config, Template template, string name)
{
    // No certificate with its key and chain is longer.
    private const int MostHeld = 1024 * 1024;

    /// <summary>What the configuration says.</summary>
    public TemplateConfig Config => config;

    /// <summary>What messages call it.</summary>
    public string Name => name;

    /// <summary>Reads and parses a template.</summary>
    /// <param name="config">What the configuration says.</param>
    /// <param name="target">What it is for, which an inline template is called by.</param>
    /// <exception cref="AgentException">It cannot be read, or is malformed; the message says where.</exception>
    public static LoadedTemplate Load(TemplateConfig config, string target)
    {
        var name = config.Source.Length > 0 ? config.Source : $"template of {target}";
        try
        {
            var text = config.Source.Length > 0 ? File.ReadAllText(config.Source) : config.Contents;
            var options = new TemplateOptions
            {
                LeftDelimiter = config.LeftDelimiter,
                RightDelimiter = config.RightDelimiter,
                ErrorOnMissingKey = config.ErrorOnMissingKey,
            };
            return new LoadedTemplate(config, Template.Parse(text, options), name);
        }
        catch (Exception e) when (e is TemplateException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new AgentException($"{name}: {e.Message}");
        }
    }

    /// <summary>Reads and parses templates; all faults are told at once.</summary>
    /// <exception cref="AgentException">One or several are faulty.</exception>
    public static IReadOnlyList<LoadedTemplate> LoadAll(IEnumerable<(TemplateConfig Config, string Target)> configs)
    {
        var (loaded, faults) = (new List<LoadedTemplate>(), new List<string>());
        foreach (var (config, target) in configs)
        {
            try
            {
                loaded.Add(Load(config, target));
            }
            catch (AgentException e)
            {
                faults.Add(e.Message);
            }
        }
        return faults.Count == 0 ? loaded : throw new AgentException(string.Join('\n', faults));
    }

    /// <summary>Renders it.</summary>
    /// <param name="cache">Brings what it depends on.</param>
    /// <param name="environment">What it finds on the machine.</param>
    /// <param name="asked">Gets what it depends on, also when it fails.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="SecretException">Something that it asks for cannot be had.</exception>
    /// <exception cref="TemplateException">It failed on what was fetched.</exception>
    public async Task<TemplateOutput> RenderAsync(
        SecretCache cache, TemplateEnvironment environment, ISet<TemplateDependency> asked, CancellationToken cancellation)
    {
        var rendering = new TemplateRendering(template, new Data(cache, config), environment);
        try
        {
            return await rendering.RunAsync(cancellation);
        }
        finally
        {
            asked.UnionWith(rendering.Dependencies);
        }
    }

    private sealed class Data(SecretCache cache, TemplateConfig config) : ITemplateData
    {
        public async ValueTask<TemplateValue> FetchAsync(TemplateDependency dependency, CancellationToken cancellation) =>
            await cache.FetchAsync(dependency, config.SandboxPath, Held, cancellation);

        private string Held()
        {
            try
            {
                return File.Exists(config.Destination) && new FileInfo(config.Destination).Length <= MostHeld
                    ? File.ReadAllText(config.Destination, Encoding.UTF8)
                    : "";
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return "";
            }
        }
    }
}
