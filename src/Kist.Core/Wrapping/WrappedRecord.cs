using System.Text.Json.Serialization;
using Kist.Core.Pipeline;
using Kist.Core.Routing.Fields;
using Kist.Core.Tokens;
using Kist.Crypto;

namespace Kist.Core.Wrapping;

/// <summary>A wrapped answer as stored; encrypted by the barrier like every value, and gone with its wrapping token.</summary>
internal sealed record WrappedRecord
{
    public int Schema { get; init; } = 1;

    /// <summary>The body, or null.</summary>
    public RawJson Data { get; init; }

    public ResponseShape Shape { get; init; }

    public bool Gone { get; init; }

    public string MountType { get; init; } = "";

    public IReadOnlyList<string> Warnings { get; init; } = [];

    public LeaseInfo? Lease { get; init; }

    public WrappedAuth? Auth { get; init; }

    /// <summary>That parts of a batch failed: whoever unwraps the answer must see it as the caller would have.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public WrappedPartialFailure? PartialFailure { get; init; }

    public static WrappedRecord Of(Response response) => new()
    {
        Data = new RawJson(response.Data),
        Shape = response.Shape,
        Gone = response.Gone,
        MountType = response.MountType,
        Warnings = response.Warnings,
        Lease = response.Lease,
        Auth = response.Auth is { } auth ? WrappedAuth.Of(auth) : null,
        PartialFailure = response.PartialFailure is { } partial ? new WrappedPartialFailure { Code = partial.Code } : null,
    };

    public Response ToResponse() => new()
    {
        Data = Data.Utf8.Span.SequenceEqual("null"u8) ? default : Data.Utf8,
        Shape = Shape,
        Gone = Gone,
        MountType = MountType,
        Warnings = Warnings,
        Lease = Lease,
        Auth = Auth?.ToToken(),
        PartialFailure = PartialFailure is { } partial ? new PartialFailure(partial.Code) : null,
    };
}

/// <summary>A partial failure inside a wrapped answer.</summary>
internal sealed record WrappedPartialFailure
{
    /// <summary>The status that the client asked for, or null.</summary>
    public int? Code { get; init; }
}

/// <summary>A token inside a wrapped answer: the one place where a store holds an id, encrypted and until it is unwrapped.</summary>
internal sealed record WrappedAuth
{
    public string ClientToken { get; init; } = "";

    public string Accessor { get; init; } = "";

    public IReadOnlyList<string> Policies { get; init; } = [];

    public IReadOnlyList<string> TokenPolicies { get; init; } = [];

    public IReadOnlyList<string> IdentityPolicies { get; init; } = [];

    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    public TimeSpan Ttl { get; init; }

    public bool Renewable { get; init; }

    public string EntityId { get; init; } = "";

    public TokenType Type { get; init; }

    public bool Orphan { get; init; }

    public int NumUses { get; init; }

    public static WrappedAuth Of(IssuedToken token) => new()
    {
        ClientToken = token.ClientToken.Reveal(),
        Accessor = token.Accessor,
        Policies = token.Policies,
        TokenPolicies = token.TokenPolicies,
        IdentityPolicies = token.IdentityPolicies,
        Metadata = token.Metadata,
        Ttl = token.Ttl,
        Renewable = token.Renewable,
        EntityId = token.EntityId,
        Type = token.Type,
        Orphan = token.Orphan,
        NumUses = token.NumUses,
    };

    public IssuedToken ToToken() => new()
    {
        ClientToken = new SecretText(ClientToken),
        Accessor = Accessor,
        Policies = Policies,
        TokenPolicies = TokenPolicies,
        IdentityPolicies = IdentityPolicies,
        Metadata = Metadata,
        Ttl = Ttl,
        Renewable = Renewable,
        EntityId = EntityId,
        Type = Type,
        Orphan = Orphan,
        NumUses = NumUses,
    };

    /// <summary>Shows nothing: the generated text would hold the id.</summary>
    public override string ToString() => "[redacted]";
}

// An answer may be as deep as a body, within an object of its engine's, within this record; what was written must be read.
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UseStringEnumConverter = true, MaxDepth = FieldJson.MaxDepth + 16)]
[JsonSerializable(typeof(WrappedRecord))]
internal sealed partial class WrappedJson : JsonSerializerContext;
