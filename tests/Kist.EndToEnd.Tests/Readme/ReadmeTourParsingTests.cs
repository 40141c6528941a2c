namespace Kist.EndToEnd.Tests.Readme;

public sealed class ReadmeTourParsingTests
{
    private const string Markdown = """
        # Title
        ```sh
        not part of the tour
        ```
        <!-- tour: server -->
        ```console
        $ ./kist dev
        ```
        Text.
        <!-- tour -->
        ```console
        $ kist kv put secret/a \
            x=1
        == Secret ==
        created … today
        $ kist status
        ```
        <!-- tour -->
        ```sh
        a
        b
        ```
        <!-- tour: python -->
        ```python
        print(1)
        # prints 1
        ```
        """;

    [Fact]
    public void Marked_blocks_are_found_in_order()
    {
        var tour = ReadmeTour.Parse(Markdown);
        Assert.Equal([TourKind.Server, TourKind.Shell, TourKind.Shell, TourKind.Python], tour.Blocks.Select(b => b.Kind));
        Assert.Equal("./kist dev", Assert.Single(tour.Blocks[0].Commands).Typed);
        Assert.Equal(["kist kv put secret/a \\\n    x=1", "kist status"], tour.Blocks[1].Commands.Select(c => c.Typed));
        Assert.Equal(["== Secret ==", "created … today"], tour.Blocks[1].Commands[0].Printed);
        Assert.Equal("a\nb", Assert.Single(tour.Blocks[2].Commands).Typed);
        Assert.Equal("print(1)\n# prints 1", Assert.Single(tour.Blocks[3].Commands).Typed);
        Assert.Equal(["1"], tour.Blocks[3].Commands[0].Printed);
    }

    [Theory]
    [InlineData("<!-- tour -->\n\n```sh\nx\n```")]
    [InlineData("<!-- tour -->\n```sh\nx")]
    [InlineData("<!-- tour: sever -->\n```sh\nx\n```")]
    [InlineData("<!-- tour -->\n```console\nx\n```")]
    [InlineData("<!-- tour -->\n```python\nx\n```")]
    [InlineData("<!-- tour: python -->\n```sh\nx\n```")]
    public void Marks_without_a_runnable_block_are_refused(string markdown) =>
        Assert.Throws<FormatException>(() => ReadmeTour.Parse(markdown));

    [Fact]
    public void Promised_lines_must_come_in_order()
    {
        var command = new TourCommand("x", ["a", "token … end"]);
        Assert.Empty(command.Missing("zero\na\nb\ntoken hvs.x end\n"));
        Assert.Equal(["token … end"], command.Missing("token x end\na\n"));
        Assert.Equal(["a"], command.Missing("ab\ntoken (x) end"));
    }
}
