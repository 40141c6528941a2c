using Kist.Crypto;

namespace Kist.Hosting.Agent.Local;

/// <summary>
/// Strikes the agent's token out of answers, whichever way it came into them (<c>auth/token/lookup-self</c> names it): who asks the agent may do through it
/// what the listener lets him, and not take the token elsewhere. Lengths stay. What may be the token's beginning is held back until more is seen.
/// </summary>
/// <param name="token">The token; null strikes nothing.</param>
internal sealed class TokenMask(SecretText? token)
{
    /// <summary>Shorter ones (<c>root</c> of a development server) are words that stand in answers anyhow.</summary>
    private const int ShortestToken = 16;

    private byte[] held = [];

    private ReadOnlySpan<byte> Token => token is { Utf8.Length: >= ShortestToken } ? token.Utf8 : [];

    /// <summary>The part of what has come that can go out, with the token struck out.</summary>
    public ReadOnlyMemory<byte> Next(ReadOnlyMemory<byte> chunk)
    {
        if (Token.IsEmpty)
            return chunk;
        byte[] bytes = [.. held, .. chunk.Span];
        for (var rest = bytes.AsSpan(); rest.IndexOf(Token) is >= 0 and var at; rest = rest[(at + Token.Length)..])
            rest.Slice(at, Token.Length).Fill((byte)'*');
        var open = OpenEnd(bytes);
        held = bytes[^open..];
        return bytes.AsMemory(0, bytes.Length - open);
    }

    /// <summary>What is still held back, at the end.</summary>
    public ReadOnlyMemory<byte> Last() => held;

    private int OpenEnd(ReadOnlySpan<byte> bytes)
    {
        for (var length = Math.Min(bytes.Length, Token.Length - 1); length > 0; length--)
        {
            if (Token.StartsWith(bytes[^length..]))
                return length;
        }
        return 0;
    }
}
