using Kist.Core.Audit;
using Kist.Core.Mounts;
using Kist.Core.Pipeline;
using Kist.Core.Routing;

namespace Kist.Engines.Tests;

/// <summary>Which fields of an engine's routes the audit shows in clear.</summary>
internal static class EngineAudit
{
    /// <summary>The route of a path.</summary>
    public static Route Route(MountType engine, string path, Operation operation, params (string Name, string Value)[] options)
    {
        var chosen = options.ToDictionary(o => o.Name, o => o.Value, StringComparer.Ordinal);
        Assert.True(engine.Routes(chosen).TryMatch(path, operation, out var route, out _, out _));
        return route;
    }

    /// <summary>True when a field, with dots between its names, is shown.</summary>
    public static bool Shows(this PlainKeys marks, string field)
    {
        foreach (var name in field.Split('.'))
        {
            if (marks == PlainKeys.All)
                return true;
            marks = marks.Below(name);
        }
        return marks == PlainKeys.All;
    }
}
