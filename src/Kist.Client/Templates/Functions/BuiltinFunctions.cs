using Kist.Client.Templates.Formatting;
using Kist.Client.Templates.Values;

namespace Kist.Client.Templates.Functions;

/// <summary>The functions that Go's templates have themselves.</summary>
internal static class BuiltinFunctions
{
    private const int Any = int.MaxValue;

    public static IEnumerable<TemplateFunction> All { get; } =
    [
        // These two are evaluated where their arguments are, of which they may leave some out.
        new("and", 1, Any, static call => call.Last),
        new("or", 1, Any, static call => call.Last),
        new("not", 1, 1, static call => BooleanValue.Of(!call[0].IsTrue)),
        new("eq", 2, Any, static call => BooleanValue.Of(call.Arguments.Skip(1).Any(other => Comparisons.AreEqual(call[0], other)))),
        new("ne", 2, 2, static call => BooleanValue.Of(!Comparisons.AreEqual(call[0], call[1]))),
        new("lt", 2, 2, static call => BooleanValue.Of(Comparisons.Order(call[0], call[1]) is < 0)),
        new("le", 2, 2, static call => BooleanValue.Of(Comparisons.Order(call[0], call[1]) is <= 0)),
        new("gt", 2, 2, static call => BooleanValue.Of(Comparisons.Order(call[0], call[1]) is > 0)),
        new("ge", 2, 2, static call => BooleanValue.Of(Comparisons.Order(call[0], call[1]) is >= 0)),
        new("len", 1, 1, static call => new IntegerValue(Indexing.Length(call[0]))),
        new("index", 1, Any, static call => Indexing.Index(call)),
        new("slice", 1, 4, static call => Indexing.Slice(call)),
        new("print", 0, Any, static call => TemplateValue.Of(GoPrint.Print(call.Arguments))),
        new("println", 0, Any, static call => TemplateValue.Of(GoPrint.PrintLine(call.Arguments))),
        new("printf", 1, Any, static call => TemplateValue.Of(GoFormat.Format(call.Text(0), [.. call.Arguments.Skip(1)]))),
        new("html", 1, Any, static call => TemplateValue.Of(Escapes.Html(GoPrint.Print(call.Arguments)))),
        new("js", 1, Any, static call => TemplateValue.Of(Escapes.JavaScript(GoPrint.Print(call.Arguments)))),
        new("urlquery", 1, Any, static call => TemplateValue.Of(Escapes.Query(GoPrint.Print(call.Arguments)))),
        // Functions are no values here: whatever is called cannot be one.
        new("call", 1, Any, static call => throw call.Wrong(0, "a function")),
    ];
}
