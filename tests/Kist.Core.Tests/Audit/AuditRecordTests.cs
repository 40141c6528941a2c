using System.Text;
using System.Text.Json.Nodes;
using Kist.Core.Audit;
using Kist.Core.Mounts;
using Kist.Core.Pipeline;
using Kist.Core.Routing.Fields;
using Kist.Core.Tokens;
using Kist.Core.Wrapping;
using Kist.Crypto;

namespace Kist.Core.Tests.Audit;

public sealed class AuditRecordTests
{
    private readonly FakeSink sink = new();

    [Fact]
    public async Task Both_records_have_the_shape_of_Vault()
    {
        var audit = new AuditBuilder { Headers = [new("user-agent", false), new("x-app", true)] }.With(sink);
        var audited = new AuditEvent
        {
            Request = new Request
            {
                Id = "8c7af6ed",
                Path = "secret/data/app",
                Operation = Operation.Create,
                Body = """{ "data": { "password": "p\u0061ss", "port": 5432, "on": true, "none": null, "list": ["x", [1.5]] } }"""u8.ToArray(),
                Token = new SecretText(AuditBuilder.TokenId),
                ClientAddress = System.Net.IPAddress.Parse("2001:db8::7"),
                ClientPort = 40112,
                WrapTtl = TimeSpan.FromMinutes(1),
                Header = name => name == "user-agent" ? "curl/8" : "app-7",
            },
            ReceivedAt = new DateTimeOffset(2025, 3, 1, 13, 0, 0, 0, 123, TimeSpan.FromHours(1)),
            Mount = AuditBuilder.Mount(),
            Token = AuditBuilder.Token(),
            Allowed = true,
            GrantingPolicies = ["app"],
            Response = new Response { Data = """{"version":1}"""u8.ToArray(), Warnings = ["old"] },
        };

        Assert.True((await audit.Broker.RecordBothAsync(audited, default)).Succeeded);

        const string Common = """
            "auth":{"client_token":"<hvs.planted-token-id>","accessor":"<planted-accessor>","display_name":"token-ci",
            "policies":["app","default"],"token_policies":["app","default"],"metadata":{"team":"a\"b"},"token_type":"service","token_ttl":3600,
            "token_issue_time":"2025-03-01T10:00:00Z",
            "policy_results":{"allowed":true,"granting_policies":[{"name":"app","namespace_id":"root","type":"acl"}]}},
            "request":{"id":"8c7af6ed","operation":"create",
            "mount_point":"secret/","mount_type":"kv","mount_accessor":"kv_1234abcd","mount_class":"secret",
            "client_token":"<hvs.planted-token-id>","client_token_accessor":"<planted-accessor>",
            "namespace":{"id":"root"},"path":"secret/data/app",
            "data":{"data":{"password":"<pass>","port":"<5432>","on":true,"none":null,"list":["<x>",["<1.5>"]]}},
            "headers":{"user-agent":["curl/8"],"x-app":["<app-7>"]},
            "remote_address":"2001:db8::7","remote_port":40112,"wrap_ttl":60},
            """;
        const string End = """
            "node":"node-1","boot":"$boot","seq":
            """;
        const string Answer = """
            "response":{"mount_point":"secret/","mount_type":"kv","mount_accessor":"kv_1234abcd","mount_class":"secret","data":{"version":"<1>"},"warnings":["old"]},
            """;
        Assert.Equal(
            [
                audit.Golden($$"""{"time":"2025-03-01T12:00:00.0001230Z","type":"request",{{Common}}{{End}}1}"""),
                audit.Golden($$"""{"time":"2025-03-01T12:00:00.0000000Z","type":"response",{{Common}}{{Answer}}{{End}}2}"""),
            ],
            sink.Lines);
    }

    [Fact]
    public async Task Request_without_mount_route_or_token_is_recorded()
    {
        var audit = new AuditBuilder().With(sink);
        var audited = new AuditEvent
        {
            Request = new Request { Id = "1", Path = "nowhere", Operation = Operation.Read },
            ReceivedAt = audit.Time.GetUtcNow(),
            Refusal = Failure.Denied,
        };

        Assert.True((await audit.Broker.RecordBothAsync(audited, default)).Succeeded);

        const string Rest = """
            "auth":{"token_type":"default"},"request":{"id":"1","operation":"read","namespace":{"id":"root"},"path":"nowhere"},
            "error":"permission denied","node":"node-1","boot":"$boot","seq":
            """;
        Assert.Equal(
            [
                audit.Golden($$"""{"time":"2025-03-01T12:00:00.0000000Z","type":"request",{{Rest}}1}"""),
                audit.Golden($$"""{"time":"2025-03-01T12:00:00.0000000Z","type":"response",{{Rest}}2}"""),
            ],
            sink.Lines);
    }

    [Fact]
    public async Task Unknown_token_is_recorded_by_its_hash()
    {
        var audit = new AuditBuilder().With(sink);
        var audited = audit.Event();
        audited.Token = null;

        await audit.Broker.RecordRequestAsync(audited, default);

        Assert.Equal(audit.Broker.Hash("1", AuditBuilder.TokenId).Value, Record()["request"]!["client_token"]!.GetValue<string>());
        Assert.Null(Record()["auth"]!["client_token"]);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("{\"a\":1}x")]
    [InlineData("\"\\ud800\"")]
    [InlineData("[1,]")]
    [InlineData("not json")]
    public async Task Malformed_body_is_left_out_and_said_so(string body)
    {
        var audit = new AuditBuilder().With(sink);

        Assert.True((await audit.Broker.RecordRequestAsync(audit.Event(body), default)).Succeeded);

        Assert.Null(Record()["request"]!["data"]);
        Assert.True(Record()["request"]!["body_malformed"]!.GetValue<bool>());
    }

    [Fact]
    public async Task Body_of_invalid_utf8_or_too_deep_is_malformed()
    {
        var audit = new AuditBuilder().With(sink);
        var broken = audit.Event();
        foreach (var body in (byte[][])[[(byte)'"', 0xC3, (byte)'"'], [.. Enumerable.Repeat((byte)'[', 5000)]])
        {
            var audited = new AuditEvent
            {
                Request = new Request { Id = "1", Path = "x", Operation = Operation.Update, Body = body },
                ReceivedAt = broken.ReceivedAt,
                Token = AuditBuilder.Token(),
            };
            Assert.True((await audit.Broker.RecordRequestAsync(audited, default)).Succeeded);
        }
        Assert.All(sink.Lines, line => Assert.Contains("\"body_malformed\":true", line));
        Assert.Equal(2, sink.Lines.Count);
    }

    [Fact]
    public async Task Malformed_answer_is_left_out_and_said_so()
    {
        var audit = new AuditBuilder().With(sink);
        Assert.True((await audit.Broker.RecordResponseAsync(audit.Event(answer: "{\"planted\""), default)).Succeeded);
        Assert.True(Record()["response"]!["body_malformed"]!.GetValue<bool>());
        Assert.DoesNotContain("planted\\", sink.Lines[0]);
    }

    [Fact]
    public async Task Query_parameters_are_data_and_stand_beside_a_body()
    {
        var audit = new AuditBuilder().With(sink);
        foreach (var body in (string[])["", "{\"a\":\"b\"}"])
        {
            var audited = new AuditEvent
            {
                Request = new Request
                {
                    Id = "1",
                    Path = "x",
                    Operation = Operation.Read,
                    Body = Encoding.UTF8.GetBytes(body),
                    Query = [new("version", "2"), new("name", "p"), new("name", "q"), new("shown", "clear")],
                },
                ReceivedAt = audit.Time.GetUtcNow(),
                Mount = AuditBuilder.Mount(new MountConfig { AuditNonHmacRequestKeys = ["shown"] }),
                Route = AuditBuilder.FreeRoute,
                Token = AuditBuilder.Token(),
            };
            await audit.Broker.RecordRequestAsync(audited, default);
        }
        const string Expected = """{"version":"<2>","name":["<p>","<q>"],"shown":"clear"}""";
        Assert.Contains(audit.Golden($"\"data\":{Expected}"), sink.Lines[0]);
        Assert.Contains(audit.Golden($$"""
            "data":{"a":"<b>"},"query":{{Expected}}
            """), sink.Lines[1]);
    }

    [Fact]
    public async Task Issued_and_wrapping_tokens_are_hidden_even_with_log_raw()
    {
        var audit = new AuditBuilder().With(sink, AuditBuilder.Options() with { LogRaw = true });
        var audited = audit.Event(body: "{\"a\":\"in clear\",\"n\":1}");
        audited.Response = new Response
        {
            Auth = new IssuedToken { ClientToken = new SecretText("hvs.issued"), Accessor = "acc-issued", Policies = ["p"], Ttl = TimeSpan.FromSeconds(90), NumUses = 3 },
            Wrap = new WrapInfo(new SecretText("hvs.wrapping"), "acc-wrapping", TimeSpan.FromSeconds(60), audit.Time.GetUtcNow(), "auth/token/create", "acc-wrapped"),
            Lease = new LeaseInfo("database/creds/x/1", TimeSpan.FromHours(1), true),
        };

        await audit.Broker.RecordResponseAsync(audited, default);

        Assert.Contains("\"data\":{\"a\":\"in clear\",\"n\":1}", sink.Lines[0]);
        Assert.Contains(
            audit.Golden("""
                "response":{"auth":{"client_token":"<hvs.issued>","accessor":"acc-issued","policies":["p"],"num_uses":3,"token_type":"service","token_ttl":90},
                "secret":{"lease_id":"database/creds/x/1"},
                "mount_point":"secret/","mount_type":"kv","mount_accessor":"kv_1234abcd","mount_class":"secret",
                "wrap_info":{"ttl":60,"token":"<hvs.wrapping>","accessor":"acc-wrapping","creation_time":"2025-03-01T12:00:00.0000000Z",
                "creation_path":"auth/token/create","wrapped_accessor":"acc-wrapped"}}
                """),
            sink.Lines[0]);
        Assert.DoesNotContain(AuditBuilder.TokenId, sink.Lines[0]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Accessors_are_hidden_unless_the_device_says_otherwise(bool hidden)
    {
        var audit = new AuditBuilder().With(sink, AuditBuilder.Options() with { HmacAccessor = hidden });
        await audit.Broker.RecordRequestAsync(audit.Event(), default);
        var expected = hidden ? audit.Broker.Hash("1", AuditBuilder.TokenAccessor).Value : AuditBuilder.TokenAccessor;
        Assert.Equal(expected, Record()["auth"]!["accessor"]!.GetValue<string>());
        Assert.Equal(expected, Record()["request"]!["client_token_accessor"]!.GetValue<string>());
    }

    [Fact]
    public async Task Keys_of_the_mount_stay_in_clear_at_the_top_only()
    {
        var audit = new AuditBuilder().With(sink);
        var config = new MountConfig { AuditNonHmacRequestKeys = ["name"], AuditNonHmacResponseKeys = ["serial"] };

        await audit.Broker.RecordResponseAsync(
            audit.Event("""{"n\u0061me":{"x":"shown","y":[7]},"serial":"a","deep":{"name":"b"}}""", """{"serial":"17","name":"c"}""", config), default);

        Assert.Contains(audit.Golden("""
            "data":{"n\u0061me":{"x":"shown","y":[7]},"serial":"<a>","deep":{"name":"<b>"}}
            """), sink.Lines[0]);
        Assert.Contains(audit.Golden("""
            "data":{"serial":"17","name":"<c>"}
            """), sink.Lines[0]);
    }

    [Fact]
    public async Task List_answers_are_elided_on_demand()
    {
        var audit = new AuditBuilder().With(sink, AuditBuilder.Options() with { ElideListResponses = true });
        const string Answer = """{"keys":["a",["b"],{"c":1}],"key_info":{"a":{"x":[1]},"b":2},"next":"n"}""";

        await audit.Broker.RecordResponseAsync(audit.Event(answer: Answer, operation: Operation.List), default);
        await audit.Broker.RecordResponseAsync(audit.Event(answer: Answer, operation: Operation.Read), default);

        Assert.Contains(audit.Golden("""
            "data":{"keys":3,"key_info":2,"next":"<n>"}
            """), sink.Lines[0]);
        Assert.DoesNotContain("\"keys\":3", sink.Lines[1]);
    }

    [Fact]
    public async Task Data_that_would_grow_without_bound_is_one_hash()
    {
        var audit = new AuditBuilder().With(sink);
        var body = $"[{string.Join(',', Enumerable.Repeat('1', 200_000))}]";

        Assert.True((await audit.Broker.RecordRequestAsync(audit.Event(body), default)).Succeeded);

        Assert.Equal(audit.Broker.Hash("1", body).Value, Record()["request"]!["data_hmac"]!.GetValue<string>());
        Assert.Equal(body.Length, Record()["request"]!["data_bytes"]!.GetValue<int>());
        Assert.True(sink.Lines[0].Length < 4096);
    }

    [Fact]
    public async Task Data_of_a_caller_without_a_valid_token_is_one_hash_however_small()
    {
        var audit = new AuditBuilder().With(sink, AuditBuilder.Options() with { LogRaw = true });
        foreach (var body in (string[])["{\"a\":1}", "no JSON", ""])
        {
            await audit.Broker.RecordBothAsync(
                new AuditEvent
                {
                    Request = new Request
                    {
                        Id = "1",
                        Path = "x",
                        Operation = Operation.Update,
                        Body = Encoding.UTF8.GetBytes(body),
                        Query = [new("q", "planted"), new("r", "2")],
                    },
                    ReceivedAt = audit.Time.GetUtcNow(),
                    Route = AuditBuilder.FreeRoute,
                    Refusal = Failure.Denied,
                },
                default);
        }

        Assert.Contains(audit.Golden("""
            "data_bytes":7,"data_hmac":"<{"a":1}>","query_parameters":2,"query_hmac":"<q=planted&r=2>"
            """), sink.Lines[0]);
        Assert.Contains(audit.Golden("\"data_bytes\":7,\"data_hmac\":\"<no JSON>\","), sink.Lines[2]);
        Assert.DoesNotContain("data_bytes", sink.Lines[4]);
        Assert.DoesNotContain("planted", string.Concat(sink.Lines));
    }

    [Fact]
    public async Task Data_that_a_route_takes_without_a_token_is_recorded_as_far_as_it_is_small()
    {
        var audit = new AuditBuilder().With(sink);
        var large = $"{{\"a\":[{string.Join(',', Enumerable.Repeat('1', 250))}]}}";
        foreach (var body in (string[])["{\"a\":1}", large])
        {
            var audited = audit.Event(body);
            audited.Token = null;
            audited.Route = AuditBuilder.Route<Nothing, Nothing>(new AuditBuilderJson(FieldJson.Options())).AllowUnauthenticated();
            await audit.Broker.RecordRequestAsync(audited, default);
            await audit.Broker.RecordRequestAsync(audit.Event(body), default);
        }
        Assert.Contains(audit.Golden("\"data\":{\"a\":\"<1>\"}"), sink.Lines[0]);
        Assert.Contains(audit.Golden($"\"data_bytes\":{large.Length},\"data_hmac\":\"<{large}>\""), sink.Lines[2]);
        Assert.Contains("\"data\":{\"a\":[", sink.Lines[3]);
    }

    [Fact]
    public async Task Tokens_in_headers_are_hidden_whatever_device_and_settings_say()
    {
        var audit = new AuditBuilder { Headers = [new("authorization", false), new("x-app", false), new("x-vault-token", false)] }
            .With(sink, AuditBuilder.Options() with { LogRaw = true });
        var audited = new AuditEvent
        {
            Request = new Request { Id = "1", Path = "x", Operation = Operation.Read, Header = name => $"of {name}" },
            ReceivedAt = audit.Time.GetUtcNow(),
        };
        await audit.Broker.RecordRequestAsync(audited, default);
        Assert.Contains(audit.Golden("""
            "headers":{"authorization":["<of authorization>"],"x-app":["of x-app"],"x-vault-token":["<of x-vault-token>"]}
            """), sink.Lines[0]);
    }

    [Fact]
    public async Task Data_of_no_known_route_is_hidden_even_with_log_raw()
    {
        // A misspelt path of a route whose record would say what is secret.
        var audit = new AuditBuilder().With(sink, AuditBuilder.Options() with { LogRaw = true });
        var audited = audit.Event("{\"token\":\"planted\"}", config: new MountConfig { AuditNonHmacRequestKeys = ["token"] });
        audited.Route = null;
        await audit.Broker.RecordRequestAsync(audited, default);
        Assert.Contains(audit.Golden("\"data\":{\"token\":\"<planted>\"}"), sink.Lines[0]);
    }

    [Fact]
    public async Task Answer_that_is_no_JSON_is_hashed_whole()
    {
        var audit = new AuditBuilder().With(sink);
        var audited = audit.Event();
        audited.Response = new Response { Body = new TextBody("text/plain", "planted 1"u8.ToArray()) };
        await audit.Broker.RecordResponseAsync(audited, default);
        Assert.Equal(audit.Broker.Hash("1", "planted 1").Value, Record()["response"]!["data"]!["http_raw_body"]!.GetValue<string>());
    }

    [Fact]
    public async Task No_planted_secret_appears()
    {
        var audit = new AuditBuilder { Headers = [new("x-app", true)] }.With(sink);
        var audited = new AuditEvent
        {
            Request = new Request
            {
                Id = "1",
                Path = "secret/data/app",
                Operation = Operation.Update,
                Body = """{"a":"planted-1","b":{"c":["planted-2",{"d":"pl\u0061nted-3"}]},"n":99999991}"""u8.ToArray(),
                Query = [new("q", "planted-4")],
                Token = new SecretText("hvs.planted-5"),
                Header = _ => "planted-6",
            },
            ReceivedAt = audit.Time.GetUtcNow(),
            Mount = AuditBuilder.Mount(),
            Token = AuditBuilder.Token(),
            Response = new Response
            {
                Data = """{"planted-key":"planted-7","n":99999992}"""u8.ToArray(),
                Auth = new IssuedToken { ClientToken = new SecretText("planted-8"), Accessor = "planted-9" },
                Wrap = new WrapInfo(new SecretText("planted-10"), "planted-11", TimeSpan.FromSeconds(1), audit.Time.GetUtcNow(), "x", "planted-12"),
            },
        };

        await audit.Broker.RecordRequestAsync(audited, default);
        await audit.Broker.RecordResponseAsync(audited, default);

        var all = string.Concat(sink.Lines).Replace("planted-key", "", StringComparison.Ordinal);
        Assert.DoesNotContain("planted", all);
        Assert.DoesNotContain("nted-3", all);
        Assert.DoesNotContain("9999999", all);
    }

    [Fact]
    public async Task Hashes_of_a_token_are_made_once_and_differ_between_devices()
    {
        var second = new FakeSink();
        var audit = new AuditBuilder().With(sink).With(second);
        var token = AuditBuilder.Token();
        for (var i = 0; i < 2; i++)
        {
            var audited = audit.Event();
            audited.Token = token;
            Assert.True((await audit.Broker.RecordRequestAsync(audited, default)).Succeeded);
        }
        await Wait.UntilAsync(() => sink.Lines.Count == 2 && second.Lines.Count == 2);
        Assert.Equal(4, sink.Lines.Concat(second.Lines).Count(l => l.Contains(audit.Broker.Hash(sink.Lines.Contains(l) ? "1" : "2", AuditBuilder.TokenId).Value)));
        Assert.NotEqual(audit.Broker.Hash("1", "x").Value, audit.Broker.Hash("2", "x").Value);
    }

    private JsonNode Record() => JsonNode.Parse(Assert.Single(sink.Lines))!;
}
