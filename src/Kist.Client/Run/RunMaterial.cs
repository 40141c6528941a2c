using System.Text;
using Kist.Client.Run.Child;
using Kist.Client.Run.Files;
using Kist.Crypto;

namespace Kist.Client.Run;

/// <summary>
/// What a run lays out for its child: files in memory and pushed files, which keep their paths when values change, and environments, which are made
/// anew for each child.
/// </summary>
internal sealed class RunMaterial(RunPlan plan, Action<string>? tell = null) : IDisposable
{
    private const string SectionVariable = "SUMMON_ENV";

    private readonly Dictionary<string, MemoryFile> files = new(StringComparer.Ordinal);
    private readonly List<IPushedFile> pushed = [];
    private readonly FileGuard? guard = plan.GuardProgram is { } program ? new FileGuard(program) : null;
    private MemoryFile? environmentFile;

    /// <summary>Fetches the values, puts the files in place and makes the child's environment. After a failure, earlier values stay.</summary>
    /// <exception cref="RunException">A value cannot be had, or handed over.</exception>
    public async Task<ChildEnvironment> PrepareAsync(CancellationToken cancellation)
    {
        var content = new SecretFileContent(plan.Templates);
        foreach (var file in plan.Files)
            content.Try(file.File);
        var fetched = await Task.WhenAll([
            Resolver.ResolveAsync(plan.Variables, plan.Ignored, cancellation),
            .. plan.Files.Select(f => Resolver.ResolveAsync(f.Secrets, plan.Ignored, cancellation)),
        ]);
        var contents = new List<SecretBuffer>();
        var (inMemory, pushedAnew) = (new List<Replacement>(), new List<Replacement>());
        var environment = new ChildEnvironment(ChildEnvironment.OfThisProcess());
        try
        {
            for (var i = 0; i < plan.Files.Count; i++)
            {
                contents.Add(new SecretBuffer());
                content.Write(plan.Files[i].File, fetched[i + 1], contents[i]);
            }
            SetVariables(environment, fetched[0], inMemory);
            PutFiles(contents, pushedAnew);
            // All is made: a new key must not come to stand beside an old certificate. First what may fail still, which is what has a path on disk.
            foreach (var replacement in pushedAnew.Concat(inMemory))
                replacement.Commit();
            return environment;
        }
        catch
        {
            environment.Dispose();
            throw;
        }
        finally
        {
            foreach (var secret in fetched.SelectMany(static f => f))
                secret.Dispose();
            foreach (var buffer in contents)
                buffer.Dispose();
            foreach (var replacement in pushedAnew.Concat(inMemory))
                replacement.Dispose();
        }
    }

    /// <summary>The command with the path of the environment's file in the place of its name.</summary>
    public IReadOnlyList<string> Command() => environmentFile is null
        ? plan.Command
        : [.. plan.Command.Select(word => word.Replace(EnvironmentFile.Placeholder, environmentFile.Path, StringComparison.Ordinal))];

    /// <summary>Removes all files.</summary>
    public void Dispose()
    {
        foreach (var file in Enumerable.Reverse(pushed))
            file.Dispose();
        foreach (var file in files.Values)
            file.Dispose();
        environmentFile?.Dispose();
        guard?.Dispose();
    }

    private void SetVariables(ChildEnvironment environment, IReadOnlyList<ResolvedSecret> secrets, List<Replacement> replacements)
    {
        // With Summon, files alone leave the environment as it is.
        var extras = plan.Variables.Count > 0 || !plan.LikeSummon;
        if (plan.Section is { } section && extras)
            environment.Set(SectionVariable, Encoding.UTF8.GetBytes(section));
        foreach (var secret in secrets)
            environment.Set(secret.Name, secret.IsFile ? Encoding.UTF8.GetBytes(FileFor(secret, replacements).Path) : secret.Value.Span);
        if (!extras || !plan.Command.Any(static word => word.Contains(EnvironmentFile.Placeholder, StringComparison.Ordinal)))
            return;
        using var text = new SecretBuffer();
        EnvironmentFile.Write(environment.Names.Select(name => KeyValuePair.Create(name, environment.Find(name)!.Value)), text);
        if (environmentFile is null)
            environmentFile = new MemoryFile(text.Written);
        else
            replacements.Add(environmentFile.Prepare(text.Written));
    }

    private MemoryFile FileFor(ResolvedSecret secret, List<Replacement> replacements)
    {
        if (files.TryGetValue(secret.Name, out var file))
            replacements.Add(file.Prepare(secret.Value.Span));
        else
            files[secret.Name] = file = new MemoryFile(secret.Value.Span);
        return file;
    }

    private void PutFiles(List<SecretBuffer> contents, List<Replacement> replacements)
    {
        for (var i = 0; i < contents.Count; i++)
        {
            if (i < pushed.Count)
                replacements.Add(pushed[i].Prepare(contents[i].Written));
            else
                pushed.Add(PushedFile.Put(plan.Files[i].File, contents[i].Written, plan.LikeSummon, guard, tell));
        }
    }
}
