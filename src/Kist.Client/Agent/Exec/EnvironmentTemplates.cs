using System.Security.Cryptography;
using Kist.Client.Agent.Templates;
using Kist.Client.Run;
using Kist.Client.Run.Child;
using Kist.Client.Templates;

namespace Kist.Client.Agent.Exec;

/// <summary>
/// The variables of the agent's program, all rendered together: one change of a secret is one change of the program, however many use it.
/// </summary>
/// <param name="variables">Names and templates.</param>
/// <param name="environment">What the templates find on the machine.</param>
/// <param name="engine">What the agent's templates share.</param>
internal sealed class EnvironmentTemplates(
    IReadOnlyList<(string Name, LoadedTemplate Template)> variables, TemplateEnvironment environment, TemplateEngine engine)
    : ITemplateWork, IDisposable
{
    private readonly Lock gate = new();
    private ChildEnvironment? current;
    private TaskCompletionSource changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long version;

    /// <inheritdoc/>
    public string Part => "env_template";

    /// <inheritdoc/>
    public string Sandbox => "";

    /// <inheritdoc/>
    public TimeSpan WaitMin => TimeSpan.Zero;

    /// <inheritdoc/>
    public TimeSpan WaitMax => TimeSpan.Zero;

    /// <summary>Waits for values after those of a version; 0 for the first.</summary>
    /// <returns>Their version.</returns>
    public async Task<long> NextAsync(long known, CancellationToken cancellation)
    {
        while (true)
        {
            Task next;
            lock (gate)
            {
                if (version > known)
                    return version;
                next = changed.Task;
            }
            await next.WaitAsync(cancellation);
        }
    }

    /// <summary>Starts a program with the latest values, which nobody else gets.</summary>
    /// <returns>What was started, and the version of the values that it has.</returns>
    /// <exception cref="RunException">It could not be started.</exception>
    public (T Started, long Version) Start<T>(Func<ChildEnvironment, T> start)
    {
        lock (gate)
            return (start(current ?? throw new InvalidOperationException("nothing is rendered yet")), version);
    }

    /// <inheritdoc/>
    public async Task MakeAsync(ISet<TemplateDependency> asked, CancellationToken cancellation)
    {
        var rendered = variables.Select(v => (Asked: new HashSet<TemplateDependency>(), v.Template)).ToList();
        var renderings = rendered.Select(r => r.Template.RenderAsync(engine.Cache, environment, r.Asked, cancellation)).ToList();
        try
        {
            await ((Task)Task.WhenAll(renderings)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Take([.. variables.Zip(renderings, static (v, rendering) => (v.Name, Output: Result(v.Name, rendering)))]);
        }
        finally
        {
            foreach (var (own, _) in rendered)
                asked.UnionWith(own);
            foreach (var done in renderings.Where(static r => r.IsCompletedSuccessfully))
                done.Result.Dispose();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (gate)
            current?.Dispose();
    }

    private static TemplateOutput Result(string name, Task<TemplateOutput> rendering)
    {
        try
        {
            var output = rendering.GetAwaiter().GetResult();
            return output.Files.Count == 0 ? output : throw RunException.Secret($"{name}: a variable's template cannot use writeToFile");
        }
        catch (TemplateException e)
        {
            throw new TemplateException($"{name}: {e.Reason}", e.Position);
        }
    }

    private void Take(List<(string Name, TemplateOutput Output)> values)
    {
        var made = new ChildEnvironment(ChildEnvironment.OfThisProcess());
        var isTaken = false;
        try
        {
            foreach (var (name, output) in values)
                made.Set(name, output.Text.Utf8);
            isTaken = Take(made);
        }
        finally
        {
            if (!isTaken)
                made.Dispose();
        }
    }

    private bool Take(ChildEnvironment made)
    {
        TaskCompletionSource wake;
        lock (gate)
        {
            if (current is not null && variables.All(v => IsSame(current.Find(v.Name), made.Find(v.Name))))
                return false;
            current?.Dispose();
            current = made;
            version++;
            (wake, changed) = (changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }
        wake.SetResult();
        return true;
    }

    private static bool IsSame(ReadOnlyMemory<byte>? one, ReadOnlyMemory<byte>? other) =>
        one is { } a && other is { } b && CryptographicOperations.FixedTimeEquals(a.Span, b.Span);
}
