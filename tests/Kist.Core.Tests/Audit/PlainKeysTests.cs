using System.Text.Json;
using System.Text.Json.Serialization;
using Kist.Core.Audit;
using Kist.Core.Mounts;
using Kist.Core.Pipeline;
using Kist.Core.Routing.Fields;
using Kist.Crypto;

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

    [Fact]
    public async Task Secrets_of_a_record_stay_hidden_with_log_raw_and_when_a_mount_names_them()
    {
        const string Body = """
            {"token":"planted-1","name":"in clear","keys":["planted-2"],"inner":{"token":"planted-3","name":"too"},
            "by_name":{"a":"planted-4"},"list":[{"token":"planted-5","name":"x"}],"shown":{"token":"planted-6","name":"y"},"own":{"token":"mine"},"other":"z"}
            """;
        foreach (var raw in (bool[])[true, false])
        {
            var audit = new AuditBuilder().With(sink, AuditBuilder.Options() with { LogRaw = raw });
            var names = (string[])["token", "name", "keys", "inner", "by_name", "list", "own", "other"];
            var audited = audit.Event(Body, Body, raw ? null : new MountConfig { AuditNonHmacRequestKeys = names, AuditNonHmacResponseKeys = names });
            audited.Route = AuditBuilder.Route<WithSecrets, WithSecrets>(new MarkedJson(FieldJson.Options()));
            await audit.Broker.RecordResponseAsync(audited, default);

            Assert.DoesNotContain("planted", sink.Lines[^1].Replace(AuditBuilder.TokenAccessor, "", StringComparison.Ordinal));
            Assert.Contains(audit.Golden("""
                "response":{"mount_point":"secret/","mount_type":"kv","mount_accessor":"kv_1234abcd","mount_class":"secret",
                "data":{"token":"<planted-1>","name":"in clear","keys":["<planted-2>"],"inner":{"token":"<planted-3>","name":"too"},
                "by_name":{"a":"<planted-4>"},"list":[{"token":"<planted-5>","name":"x"}],"shown":{"token":"<planted-6>","name":"y"},
                "own":{"token":"mine"},"other":"z"}}
                """), sink.Lines[^1]);
        }
    }

    [Fact]
    public async Task Secret_in_the_query_stays_hidden_with_log_raw()
    {
        var audit = new AuditBuilder().With(sink, AuditBuilder.Options() with { LogRaw = true });
        var audited = new AuditEvent
        {
            Request = new Request { Id = "1", Path = "x", Operation = Operation.Read, Query = [new("token", "planted"), new("name", "in clear")] },
            ReceivedAt = audit.Time.GetUtcNow(),
            Token = AuditBuilder.Token(),
            Route = AuditBuilder.Route<WithSecrets, Nothing>(new MarkedJson(FieldJson.Options())),
        };
        await audit.Broker.RecordRequestAsync(audited, default);
        Assert.Contains(audit.Golden("\"data\":{\"token\":\"<planted>\",\"name\":\"in clear\"}"), sink.Lines[0]);
    }

    [Fact]
    public void What_is_no_record_or_contains_itself_is_not_opened()
    {
        var json = new MarkedJson(FieldJson.Options());
        Assert.Same(PlainKeys.None, PlainKeys.AllButSecrets(json.SelfContaining).Below("inner"));
        Assert.Same(PlainKeys.All, PlainKeys.AllButSecrets(json.SelfContaining).Below("shown"));
        Assert.Same(PlainKeys.All, PlainKeys.AllButSecrets(json.Unmarked));
        Assert.Same(PlainKeys.None, AuditBuilder.Route<Nothing, Nothing>(json).OpenResponseKeys);
    }

    public sealed record WithSecrets
    {
        public SecretText? Token { get; init; }

        public string? Name { get; init; }

        public IReadOnlyList<SecretText>? Keys { get; init; }

        public InnerSecret? Inner { get; init; }

        public Dictionary<string, SecretText>? ByName { get; init; }

        public IReadOnlyList<InnerSecret>? List { get; init; }

        [AuditPlain]
        public InnerSecret? Shown { get; init; }

        public JsonElement Own { get; init; }
    }

    public sealed record InnerSecret(SecretText Token, string Name);

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
[JsonSerializable(typeof(PlainKeysTests.WithSecrets))]
internal sealed partial class MarkedJson : JsonSerializerContext;
