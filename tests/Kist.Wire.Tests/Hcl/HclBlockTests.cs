using Kist.Wire.Hcl;

namespace Kist.Wire.Tests.Hcl;

public sealed class HclBlockTests
{
    [Theory]
    [InlineData("path \"x\" { a = 1 }\npath \"y\" { a = 2 }")]
    [InlineData("path \"x\" { a = 1 }\npath = { \"y\" = { a = 2 } }")]
    [InlineData("path { \"x\" { a = 1 } y { a = 2 } }")]
    [InlineData("path = [{ \"x\" = { a = 1 } }, { y = [{ a = 2 }] }]")]
    [InlineData("{\"path\": {\"x\": {\"a\": 1}, \"y\": {\"a\": 2}}}")]
    [InlineData("{\"path\": [{\"x\": {\"a\": 1}}, {\"y\": {\"a\": 2}}]}")]
    public void All_ways_to_write_labelled_blocks_mean_the_same(string text)
    {
        var blocks = HclDocument.Parse(text).Root.Items.SelectMany(i => i.Blocks(1)).ToList();
        Assert.Equal("x y", string.Join(' ', blocks.Select(b => Assert.Single(b.Labels).Text)));
        Assert.Equal([1, 2], blocks.Select(b => ((HclNumber)Assert.Single(b.Body.Items).Value).Integer!.Value));
    }

    [Theory]
    [InlineData("path = \"x\"", "line 1, column 8: \"path\" must be a block with one label, found a string")]
    [InlineData("path { a = 1 }", "line 1, column 12: \"path\" must be a block with one label, found a number")]
    [InlineData("path \"x\" \"y\" { }", "line 1, column 10: \"path\" takes one label, found 2")]
    public void Wrong_shape_of_a_block_is_named(string text, string message)
    {
        Assert.Equal(message, Assert.Throws<HclException>(() => HclDocument.Parse(text).Root.Items[0].Blocks(1)).Message);
    }

    [Fact]
    public void Block_without_labels_keeps_its_body()
    {
        var item = HclDocument.Parse("seal { a = 1 }").Root.Items[0];
        Assert.Single(Assert.Single(item.Blocks(0)).Body.Items);
    }

    [Theory]
    [InlineData("raed", "read")]
    [InlineData("Read", "read")]
    [InlineData("udpate", "update")]
    [InlineData("capability", "capabilities")]
    [InlineData("capitalist", null)]
    [InlineData("path", null)]
    [InlineData("sud", "sudo")]
    [InlineData("xx", null)]
    public void Suggestion_is_the_word_a_few_edits_away(string word, string? expected)
    {
        Assert.Equal(expected, HclSuggestion.Closest(word, ["create", "read", "update", "delete", "list", "sudo", "deny", "capabilities"]));
    }
}
