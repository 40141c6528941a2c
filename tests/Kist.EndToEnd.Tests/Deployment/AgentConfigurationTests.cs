using Kist.Harness;
using Kist.Kubernetes.Tests.Deployment;

namespace Kist.EndToEnd.Tests.Deployment;

/// <summary>The agent reads the configuration in the manifests, and what the chart makes of values.</summary>
public sealed class AgentConfigurationTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("kist-agent-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task Agent_takes_the_configuration_of_the_manifests()
    {
        var text = DeployFiles.Manifests("application").Single(item => item.Kind() == "ConfigMap").Text("data", "agent.hcl");
        Assert.Contains("/run/secrets/shop/db.env", await CheckAsync(text));
    }

    [FactNeedingChart]
    public async Task Agent_takes_what_the_chart_makes_of_every_set_of_values()
    {
        foreach (var values in ValueSets.All.Values)
        {
            var items = await DeployFiles.RenderAsync(values);
            var texts = items.Select(item => item.Text("data", "agent.hcl")).Where(text => text.Length > 0).ToList();
            Assert.Equal(values.Contains("application:", StringComparison.Ordinal) ? 1 : 0, texts.Count);
            foreach (var text in texts)
                Assert.Contains("logs in by kubernetes at auth/kubernetes", await CheckAsync(text));
        }
    }

    private async Task<string> CheckAsync(string text)
    {
        var file = Path.Combine(folder, "agent.hcl");
        await File.WriteAllTextAsync(file, text);
        var start = BuiltProgram.Start("agent", "-check", $"-config={file}");
        var ended = await KistProcess.RunAsync(start, TimeSpan.FromMinutes(1), "", CancellationToken.None);
        Assert.True(ended.ExitCode == 0, ended.Errors);
        return ended.Output;
    }
}
