using System.Text.Json;
using Kist.Kubernetes.Encryption;

namespace Kist.Kubernetes.Tests.Encryption;

/// <summary>What the API server 1.36 answered to configuration files is what the check finds.</summary>
public sealed class ServerCasesTests
{
    public static TheoryData<string> Cases => [.. All().Select(c => c.GetProperty("name").GetString()!)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Answer_of_the_api_server_is_found(string name) => Check(name, "v1_36", LintFacts.None);

    [Theory]
    [MemberData(nameof(Cases))]
    public void Answer_with_automatic_reload_is_found(string name) => Check(name, "v1_36_reload", new LintFacts { AutomaticReload = true });

    [Theory]
    [MemberData(nameof(Cases))]
    public void Answer_with_kms_v1_switched_on_is_found(string name) => Check(name, "v1_36_kmsv1_gate", new LintFacts { KmsV1Enabled = true });

    [Theory]
    [MemberData(nameof(Cases))]
    public void Nothing_that_is_said_holds_a_key(string name)
    {
        var file = Case(name).GetProperty("file").GetString()!;
        var report = ConfigurationLint.Check(file, LintFacts.None);
        foreach (var secret in (string[])["VEVTVC1PTkxZLWNhc2Ut", "TEST-ONLY-case", "eHh4eHh4", "eXl5eXl5", "xxxxxx", "yyyyyy", "______"])
            Assert.DoesNotContain(report.Findings, f => f.ToString().Contains(secret, StringComparison.Ordinal));
    }

    private static void Check(string name, string server, LintFacts facts)
    {
        var test = Case(name);
        var answer = (test.TryGetProperty(server, out var own) ? own : test.GetProperty("v1_36")).GetString()!;
        var report = ConfigurationLint.Check(test.GetProperty("file").GetString()!, facts);
        var errors = report.Findings.Where(f => f.Level == FindingLevel.Error).ToList();
        if (answer == "accepted")
        {
            Assert.Empty(errors);
            return;
        }
        // The server names the file, prints values and ends at the first fault; for a bad address it repeats the address.
        var found = errors.Where(e => Bare(answer).Contains(Bare(e.Message), StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(found);
        if (answer.Contains("while parsing file: resources", StringComparison.Ordinal))
            Assert.All(found, f => Assert.Contains($" {f.Path}: ", answer, StringComparison.Ordinal));
    }

    private static string Bare(string text) =>
        text.Replace("Required value: ", "", StringComparison.Ordinal).Replace(" \"FILE\"", "", StringComparison.Ordinal).Replace(
            "parse \"unix:///\\x7f\": ",
            "",
            StringComparison.Ordinal);

    private static JsonElement Case(string name) => All().Single(c => c.GetProperty("name").GetString() == name);

    private static JsonElement.ArrayEnumerator All() => VectorFile.Read("encryptionconfig-cases").GetProperty("cases").EnumerateArray();
}
