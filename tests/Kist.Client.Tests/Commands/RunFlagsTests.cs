using Kist.Commands.Arguments;

namespace Kist.Client.Tests.Commands;

/// <summary>Flags of a command that runs another program, whose own flags they must not take.</summary>
public sealed class RunFlagsTests
{
    private static readonly Flag Text = Flag.Text("text", "value", "A text.").With("t");
    private static readonly Flag Each = Flag.Each("each", "value", "A text.", "e");
    private static readonly Flag Switch = Flag.Switch("switch", "A switch.");
    private static readonly Flag[] Known = [Text, Each, Switch];

    [Theory]
    [InlineData("-t a app -t b", "app -t b")]
    [InlineData("-switch app -switch", "app -switch")]
    [InlineData("-t a -- -t b", "-t b")]
    [InlineData("-- app -- x", "app -- x")]
    [InlineData("app", "app")]
    [InlineData("-t=a", "")]
    public void Flags_end_at_the_program(string line, string program)
    {
        var parsed = FlagParser.Parse(line.Split(' '), Known, endAtArgument: true);
        Assert.Equal(program, string.Join(' ', parsed.Positional));
        Assert.True(parsed.Text(Text) is null or "a");
    }

    [Theory]
    [InlineData("-t a app -h", "-t a")]
    [InlineData("-h app", "-h")]
    [InlineData("-unknown app", "-unknown")]
    [InlineData("-switch -t=a -- -h", "-switch -t=a")]
    [InlineData("-t", "-t")]
    [InlineData("app -h", "")]
    public void Words_before_the_program_are_ours(string line, string own) =>
        Assert.Equal(own, string.Join(' ', FlagParser.Leading(line.Split(' '), Known)));

    [Fact]
    public void Repeated_texts_keep_their_commas()
    {
        var parsed = FlagParser.Parse(["-e", "a,b", "-each=c=d", "-t", "x", "-text", "y"], Known);
        Assert.Equal(["a,b", "c=d"], parsed.Each(Each));
        Assert.Equal("y", parsed.Text(Text));
        Assert.Empty(parsed.Each(Switch));
    }

    [Theory]
    [InlineData("run -h")]
    [InlineData("help run")]
    [InlineData("run -env=A=b#c -h -- app")]
    public async Task Help_is_asked_for_before_the_program(string line)
    {
        using var cli = new Fakes.Cli();
        var result = await cli.RunAsync(line.Split(' '));
        Assert.Equal(0, result.Code);
        Assert.StartsWith("Usage: kist run [flags]", result.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("run", 1, "say which program to run")]
    [InlineData("run -output-curl-string -- app", 1, "is not for run")]
    [InlineData("run -watch=never -- app", 1, "must be restart, or a signal")]
    [InlineData("run -watch=HUP -watch-interval=1ms -- app", 1, "must be a duration")]
    [InlineData("run -env=A -- app", 1, "must have the form NAME=path#field")]
    [InlineData("run -env=A=# -- app", 1, "is no secret's id")]
    [InlineData("run --yaml A -- app", 1, "expected mapping")]
    public async Task Faulty_line_is_told(string line, int code, string message)
    {
        using var cli = new Fakes.Cli();
        var result = await cli.RunAsync(line.Split(' '));
        Assert.Equal((code, ""), (result.Code, result.Output));
        Assert.Contains(message, result.Error);
    }
}
