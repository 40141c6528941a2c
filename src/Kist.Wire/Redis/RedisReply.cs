using System.Text;

namespace Kist.Wire.Redis;

/// <summary>What sort of reply it is.</summary>
public enum RedisReplyKind
{
    /// <summary>There is no such thing.</summary>
    Null,

    /// <summary>A short text: <c>OK</c>.</summary>
    Text,

    /// <summary>The command was refused.</summary>
    Error,

    /// <summary>A number.</summary>
    Number,

    /// <summary>Any bytes.</summary>
    Bytes,

    /// <summary>Further replies.</summary>
    Array,
}

/// <summary>A reply of Redis. It prints nothing of its content.</summary>
public sealed class RedisReply
{
    private RedisReply(RedisReplyKind kind) => Kind = kind;

    /// <summary>What sort of reply it is.</summary>
    public RedisReplyKind Kind { get; }

    /// <summary>The bytes of <see cref="RedisReplyKind.Text"/>, <see cref="RedisReplyKind.Error"/> and <see cref="RedisReplyKind.Bytes"/>.</summary>
    public ReadOnlyMemory<byte> Bytes { get; private init; }

    /// <summary>The value of <see cref="RedisReplyKind.Number"/>.</summary>
    public long Number { get; private init; }

    /// <summary>The parts of <see cref="RedisReplyKind.Array"/>.</summary>
    public IReadOnlyList<RedisReply> Items { get; private init; } = [];

    /// <summary>True when the command was refused.</summary>
    public bool IsError => Kind == RedisReplyKind.Error;

    /// <summary>
    /// The bytes as text. Of an error it is for nobody's eyes but the caller's: Redis repeats arguments of the command in it, passwords included.
    /// </summary>
    public string Text => Encoding.UTF8.GetString(Bytes.Span);

    /// <summary>The first word of an error, in capital letters (<c>NOPERM</c>, <c>ERR</c>), which may be shown; empty when there is none.</summary>
    public string ErrorCode
    {
        get
        {
            if (!IsError)
                return "";
            var words = Bytes.Span;
            var space = words.IndexOf((byte)' ');
            var first = space < 0 ? words : words[..space];
            return first.ContainsAnyExceptInRange((byte)'A', (byte)'Z') ? "" : Encoding.ASCII.GetString(first);
        }
    }

    /// <inheritdoc/>
    public override string ToString() => IsError ? $"Error {ErrorCode}" : Kind.ToString();

    internal static RedisReply Null { get; } = new(RedisReplyKind.Null);

    internal static RedisReply OfBytes(RedisReplyKind kind, ReadOnlyMemory<byte> bytes) => new(kind) { Bytes = bytes };

    internal static RedisReply OfNumber(long number) => new(RedisReplyKind.Number) { Number = number };

    internal static RedisReply OfItems(IReadOnlyList<RedisReply> items) => new(RedisReplyKind.Array) { Items = items };
}
