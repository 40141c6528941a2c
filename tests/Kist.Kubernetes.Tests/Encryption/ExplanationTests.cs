using Kist.Kubernetes.Encryption;

namespace Kist.Kubernetes.Tests.Encryption;

public sealed class ExplanationTests
{
    [Fact]
    public void Rotation_half_way_is_explained()
    {
        var entry = Assert.Single(Explain(Chains.Config("aescbc: new old", "identity")).Entries);
        Assert.Equal(["secrets"], entry.Resources);
        Assert.StartsWith("with aescbc key \"new\"", entry.Written, StringComparison.Ordinal);
        Assert.Equal(["what aescbc key \"new\" encrypted", "what aescbc key \"old\" encrypted", "what is in plaintext"], entry.Readable);
        Assert.StartsWith("what aescbc key \"old\" encrypted, what is in plaintext: at the next write", entry.Rewritten, StringComparison.Ordinal);
        Assert.Contains(entry.Changes, c => c.StartsWith("If the aescbc key \"old\" is removed, objects that it encrypted cannot be read", StringComparison.Ordinal));
        Assert.Contains(entry.Changes, c => c.StartsWith("If the aescbc key \"old\" is moved to the front", StringComparison.Ordinal));
    }

    [Fact]
    public void Identity_first_writes_plaintext_whatever_stands_below()
    {
        var entry = Assert.Single(Explain(Chains.Config("identity", "secretbox: a")).Entries);
        Assert.Equal("in plaintext", entry.Written);
        Assert.Contains(entry.Changes, c => c.StartsWith("If identity is moved to the end", StringComparison.Ordinal));
        Assert.Contains(entry.Changes, c => c.StartsWith("If the secretbox key \"a\" is removed", StringComparison.Ordinal));
    }

    [Fact]
    public void Missing_identity_and_uncovered_resources_are_told()
    {
        var explanation = Explain(Chains.Config("kms: v2 kist"));
        Assert.Contains(explanation.Entries[0].Changes, c => c.StartsWith("There is no identity", StringComparison.Ordinal));
        Assert.Contains("earlier key id", explanation.Entries[0].Rewritten, StringComparison.Ordinal);
        Assert.StartsWith("written in plaintext", explanation.Uncovered, StringComparison.Ordinal);
    }

    [Fact]
    public void Resource_in_two_entries_is_explained_by_the_chain_that_they_make()
    {
        var text = Chains.Config("aescbc: a") + "- {resources: [configmaps, secrets], providers: [{identity: {}}]}\n- {resources: ['*.*'], providers: [{identity: {}}]}\n";
        var explanation = Explain(text);
        Assert.Equal(3, explanation.Entries.Count);
        Assert.Equal(["secrets"], explanation.Entries[0].Resources);
        Assert.Equal(2, explanation.Entries[0].Readable.Count);
        Assert.Equal(["configmaps"], explanation.Entries[1].Resources);
        Assert.Null(explanation.Uncovered);
    }

    private static Explanation Explain(string text) => Explanation.Of(ConfigurationFile.Load(text, Chains.Facts).Ok());
}
