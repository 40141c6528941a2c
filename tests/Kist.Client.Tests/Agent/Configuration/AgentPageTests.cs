using System.Text.RegularExpressions;
using Kist.Client.Agent.Proxy;
using Kist.Client.Tests.Fakes;
using Kist.Hosting.Agent;
using Kist.Hosting.Agent.Local;

namespace Kist.Client.Tests.Agent.Configuration;

/// <summary>What the documentation shows as the agent's configuration is one: it is read without fault or warning, and the agent would start with it.</summary>
public sealed partial class AgentPageTests
{
    // For examples that show another part alone.
    private const string Login = """

        auto_auth { method "token_file" { config = { token_file_path = "/t" } } }
        """;

    [Theory]
    [InlineData("docs/reference/agent.md")]
    [InlineData("docs/how-to/move-from-vault-agent.md")]
    [InlineData("docs/how-to/use-the-agents-local-api.md")]
    [InlineData("docs/start/first-secret-in-a-pod.md")]
    public void Examples_of_configurations_are_read_without_fault(string page)
    {
        var examples = Examples(page);
        Assert.NotEmpty(examples);
        foreach (var example in examples)
        {
            var needsLogin = example.Contains("template", StringComparison.Ordinal) && !example.Contains("auto_auth", StringComparison.Ordinal);
            var config = new AgentConfigReader().ReadText($"{page}.hcl", needsLogin ? example + Login : example);
            Assert.Empty(config.Ignored);
            Assert.Empty(AgentSummary.Faults(config));
            foreach (var listener in config.Listeners)
                LocalListener.Create(listener, config.ApiProxy is { UseAutoAuthToken: not AutoAuthTokenUse.None });
        }
    }

    // The closing mark of an indented text says how much of the indentation is not the file's: a line that begins with blanks was found in a manifest.
    [Fact]
    public void First_secret_in_a_pod_shows_the_template_of_the_manifest_whose_lines_are_not_indented()
    {
        var manifest = File.ReadAllLines(Path.Combine(Repository.Root, "deploy/manifests/application/configmap.yaml"));
        var text = manifest.SkipWhile(static l => l != "  agent.hcl: |").Skip(1).Select(static l => l.Length > 4 ? l[4..] : "");
        var template = Assert.Single(new AgentConfigReader().ReadText("agent.hcl", string.Join('\n', text)).Templates);
        Assert.All(template.Contents.Split('\n'), static line => Assert.Equal(line.TrimStart(), line));
        var shown = new AgentConfigReader().ReadText("page.hcl", Assert.Single(Examples("docs/start/first-secret-in-a-pod.md")) + Login);
        Assert.Equal(template, Assert.Single(shown.Templates));
    }

    private static List<string> Examples(string page) =>
        [.. Fence().Matches(File.ReadAllText(Path.Combine(Repository.Root, page))).Select(static m => m.Groups[1].Value)];

    [GeneratedRegex("^```hcl\n(.*?)^```", RegexOptions.Singleline | RegexOptions.Multiline, 1000)]
    private static partial Regex Fence();
}
