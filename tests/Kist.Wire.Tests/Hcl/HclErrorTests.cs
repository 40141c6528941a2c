using Kist.Wire.Hcl;

namespace Kist.Wire.Tests.Hcl;

public sealed class HclErrorTests
{
    [Theory]
    [InlineData("a", "line 1, column 2: expected \"=\" or \"{\" after the key, found the end of the text")]
    [InlineData("a = ", "line 1, column 5: expected a value, found the end of the text")]
    [InlineData("a = b", "line 1, column 5: expected a value; a string needs double quotes, found a word without quotes")]
    [InlineData("a = 'b'", "line 1, column 5: strings stand in double quotes")]
    [InlineData("\n\n  a = \"b", "line 3, column 7: the string that starts here is not closed by a quote")]
    [InlineData("a = \"b\nc\"", "line 1, column 5: the string that starts here is not closed by a quote")]
    [InlineData("a = \"\\q\"", "line 1, column 6: unknown escape in a string (write a backslash as \\\\)")]
    [InlineData("a = \"\\u12g4\"", "line 1, column 6: expected 4 hexadecimal digits in the escape")]
    [InlineData("a = \"\\ud800\"", "line 1, column 6: the escape names no Unicode character")]
    [InlineData("a = \"\\U00110000\"", "line 1, column 6: the escape names no Unicode character")]
    [InlineData("a = [1 2]", "line 1, column 8: expected \",\" or \"]\" after the list's element, found a number")]
    [InlineData("a = [,]", "line 1, column 6: expected a value, found \",\"")]
    [InlineData("a {\n b = 1\n", "line 3, column 1: expected a key, or \"}\" for the \"{\" of line 1, found the end of the text")]
    [InlineData("}", "line 1, column 1: expected a key or the end of the text, found \"}\"")]
    [InlineData("a \"b\" = 1", "line 1, column 7: expected \"{\" after the label, found \"=\"")]
    [InlineData("a = 1, b = 2", "line 1, column 6: expected a key or the end of the text, found \",\"")]
    [InlineData("/* x", "line 1, column 1: the comment that starts here is not closed by \"*/\"")]
    [InlineData("a = <<EOF\nx", "line 1, column 5: the heredoc that starts here is not closed by a line with EOF")]
    [InlineData("a = <<\nx", "line 1, column 5: expected a marker such as EOF and then a new line after \"<<\"")]
    [InlineData("a = 1.2.3", "line 1, column 5: malformed number")]
    [InlineData("a = 089", "line 1, column 5: malformed octal number")]
    [InlineData("a = 1e999", "line 1, column 5: malformed number")]
    [InlineData("a = --1", "line 1, column 5: malformed number")]
    [InlineData("a = 12x", "line 1, column 5: malformed number")]
    [InlineData("a = $", "line 1, column 5: unexpected character \"$\"")]
    [InlineData("a = \u0001", "line 1, column 5: unexpected character U+0001")]
    public void Malformed_text_names_the_place_and_what_was_expected(string text, string message)
    {
        Assert.Equal(message, Assert.Throws<HclException>(() => HclDocument.Parse(text)).Message);
    }

    [Theory]
    [InlineData("", "line 1, column 1: expected \"{\", found the end of the text")]
    [InlineData("[]", "line 1, column 1: expected \"{\", found \"[\"")]
    [InlineData("{\"a\" 1}", "line 1, column 6: expected \":\" after the key, found a number")]
    [InlineData("{\"a\": 1,}", "line 1, column 9: expected a key in double quotes, found \"}\"")]
    [InlineData("{\"a\": null}", "line 1, column 7: expected a value, found a word without quotes")]
    [InlineData("{\"a\": 1\n", "line 2, column 1: expected \",\", or \"}\" for the \"{\" of line 1, found the end of the text")]
    [InlineData("{} {}", "line 1, column 4: expected the end of the text, found \"{\"")]
    [InlineData("{\"a\": [1,]}", "line 1, column 10: expected a value, found \"]\"")]
    [InlineData("{ # no\n}", "line 1, column 3: unexpected character \"#\"")]
    [InlineData("{\"a\" = 1}", "line 1, column 6: unexpected character \"=\"")]
    [InlineData("{\"a\": 010}", "line 1, column 7: malformed number")]
    public void Malformed_JSON_names_the_place_and_what_was_expected(string text, string message)
    {
        Assert.Equal(message, Assert.Throws<HclException>(() => HclDocument.ParseJson(text)).Message);
    }

    [Fact]
    public void Message_never_repeats_what_stands_in_the_wrong_place()
    {
        foreach (var text in (string[])["password = hunter2", "password \"hunter2\"", "a = [\"x\" \"hunter2\"]", "{\"password\" \"hunter2\"}"])
            Assert.DoesNotContain("hunter2", Assert.Throws<HclException>(() => HclDocument.Parse(text)).ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a = ", "[", "]")]
    [InlineData("", "a {", "}")]
    [InlineData("", "a = {", "}")]
    public void Depth_is_bounded_in_HCL(string head, string open, string close)
    {
        string Nested(int depth) => head + string.Concat(Enumerable.Repeat(open, depth)) + string.Concat(Enumerable.Repeat(close, depth));
        Assert.Single(HclDocument.Parse(Nested(HclDocument.MaxDepth)).Root.Items);
        Assert.Equal("nested more than 64 deep", Assert.Throws<HclException>(() => HclDocument.Parse(Nested(HclDocument.MaxDepth + 1))).Reason);
        Assert.Throws<HclException>(() => HclDocument.Parse(Nested(100_000)));
    }

    [Fact]
    public void Depth_is_bounded_in_JSON()
    {
        static string Nested(int depth) => "{\"a\":" + new string('[', depth) + new string(']', depth) + "}";
        Assert.Single(HclDocument.Parse(Nested(HclDocument.MaxDepth)).Root.Items);
        Assert.Equal("nested more than 64 deep", Assert.Throws<HclException>(() => HclDocument.Parse(Nested(HclDocument.MaxDepth + 1))).Reason);
    }

    [Fact]
    public void Longest_text_is_taken_and_one_more_character_is_not()
    {
        var longest = "a = 1 #" + new string('x', HclDocument.MaxLength - 7);
        Assert.Single(HclDocument.Parse(longest).Root.Items);
        var tooLong = Assert.Throws<HclException>(() => HclDocument.Parse(longest + "x"));
        Assert.Equal("the text has 1,048,577 characters, more than the 1,048,576 allowed", tooLong.Reason);
    }
}
