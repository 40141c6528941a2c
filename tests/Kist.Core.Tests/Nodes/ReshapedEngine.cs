using Kist.Core.Barrier;
using Kist.Core.Mounts;
using Kist.Core.Routing;

namespace Kist.Core.Tests.Nodes;

/// <summary>Keeps notes as they are, or, with the option <c>shape=new</c>, as a conversion leaves them: below <c>new/</c>.</summary>
public sealed class ReshapedEngine : MountType
{
    private readonly RouteTable before = new NotesEngine().Routes(new Dictionary<string, string>());
    private readonly RouteTable after = new NotesEngine().Routes(new Dictionary<string, string>());

    /// <summary>Runs before each conversion.</summary>
    public Func<Task> BeforeConversion { get; set; } = static () => Task.CompletedTask;

    /// <summary>What each conversion says that it could not read.</summary>
    public IReadOnlyList<string> Damaged { get; set; } = [];

    public override string Name => "reshaped";

    public override MountKind Kind => MountKind.Secrets;

    public override string Description => "Keeps notes in one of two ways.";

    public override RouteTable Routes(IReadOnlyDictionary<string, string> options) => IsNew(options) ? after : before;

    public override Outcome<bool> NeedsConversion(IReadOnlyDictionary<string, string> from, IReadOnlyDictionary<string, string> to) =>
        IsNew(from) != IsNew(to);

    public override async Task<IReadOnlyList<string>> ConvertAsync(
        StorageView data, IReadOnlyDictionary<string, string> options, CancellationToken cancellationToken)
    {
        await BeforeConversion();
        foreach (var path in (await data.ScanAsync("", 0, cancellationToken)).Where(path => !path.StartsWith("new/", StringComparison.Ordinal)))
        {
            if (await data.ReadAsync(path, cancellationToken) is { } note)
            {
                var step = data.Begin().Require(data, path, note.Revision).Delete(data, path).Put(data, "new/" + path, note.Value);
                _ = await step.CommitAsync(cancellationToken);
            }
        }
        return Damaged;
    }

    private static bool IsNew(IReadOnlyDictionary<string, string> options) => options.TryGetValue("shape", out var shape) && shape is "new";
}
