using Kist.Wire.Hcl;

namespace Kist.Hosting.Agent;

/// <summary>One block of a configuration file, with where faults go.</summary>
/// <param name="File">The file, for messages.</param>
/// <param name="Name">File and block, for messages.</param>
/// <param name="Block">Reads its settings.</param>
/// <param name="Faults">Takes faults.</param>
/// <param name="Ignored">Takes settings without effect.</param>
internal sealed record AgentSection(string File, string Name, ConfigBlock Block, List<string> Faults, List<string> Ignored)
{
    /// <summary>A block inside that may stand once, or null.</summary>
    public AgentSection? Child(string name) => Block.Block(name) is { } found ? Of(name, found) : null;

    /// <summary>Blocks inside.</summary>
    public IEnumerable<AgentSection> Children(string name) => Block.Blocks(name, 0).Select(b => Of(name, b));

    /// <summary>A block that was found by other ways.</summary>
    public AgentSection Of(string name, HclBlock block)
    {
        var what = $"{File}: {name}";
        return this with { Name = what, Block = new ConfigBlock(what, block.Body, Faults, Ignored) };
    }

    /// <summary>Tells a fault at a place.</summary>
    public void Fault(HclPosition at, string reason) => Faults.Add($"{Name}: {at}: {reason}");
}
