using System.Text.Json;
using System.Text.Json.Serialization;
using Kist.Core.Audit;
using Kist.Core.Routing.Fields;

namespace Kist.Core.Tests.Audit;

public sealed class PlainKeysTests
{
    private readonly FakeSink sink = new();

    [Fact]
    public async Task Marked_properties_stay_in_clear_where_they_stand_and_nowhere_else()
    {
        var audit = new AuditBuilder().With(sink);
        var audited = audit.Event(
            """{"version":1,"data":{"version":"2"}}""",
            """{"version":3,"data":{"version":4},"metadata":{"created":"now","by":"me"},"items":[{"version":5,"x":6}],"map":{"k":{"version":7,"x":8}},"tags":["t"]}""");
        audited.Route = AuditBuilder.Route<MarkedRequest, MarkedResponse>(new MarkedJson(FieldJson.Options()));

        await audit.Broker.RecordResponseAsync(audited, default);

        Assert.Contains(audit.Golden("""
            "data":{"version":1,"data":{"version":"<2>"}}
            """), sink.Lines[0]);
        Assert.Contains(audit.Golden("""
            "data":{"version":3,"data":{"version":"<4>"},"metadata":{"created":"now","by":"<me>"},
            "items":[{"version":5,"x":"<6>"}],"map":{"k":{"version":7,"x":"<8>"}},"tags":["t"]}
            """), sink.Lines[0]);
    }

    [Fact]
    public async Task Free_body_is_hidden_whatever_the_route_marks()
    {
        var audit = new AuditBuilder().With(sink);
        var audited = audit.Event("""{"version":1}""");
        audited.Route = AuditBuilder.Route<MarkedRequest, MarkedResponse>(new MarkedJson(FieldJson.Options())).TakesFreeBody();
        await audit.Broker.RecordRequestAsync(audited, default);
        Assert.Contains(audit.Golden("\"data\":{\"version\":\"<1>\"}"), sink.Lines[0]);
    }

    [Fact]
    public void Record_that_contains_itself_is_hidden_below()
    {
        var marks = PlainKeys.Of(new MarkedJson(FieldJson.Options()).SelfContaining);
        Assert.Same(PlainKeys.All, marks.Below("shown"));
        Assert.Same(PlainKeys.None, marks.Below("inner"));
    }

    [Fact]
    public void Record_without_marks_costs_nothing()
    {
        Assert.Same(PlainKeys.None, PlainKeys.Of(new MarkedJson(FieldJson.Options()).Unmarked));
    }

    public sealed record MarkedRequest
    {
        [AuditPlain]
        public int Version { get; init; }

        public JsonElement Data { get; init; }
    }

    public sealed record MarkedResponse
    {
        [AuditPlain]
        public int Version { get; init; }

        public JsonElement Data { get; init; }

        public MarkedMetadata? Metadata { get; init; }

        public IReadOnlyList<MarkedItem> Items { get; init; } = [];

        public Dictionary<string, MarkedItem> Map { get; init; } = [];

        [AuditPlain]
        public IReadOnlyList<string> Tags { get; init; } = [];
    }

    public sealed record MarkedMetadata([property: AuditPlain] string Created, string By);

    public sealed record MarkedItem([property: AuditPlain] int Version, int X);

    public sealed record SelfContaining([property: AuditPlain] string Shown, SelfContaining? Inner);

    public sealed record Unmarked(string Value, IReadOnlyList<string> Values);
}

[JsonSerializable(typeof(PlainKeysTests.MarkedRequest))]
[JsonSerializable(typeof(PlainKeysTests.MarkedResponse))]
[JsonSerializable(typeof(PlainKeysTests.SelfContaining))]
[JsonSerializable(typeof(PlainKeysTests.Unmarked))]
internal sealed partial class MarkedJson : JsonSerializerContext;
