using FsCheck;
using FsCheck.Fluent;

namespace Kist.Engines.Tests.Kv.Json;

/// <summary>Generated JSON with few names, so that two samples meet.</summary>
internal static class JsonSamples
{
    private static readonly Gen<string> Name = Gen.Elements("a", "b", "c", "é", "");

    private static readonly Gen<string> Leaf = Gen.Elements("null", "true", "0", "-1.50", "\"\"", "\"x\\n\"", "[]", "[1,{\"a\":null}]", "{}");

    /// <summary>An object.</summary>
    public static Gen<string> Object { get; } = Gen.Sized(size => ObjectOf(Math.Min(size, 8)));

    /// <summary>Any value.</summary>
    public static Gen<string> Value { get; } = Gen.Sized(size => ValueOf(Math.Min(size, 8)));

    private static Gen<string> ValueOf(int size) => size <= 1 ? Leaf : Gen.Frequency((1, Leaf), (2, ObjectOf(size)));

    private static Gen<string> ObjectOf(int size) =>
        from members in Gen.Zip(Name, ValueOf(size / 2)).ListOf().Resize(4)
        select $"{{{string.Join(',', members.DistinctBy(m => m.Item1).Select(m => $"\"{m.Item1}\":{m.Item2}"))}}}";
}
