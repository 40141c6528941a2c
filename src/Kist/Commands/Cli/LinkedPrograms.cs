using Kist.Commands.Run;

namespace Kist.Commands.Cli;

/// <summary>A program that this one stands in for when it is called through a link of that name.</summary>
internal delegate Task<int> LinkedProgram(
    CliHost host, IReadOnlyList<CommandGroup> groups, IReadOnlyList<string> arguments, CancellationToken cancellation);

/// <summary>The names of links whose command lines are not Kist's: <c>summon</c>, and <c>summon-kist</c>, Kist as a provider of Summon's.</summary>
internal static class LinkedPrograms
{
    public const string Summon = "summon";
    public const string SummonProvider = "summon-kist";

    /// <summary>The program that a name stands for, or null.</summary>
    public static LinkedProgram? Find(string name) => name switch
    {
        Summon => static (host, _, arguments, cancellation) => SummonProgram.RunAsync(host, arguments, cancellation),
        SummonProvider => static (host, groups, arguments, cancellation) =>
            CommandLine.RunAsync(host with { ProgramName = "kist" }, groups, [ProviderCommand.Name, .. arguments], cancellation),
        _ => null,
    };
}
