using Kist.Client.Tests.Fakes;
using Kist.Commands;
using Kist.Commands.Arguments;
using Kist.Commands.Cli;

namespace Kist.Client.Tests.Commands;

/// <summary>What holds for every declared command.</summary>
public sealed class CommandTableTests
{
    private static readonly Command[] All = [.. CommandTable.Groups.SelectMany(g => g.Commands())];

    public static TheoryData<string> Names => [.. All.Select(c => c.Name)];

    [Fact]
    public void The_reference_page_is_up_to_date() => Repository.AssertSame("docs/reference/cli.md", ReferencePage.Render(CommandTable.Groups));

    [Fact]
    public void Names_are_unique_and_lie_in_their_group()
    {
        Assert.Equal(All.Length, All.Select(c => c.Name).Distinct().Count());
        Assert.All(CommandTable.Groups, g => Assert.All(g.Commands(), c => Assert.Equal(g.Name, c.Words[0])));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void An_example_is_a_line_that_its_command_accepts(string name)
    {
        var command = All.Single(c => c.Name == name);
        if (command.Example is not { } example)
            return;
        var words = example.Line.Split(" > ")[0].Split(" < ")[0].Split(' ');
        Assert.Same(command.Run.Method, CommandFinder.Find(CommandTable.Groups, words).Run.Method);
        if (command.TakesRawArguments)
            return;
        var count = FlagParser.Parse([.. words.Skip(command.Words.Length)], command.AllFlags).Positional.Count;
        Assert.InRange(count, command.Arity.Least, command.Arity.Most);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Flags_of_a_command_have_names_of_their_own(string name)
    {
        var names = All.Single(c => c.Name == name).AllFlags.SelectMany(f => f.Names).ToList();
        Assert.Equal(names.Distinct(), names);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Summaries_are_sentences(string name)
    {
        var command = All.Single(c => c.Name == name);
        string[] description = command.Description.Length > 0 ? [command.Description] : [];
        Assert.All(
            [command.Summary, .. command.AllFlags.Select(f => f.Summary), .. description],
            text => Assert.EndsWith(".", text, StringComparison.Ordinal));
    }

    [Fact]
    public void Help_of_a_command_is_laid_out_for_a_terminal()
    {
        var help = HelpText.ForCommand(All.Single(c => c.Name == "kv put"), "vault");
        Repository.AssertGolden("help-kv-put.txt", help);
        Assert.All(help.Split('\n'), line => Assert.True(line.Length <= 110, line));
    }

    [Fact]
    public void The_overview_names_every_group_that_is_not_hidden() =>
        Repository.AssertGolden("help.txt", HelpText.ForCommands(CommandTable.Groups, [], "kist"));
}
