using Kist.Client.Templates.Parsing;
using Kist.Client.Templates.Values;

namespace Kist.Client.Templates.Evaluation;

/// <summary>What a <c>range</c> walks over.</summary>
internal static class RangeElements
{
    public static IEnumerable<KeyValuePair<TemplateValue, TemplateValue>> Of(TemplateValue value, PipelineNode pipeline) => value switch
    {
        NilValue => [],
        ListValue list => Indexed(list.Elements),
        // A copy: the loop may change the map.
        MapValue map => map.Entries.Select(e => KeyValuePair.Create<TemplateValue, TemplateValue>(new TextValue(e.Key), e.Value)).ToList(),
        SequenceValue sequence => Counted(sequence.Start, sequence.End),
        IntegerValue count when pipeline.Targets.Count < 2 => Counted(0, count.Value),
        IntegerValue => throw new TemplateException("over a number, range declares one variable", pipeline.Position),
        _ => throw new TemplateException($"range cannot walk over {value.Noun}", pipeline.Position),
    };

    private static IEnumerable<KeyValuePair<TemplateValue, TemplateValue>> Indexed(IReadOnlyList<TemplateValue> elements)
    {
        for (var i = 0; i < elements.Count; i++)
            yield return new(new IntegerValue(i), elements[i]);
    }

    private static IEnumerable<KeyValuePair<TemplateValue, TemplateValue>> Counted(long start, long end)
    {
        for (var i = start; i < end; i++)
            yield return new(new IntegerValue(i - start), new IntegerValue(i, "int64"));
    }
}
