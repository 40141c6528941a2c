using Kist.Client.Templates.Formatting;
using Kist.Client.Templates.Values;

namespace Kist.Client.Templates.Functions;

/// <summary>The common ones of Sprig's functions on lists, which give new lists.</summary>
internal static class SprigListFunctions
{
    private const int Any = int.MaxValue;

    public static IEnumerable<TemplateFunction> All { get; } =
    [
        new("sprig_list", 0, Any, static call => new ListValue([.. call.Arguments])),
        new("sprig_tuple", 0, Any, static call => new ListValue([.. call.Arguments])),
        new("sprig_toStrings", 1, 1, static call => ListValue.OfTexts(Printed(call[0]))),
        new("sprig_first", 1, 1, static call => call.List(0).FirstOrDefault(TemplateValue.Nil)),
        new("sprig_last", 1, 1, static call => call.List(0).LastOrDefault(TemplateValue.Nil)),
        new("sprig_rest", 1, 1, static call => new ListValue([.. call.List(0).Skip(1)])),
        new("sprig_initial", 1, 1, static call => new ListValue([.. call.List(0).SkipLast(1)])),
        new("sprig_append", 2, 2, static call => Bounded(call.List(0).Append(call[1]))),
        new("sprig_prepend", 2, 2, static call => Bounded(call.List(0).Prepend(call[1]))),
        new("sprig_concat", 0, Any, static call => Bounded(Enumerable.Range(0, call.Count).SelectMany(call.List))),
        new("sprig_reverse", 1, 1, static call => new ListValue([.. call.List(0).Reverse()])),
        new("sprig_uniq", 1, 1, static call => Distinct(call)),
        new("sprig_without", 1, Any, static call => Without(call.List(0), call.Arguments.Skip(1).ToList())),
        new("sprig_has", 2, 2, static call => BooleanValue.Of(call[1] is not NilValue && call.List(1).Any(e => Containment.IsSame(e, call[0])))),
        new("sprig_compact", 1, 1, static call => new ListValue([.. call.List(0).Where(e => e.IsTrue)])),
        new("sprig_sortAlpha", 1, 1, static call => ListValue.OfTexts(Printed(call[0]).Order(GoOrder.Instance))),
        new("sprig_join", 2, 2, static call => TemplateValue.Of(TextFunctions.Join(call.Text(0), Printed(call[1])))),
        new("sprig_splitList", 2, 2, static call => TemplateValue.Of(Split(call.Text(0), call.Text(1)))),
        new("sprig_split", 2, 2, static call => SplitToMap(call)),
        new("sprig_until", 1, 1, static call => Numbers(0, call.Integer(0), call.Integer(0) < 0 ? -1 : 1)),
        new("sprig_untilStep", 3, 3, static call => Numbers(call.Integer(0), call.Integer(1), call.Integer(2))),
    ];

    private static ListValue Bounded(IEnumerable<TemplateValue> elements)
    {
        List<TemplateValue> list = [.. elements.Take(TemplateLimits.MaxElements + 1)];
        return list.Count <= TemplateLimits.MaxElements
            ? new ListValue(list)
            : throw new TemplateFaultException($"the list would have more than {TemplateLimits.MaxElements:N0} elements");
    }

    private static ListValue Without(IEnumerable<TemplateValue> elements, List<TemplateValue> others) =>
        new([.. elements.Where(e => !others.Exists(o => Containment.IsSame(e, o)))]);

    private static ListValue Distinct(TemplateCall call)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        return new ListValue([.. call.List(0).Where(e => seen.Add($"{e.GoType} {GoPrint.Value(e)}"))]);
    }

    private static IEnumerable<string> Printed(TemplateValue value) => value switch
    {
        ListValue list => list.Elements.Where(e => e is not NilValue).Select(GoPrint.Action),
        NilValue => [],
        _ => [GoPrint.Action(value)],
    };

    private static IEnumerable<string> Split(string separator, string text) =>
        separator.Length == 0 ? text.EnumerateRunes().Select(r => r.ToString()) : text.Split(separator);

    private static MapValue SplitToMap(TemplateCall call) =>
        MapValue.Of(Split(call.Text(0), call.Text(1)).Select((part, i) => KeyValuePair.Create($"_{i}", TemplateValue.Of(part))), TextValue.Empty);

    private static ListValue Numbers(long start, long end, long step)
    {
        var numbers = new List<TemplateValue>();
        if (step == 0 || (step > 0) != (end > start))
            return new ListValue(numbers, "[]int");
        for (Int128 i = start; step > 0 ? i < end : i > end; i += step)
        {
            if (numbers.Count == TemplateLimits.MaxElements)
                throw new TemplateFaultException($"the list would have more than {TemplateLimits.MaxElements:N0} elements");
            numbers.Add(new IntegerValue((long)i));
        }
        return new ListValue(numbers, "[]int");
    }
}
