using System.Text;
using Kist.Client.Run;
using Kist.Client.Run.Manifest;
using Kist.Crypto;
using Kist.Wire.Hcl;

namespace Kist.Client.Tests.Run;

/// <summary>From a plan to values: defaults and ignored failures.</summary>
public sealed class ResolverTests
{
    private readonly RecordingSource source = new();

    [Theory]
    [InlineData(true, "id", null, "value of id")]
    [InlineData(true, "empty", null, "")]
    [InlineData(true, "empty", "x", "x")]
    [InlineData(true, "id", "x", "value of id")]
    [InlineData(false, "text", "x", "text")]
    [InlineData(false, "", "x", "x")]
    [InlineData(false, "", null, "")]
    public async Task Default_takes_the_place_of_an_empty_value(bool isVariable, string text, string? standIn, string expected) =>
        Assert.Equal([$"X={expected}"], await ResolveAsync(IgnoredFailures.None, Spec("X", text, isVariable, standIn)));

    [Fact]
    public async Task Each_id_is_asked_for_once_and_literals_are_not()
    {
        Assert.Equal(
            ["A=value of id", "B=literal", "C=value of id"],
            await ResolveAsync(IgnoredFailures.None, Spec("A", "id"), Spec("B", "literal", isVariable: false), Spec("C", "id")));
        Assert.Equal(["id"], Assert.Single(source.Asked));
    }

    [Fact]
    public async Task Literals_alone_need_no_source()
    {
        await ResolveAsync(IgnoredFailures.None, Spec("B", "literal", isVariable: false));
        Assert.Empty(source.Asked);
    }

    [Fact]
    public async Task All_failures_are_told_and_a_default_is_no_excuse()
    {
        var failure = await Assert.ThrowsAsync<RunException>(() => ResolveAsync(
            IgnoredFailures.None, Spec("A", "bad"), Spec("B", "id"), Spec("C", "bad too", standIn: "x")));
        Assert.Equal((RunFault.Secret, "Error fetching secret: A: no bad\nC: no bad too"), (failure.Fault, failure.Message));
    }

    [Fact]
    public async Task Ignored_failure_leaves_its_name_unset()
    {
        Assert.Equal(["B=value of id"], await ResolveAsync(new IgnoredFailures(new HashSet<string> { "A" }, All: false), Spec("A", "bad"), Spec("B", "id")));
        Assert.Equal(["B=value of id"], await ResolveAsync(new IgnoredFailures(new HashSet<string>(), All: true), Spec("A", "bad", standIn: "x"), Spec("B", "id")));
        await Assert.ThrowsAsync<RunException>(() => ResolveAsync(new IgnoredFailures(new HashSet<string> { "B" }, All: false), Spec("A", "bad"), Spec("B", "id")));
    }

    private static SecretSpec Spec(string name, string text, bool isVariable = true, string? standIn = null) =>
        new(name, text, new SecretTag(isVariable, IsFile: false, standIn), HclPosition.Start);

    private async Task<IEnumerable<string>> ResolveAsync(IgnoredFailures ignored, params SecretSpec[] specs)
    {
        var resolved = await Resolver.ResolveAsync([.. specs.Select(s => new PlannedSecret(s, source))], ignored, default);
        return resolved.Select(r => $"{r.Name}={Encoding.UTF8.GetString(r.Value.Span)}");
    }

    private sealed class RecordingSource : ISecretSource
    {
        public List<IReadOnlyList<string>> Asked { get; } = [];

        public Task<IReadOnlyList<SecretAnswer>> FetchAsync(IReadOnlyList<string> ids, CancellationToken cancellation)
        {
            Asked.Add(ids);
            return Task.FromResult<IReadOnlyList<SecretAnswer>>([.. ids.Select(Answer)]);
        }

        private static SecretAnswer Answer(string id)
        {
            var value = id == "empty" ? "" : $"value of {id}";
            return id.StartsWith("bad", StringComparison.Ordinal)
                ? SecretAnswer.Failed($"no {id}")
                : SecretAnswer.Of(new SecretBytes(Encoding.UTF8.GetBytes(value)));
        }
    }
}
