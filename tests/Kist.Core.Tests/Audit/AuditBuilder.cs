using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using Kist.Core.Audit;
using Kist.Core.Mounts;
using Kist.Core.Pipeline;
using Kist.Core.Policies;
using Kist.Core.Routing;
using Kist.Core.Routing.Fields;
using Kist.Core.Tokens;
using Kist.Crypto;

namespace Kist.Core.Tests.Audit;

/// <summary>Builds brokers with devices over fake sinks, and the events they record.</summary>
internal sealed class AuditBuilder
{
    public const string TokenId = "hvs.planted-token-id";
    public const string TokenAccessor = "planted-accessor";

    /// <summary>A route whose request and answer are the user's own data.</summary>
    public static readonly Route FreeRoute = Route<Nothing, RawJson>(new AuditBuilderJson(FieldJson.Options())).TakesFreeBody();

    private readonly List<AuditDevice> devices = [];

    public AuditBuilder() => Broker = new AuditBroker("node-1", Time);

    public ManualTime Time { get; } = new();

    public AuditBroker Broker { get; }

    public AuditedHeader[] Headers { get; init; } = [];

    /// <summary>Enables a device at <c>1/</c>, <c>2/</c> …</summary>
    public AuditBuilder With(IAuditSink sink, AuditDeviceOptions? options = null)
    {
        var path = $"{devices.Count + 1}/";
        devices.Add(Broker.Open(path, options ?? Options(), new AuditSalt(RandomNumberGenerator.GetBytes(AuditSalt.KeyBytes)), sink));
        Broker.Use(new AuditSetup([.. devices], Headers));
        return this;
    }

    /// <summary>An expected text, in which <c>&lt;value&gt;</c> stands for the first device's hash of a value; its line breaks do not count.</summary>
    public string Golden(string text) => Regex
        .Replace(text.ReplaceLineEndings(""), "<(?<value>[^>]*)>", m => Broker.Hash("1", m.Groups["value"].Value).Value, RegexOptions.None, TimeSpan.FromSeconds(10))
        .Replace("$boot", Broker.Boot, StringComparison.Ordinal);

    public static AuditDeviceOptions Options() => new() { Target = "/test" };

    public static Authenticated Token() => new()
    {
        Entry = new TokenEntry
        {
            Accessor = TokenAccessor,
            DisplayName = "token-ci",
            Policies = ["app", "default"],
            IssuedAt = new DateTimeOffset(2025, 3, 1, 10, 0, 0, TimeSpan.Zero),
            CreationTtl = TimeSpan.FromHours(1),
            Metadata = new Dictionary<string, string> { ["team"] = "a\"b" },
        },
        Acl = Acl.Empty,
    };

    public static Mount Mount(MountConfig? config = null) => new()
    {
        Id = 7,
        Path = "secret/",
        Kind = MountKind.Secrets,
        Type = MountTypes.Unknown(MountKind.Secrets, "kv"),
        TypeName = "kv",
        Accessor = "kv_1234abcd",
        Config = config ?? new MountConfig(),
    };

    /// <summary>An event with everything.</summary>
    public AuditEvent Event(string body = "", string answer = "", MountConfig? config = null, Operation operation = Operation.Update) => new()
    {
        Request = new Request
        {
            Id = "8c7af6ed",
            Path = "secret/data/app",
            Operation = operation,
            Body = Encoding.UTF8.GetBytes(body),
            Token = new SecretText(TokenId),
            ClientAddress = IPAddress.Parse("192.0.2.7"),
            ClientPort = 40112,
        },
        ReceivedAt = Time.GetUtcNow(),
        Mount = Mount(config),
        Route = FreeRoute,
        Token = Token(),
        Response = new Response { Data = Encoding.UTF8.GetBytes(answer) },
    };

    /// <summary>The one route of a table.</summary>
    public static Route Route<TRequest, TResponse>(JsonSerializerContext json)
    {
        var map = new RouteMap(json);
        return map.Write<TRequest, TResponse>("x", static (_, _, _) => throw new NotSupportedException(), "For tests.");
    }
}

[JsonSerializable(typeof(RawJson))]
internal sealed partial class AuditBuilderJson : JsonSerializerContext;
