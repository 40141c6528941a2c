using FsCheck;
using FsCheck.Fluent;
using Kist.Commands.Arguments;
using Kist.Commands.Cli;

namespace Kist.Client.Tests.Commands;

public sealed class FlagParserTests
{
    private static readonly Flag Force = Flag.Switch("force", ["f"], "");
    private static readonly Flag Mount = Flag.Text("mount", "path", "");
    private static readonly Flag Cas = Flag.Number("cas", "n", "");
    private static readonly Flag Policy = Flag.List("policy", "name", "");
    private static readonly Flag Meta = Flag.Map("metadata", "");
    private static readonly Flag Format = Flag.Choice("format", ["table", "json"], "");
    private static readonly Flag[] Known = [Force, Mount, Cas, Policy, Meta, Format];

    [Theory]
    [InlineData("-mount=secret a")]
    [InlineData("--mount=secret a")]
    [InlineData("-mount secret a")]
    [InlineData("--mount secret a")]
    [InlineData("a -mount=secret")]
    [InlineData("a --mount secret")]
    [InlineData("-mount=other -mount=secret a")]
    public void Every_form_of_a_flag_means_the_same(string line)
    {
        var parsed = Parse(line);
        Assert.Equal("secret", parsed.Text(Mount));
        Assert.Equal(["a"], parsed.Positional);
    }

    [Theory]
    [InlineData("-force", true)]
    [InlineData("--force", true)]
    [InlineData("-f", true)]
    [InlineData("-force=true", true)]
    [InlineData("-force=1", true)]
    [InlineData("-force=false", false)]
    [InlineData("-force -force=0", false)]
    [InlineData("", false)]
    public void A_switch_is_on_or_off(string line, bool on) => Assert.Equal(on, Parse(line).Switch(Force));

    [Fact]
    public void A_switch_does_not_take_the_next_argument() => Assert.Equal(["true"], Parse("-force true").Positional);

    [Theory]
    [InlineData("-cas=0", 0)]
    [InlineData("-cas -1", -1)]
    public void Numbers_are_read(string line, long number) => Assert.Equal(number, Parse(line).Number(Cas));

    [Fact]
    public void Lists_are_joined_and_cut_at_commas() => Assert.Equal(["a", "b", "c"], Parse("-policy=a,b -policy c").List(Policy));

    [Fact]
    public void Pairs_are_cut_at_the_first_equal_sign() =>
        Assert.Equal([KeyValuePair.Create("a", "b=c"), KeyValuePair.Create("d", "")], Parse("-metadata=a=b=c -metadata d=").Map(Meta));

    [Fact]
    public void A_single_dash_is_an_argument_and_two_end_the_flags() =>
        Assert.Equal(["-", "x=-", "-force", "--", "-y"], Parse("- x=- -- -force -- -y").Positional);

    [Fact]
    public void Flags_that_are_not_given_have_no_value()
    {
        var parsed = Parse("");
        Assert.Null(parsed.Text(Mount));
        Assert.Null(parsed.Number(Cas));
        Assert.Empty(parsed.List(Policy));
        Assert.False(parsed.Has(Force));
    }

    [Theory]
    [InlineData("-moutn=x", "unknown flag -moutn (did you mean \"-mount\"?)")]
    [InlineData("--fromat json", "unknown flag -fromat (did you mean \"-format\"?)")]
    [InlineData("-qqqqqqq", "unknown flag -qqqqqqq")]
    [InlineData("-mount", "flag -mount needs a value: -mount=<path>")]
    [InlineData("-cas=x", "flag -cas must be a whole number")]
    [InlineData("-cas=99999999999999999999", "flag -cas must be a whole number")]
    [InlineData("-metadata=x", "flag -metadata must have the form key=value")]
    [InlineData("-metadata==x", "flag -metadata must have the form key=value")]
    [InlineData("-format=jsn", "flag -format must be one of table, json (did you mean \"json\"?)")]
    [InlineData("-force=perhaps", "flag -force is a switch: leave the value out, or give true or false")]
    public void What_cannot_be_read_is_explained(string line, string message) =>
        Assert.Equal(message, Assert.Throws<ExitException>(() => Parse(line)).Message);

    [Fact]
    public void Any_words_are_either_read_or_refused_with_usage() => Prop.ForAll(
        Gen.ArrayOf(Gen.ArrayOf(Gen.Elements("-=,fmountcas01\0é ".ToCharArray())).Select(c => new string(c))).ToArbitrary(),
        words =>
        {
            try
            {
                return FlagParser.Parse(words, Known).Positional.All(words.Contains);
            }
            catch (ExitException e)
            {
                return e.Code == ExitCode.Usage;
            }
        }).QuickCheckThrowOnFailure();

    private static ParsedArguments Parse(string line) => FlagParser.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries), Known);
}
