using Kist.Client.Templates.Evaluation;
using Kist.Client.Templates.Values;

namespace Kist.Client.Templates.Functions;

/// <summary>Functions that reach outside of the template.</summary>
internal static class DataFunctions
{
    private const int Any = int.MaxValue;

    public static IEnumerable<TemplateFunction> All { get; } =
    [
        new("secret", 0, Any, static call => Secret(call)),
        new("secrets", 1, 1, static call => Ask(call, TemplateDependencyKind.List, ifEmpty: new ListValue([], "[]string"))),
        new("pkiCert", 0, Any, static call => Certificate(call)),
        new("file", 1, 1, static call => File(call)),
        new("env", 1, 1, static call => TemplateValue.Of(call.Run.Environment.Variables.GetValueOrDefault(call.Text(0), ""))),
        new("mustEnv", 1, 1, static call => MustEnv(call)),
        new("envOrDefault", 2, 2, static call => TemplateValue.Of(call.Run.Environment.Variables.GetValueOrDefault(call.Text(0), call.Text(1)))),
        new("timestamp", 0, 1, static call => Timestamp(call)),
        new("scratch", 0, 0, static call => new ScratchValue(call.Run.Scratchpad)) { HasEffects = true },
        // Evaluated where the definitions are.
        new("executeTemplate", 1, 2, static call => call.Last) { HasEffects = true },
        new("writeToFile", 5, 6, static call => FileWriting.Write(call)),
    ];

    private static TemplateValue Secret(TemplateCall call)
    {
        if (call.Count == 0)
            return NilValue.Instance;
        return call.Count == 1
            ? Ask(call, TemplateDependencyKind.Read, ifEmpty: null)
            : call.Run.Ask(new TemplateDependency(TemplateDependencyKind.Write, Path(call.Text(0)), Parameters(call)));
    }

    private static TemplateValue Certificate(TemplateCall call) => call.Count == 0
        ? NilValue.Instance
        : call.Run.Ask(new TemplateDependency(TemplateDependencyKind.Certificate, Path(call.Text(0)), Parameters(call)));

    private static TemplateValue Ask(TemplateCall call, TemplateDependencyKind kind, TemplateValue? ifEmpty)
    {
        if (ifEmpty is not null && call.Text(0).Length == 0)
            return ifEmpty;
        return call.Run.Ask(new TemplateDependency(kind, Path(call.Text(0))));
    }

    private static TemplateValue File(TemplateCall call) => call.Text(0).Trim() is { Length: > 0 } path
        ? call.Run.Ask(new TemplateDependency(TemplateDependencyKind.File, path))
        : TextValue.Empty;

    private static string Path(string written) => written.Trim().Trim('/') is { Length: > 0 } path
        ? path
        : throw new TemplateFaultException("the path is empty");

    private static List<KeyValuePair<string, string>> Parameters(TemplateCall call)
    {
        var parameters = new List<KeyValuePair<string, string>>();
        for (var i = 1; i < call.Count; i++)
        {
            var pair = call.Text(i);
            if (pair.Length == 0)
                continue;
            var equal = pair.IndexOf('=', StringComparison.Ordinal);
            if (equal < 0)
                throw new TemplateFaultException($"argument {i + 1} must have the form key=value");
            parameters.Add(new(pair[..equal].Trim(), pair[(equal + 1)..].Trim()));
        }
        return parameters;
    }

    private static TemplateValue MustEnv(TemplateCall call)
    {
        var name = call.Text(0);
        if (call.Run.Environment.Variables.GetValueOrDefault(name) is { Length: > 0 } value)
            return TemplateValue.Of(value);
        throw new TemplateFaultException($"the environment variable{call.Shown(0)} is not set or empty");
    }

    private static TemplateValue Timestamp(TemplateCall call)
    {
        var now = call.Run.Environment.Time.GetUtcNow();
        var layout = call.Count == 0 ? GoTime.Rfc3339 : call.Text(0);
        return TemplateValue.Of(layout == "unix" ? $"{now.ToUnixTimeSeconds()}" : GoTime.Format(now, layout));
    }
}
