namespace Kist.Harness.Kubernetes;

/// <summary>
/// A Helm chart as <c>tests/tools/helm-render</c> renders it. Helm itself cannot be had from Debian; what this leaves unproven is what Helm does
/// beyond its template engine and its check of values (hooks, upgrades, packaging).
/// </summary>
public static class HelmChart
{
    private const string Source = "main.go";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    /// <summary>Where <c>tests/tools/helm-render/build</c> puts the program: outside the tree, beside other caches.</summary>
    private static string Program { get; } = Path.Combine(KubeApiServer.CacheFolder(), "kist", "helm-render", "helm-render");

    /// <summary>True when it is built from the text in this tree.</summary>
    public static bool CanRender
    {
        get
        {
            var built = Path.Combine(Path.GetDirectoryName(Program)!, Source);
            return File.Exists(Program) && File.Exists(built)
                && File.ReadAllText(built) == File.ReadAllText(Path.Combine(BuiltProgram.Repository, "tests", "tools", "helm-render", Source));
        }
    }

    /// <summary>Renders a chart.</summary>
    /// <param name="folder">The chart's folder.</param>
    /// <param name="values">YAML over the chart's own values.</param>
    /// <param name="arguments">Further arguments of the program.</param>
    public static async Task<Ended> RenderAsync(string folder, string values, params IEnumerable<string> arguments)
    {
        var home = Directory.CreateTempSubdirectory("kist-values-").FullName;
        try
        {
            var file = Path.Combine(home, "values.yaml");
            await File.WriteAllTextAsync(file, values);
            return await KistProcess.RunAsync(BuiltProgram.Start(Program, ["-f", file, .. arguments, folder]), Patience, "", CancellationToken.None);
        }
        finally
        {
            Directory.Delete(home, recursive: true);
        }
    }
}
