using System.Collections.Concurrent;
using Kist.Client.Templates.Evaluation;
using Kist.Client.Templates.Values;
using Kist.Wire.Hcl;

namespace Kist.Client.Templates;

/// <summary>
/// One rendering of a template. It is evaluated in passes: a pass leaves out whatever depends on answers that are not there, they are fetched all at
/// once, and the next pass has them. So independent secrets arrive together, and no request is ever made up of values that are missing.
/// </summary>
/// <param name="template">What to render.</param>
/// <param name="data">Brings the answers.</param>
/// <param name="environment">What the template finds on the machine.</param>
public sealed class TemplateRendering(Template template, ITemplateData data, TemplateEnvironment environment)
{
    private readonly ConcurrentDictionary<TemplateDependency, TemplateValue> answers = [];
    private readonly HashSet<TemplateDependency> dependencies = [];
    private volatile bool hasFailed;

    /// <summary>
    /// What the output depends on, to be watched and renewed. After a failure: what was asked for until then, so that a change of it is worth another
    /// try.
    /// </summary>
    public IReadOnlyCollection<TemplateDependency> Dependencies => dependencies;

    /// <summary>Renders; once.</summary>
    /// <exception cref="TemplateException">The template failed on what was fetched, or exceeded a limit.</exception>
    public async Task<TemplateOutput> RunAsync(CancellationToken cancellation)
    {
        for (var pass = 0; pass < TemplateLimits.MaxPasses; pass++)
        {
            var run = new TemplateRun(template, answers, environment, cancellation);
            try
            {
                run.Execute();
            }
            finally
            {
                dependencies.UnionWith(run.Asked);
            }
            var missing = run.Asked.Where(d => !answers.ContainsKey(d)).ToList();
            if (missing.Count == 0)
                return run.Output();
            await FetchAsync(missing, cancellation);
        }
        throw new TemplateException($"after {TemplateLimits.MaxPasses} rounds of answers, the template still asks for more", HclPosition.Start);
    }

    private async Task FetchAsync(List<TemplateDependency> missing, CancellationToken cancellation)
    {
        using var places = new SemaphoreSlim(TemplateLimits.MaxFetches);
        await Task.WhenAll(missing.Select(dependency => FetchAsync(dependency, places, cancellation)));
    }

    private async Task FetchAsync(TemplateDependency dependency, SemaphoreSlim places, CancellationToken cancellation)
    {
        await places.WaitAsync(cancellation);
        try
        {
            // After a failure none is begun, and none under way abandoned: it may bring a lease that nobody would know of.
            if (!hasFailed)
                answers[dependency] = await data.FetchAsync(dependency, cancellation);
        }
        catch
        {
            hasFailed = true;
            throw;
        }
        finally
        {
            places.Release();
        }
    }
}
