using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Kist.Kubernetes.Encryption;

namespace Kist.Kubernetes.Tests.Encryption;

/// <summary>What the API server 1.36 answered to configuration files is what the check finds.</summary>
public sealed class ServerCasesTests
{
    // A blank forgotten behind the colon makes the secret a field's name.
    private static readonly string[] Slips =
        ["name: k, secret:VEVTVC1PTkxZLWNhc2Ut", "name: k, VEVTVC1PTkxZLWNhc2Ut", "name: k, secret:xxxxxx: x", "name: k, eHh4eHh4: x"];

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

    public static TheoryData<string> Files =>
    [
        .. All().Select(c => c.GetProperty("file").GetString()!),
        .. Slips.Select(key => Chains.Config("identity") + $"  - aescbc: {{keys: [{{{key}}}]}}\n"),
    ];

    [Theory]
    [MemberData(nameof(Files))]
    public void Nothing_that_is_said_holds_a_key(string file)
    {
        var report = ConfigurationLint.Check(file, LintFacts.None);
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
            report.WriteJson(writer);
        var failure = ConfigurationFile.Load(file, LintFacts.None).Failure;
        var said = $"{string.Concat(report.Findings)} {Encoding.UTF8.GetString(stream.ToArray())} {failure} {failure?.Message}";
        foreach (var secret in (string[])["VEVTVC1PTkxZ", "TEST-ONLY-case", "eHh4eHh4", "eXl5eXl5", "xxxxxx", "yyyyyy", "______"])
            Assert.DoesNotContain(secret, said, StringComparison.Ordinal);
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
        // The gate is looked at once the file is parsed, so that it is not reported beside other faults.
        Assert.Equal(found, errors.Where(e => e.Rule != "kms-v1-disabled" || found.Contains(e)));
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
