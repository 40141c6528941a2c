using Kist.Client.Run;
using Kist.Client.Run.Files;
using Kist.Client.Run.Manifest;
using Kist.Commands.Cli;
using Kist.Wire.Hcl;

namespace Kist.Commands.Run;

/// <summary>Makes the plan of a run of its options: reads the secrets file, and finds out whom to ask for what.</summary>
internal sealed class RunPlanner(CliHost host, RunOptions options, RunSources sources)
{
    private static readonly SecretTag Asked = SecretTag.Literal with { IsVariable = true };

    /// <exception cref="RunException">Something of it cannot be used. Nothing was asked for.</exception>
    public RunPlan Plan()
    {
        sources.FindNamed();
        var manifest = ReadManifest(new ManifestOptions
        {
            Section = options.Section,
            Substitutions = new Substitutions(options.Definitions),
            LikeSummon = options.LikeSummon,
        });
        List<PlannedSecret> variables = [.. manifest.Variables.Select(OfFile), .. options.Inline.Select(OfFlag)];
        // What the command line says goes before what the file says.
        var last = variables.GroupBy(static v => v.Spec.Name, StringComparer.Ordinal).Select(static g => g.Last()).ToList();
        return new RunPlan(options.Command)
        {
            Variables = last,
            Files = [.. manifest.Files.Select(f => new PlannedFile(f, [.. f.Secrets.Select(OfFile)]))],
            Ignored = options.Ignored,
            Section = options.Section,
            LikeSummon = options.LikeSummon,
            Watch = options.Watch,
            Templates = new SecretFileTemplates(host.Time),
            GuardProgram = Environment.ProcessPath,
            SearchPath = host.Variable("PATH"),
        };
    }

    // A literal has nobody to ask, and needs no provider.
    private PlannedSecret OfFile(SecretSpec spec) => new(spec, spec.Tag.IsVariable ? sources.OfFile() : sources.Kist);

    private PlannedSecret OfFlag(string text)
    {
        var at = text.IndexOf('=', StringComparison.Ordinal);
        if (at < 1 || at == text.Length - 1)
            throw RunException.Usage(
                $"flag {RunFlags.Inline} must have the form NAME=path#field, as in {RunFlags.Inline} DB_PASSWORD=secret/data/app/db#password");
        _ = SecretId.Parse(text[(at + 1)..]);
        return new PlannedSecret(new SecretSpec(text[..at], text[(at + 1)..], Asked, HclPosition.Start), sources.Kist);
    }

    private SecretsManifest ReadManifest(ManifestOptions reading)
    {
        var file = Find();
        if (options.Yaml is { } inline)
            return Read(inline, "inline YAML", reading);
        if (file is null)
            return SecretsManifest.Empty;
        return Read(ReadText(file), file, reading);
    }

    // Null where secrets come from the command line alone: a file that happens to lie here must not add to them.
    private string? Find()
    {
        var named = options.File is { Length: > 0 } given ? given : SecretsFileFinder.DefaultName;
        if (options.Up)
            return SecretsFileFinder.FindUpwards(named, Environment.CurrentDirectory);
        var isWanted = options.File is { Length: > 0 } || options.Section is not null || options.Inline.Count == 0;
        return isWanted ? named : null;
    }

    private SecretsManifest Read(string text, string origin, ManifestOptions reading)
    {
        try
        {
            return SecretsManifest.Read(text, reading);
        }
        catch (RunException e)
        {
            throw RunException.Usage(options.LikeSummon ? $"Unable to parse configuration from {origin}: {e.Message}" : $"{origin}: {e.Message}");
        }
    }

    private string ReadText(string file)
    {
        try
        {
            return InputTextOf(file);
        }
        catch (FileNotFoundException) when (options.File is null && !options.LikeSummon)
        {
            throw RunException.Usage(
                $"there is no {file} here: name a file with {RunFlags.File}, or give secrets with {RunFlags.Inline} NAME=path#field");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw RunException.Usage(options.LikeSummon
                ? $"Unable to parse configuration from {file}: {e.Message}"
                : $"cannot read the file \"{file}\": {e.Message}");
        }
    }

    private static string InputTextOf(string file)
    {
        try
        {
            return new System.Text.UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true).GetString(File.ReadAllBytes(file));
        }
        catch (ArgumentException)
        {
            throw RunException.Usage($"the file \"{file}\" is not UTF-8 text");
        }
    }
}
