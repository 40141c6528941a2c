using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Kist.Core.Seals;
using Kist.Core.Tokens;
using Kist.Crypto;

namespace Kist.Core.Sys;

/// <summary>
/// Makes a root token by a quorum of operators when none is left. The token is shown XORed with a one-time pad that only the one who started has, so that
/// whoever brings the last share does not get a root token by that.
/// </summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "Lives as long as the process.")]
internal sealed class GenerateRoot(Node node)
{
    private readonly ShareCollector collector = new();
    private readonly SemaphoreSlim turn = new(1, 1);
    private SecretText? pad;
    private string nonce = "";

    /// <summary>Characters of a pad: as many as a root token id has.</summary>
    public int PadLength { get; } = TokenId.New(TokenType.Service, Namespaces.NamespaceId.Root).Utf8.Length;

    public bool Started => pad is not null;

    public string Nonce => nonce;

    public int Progress => collector.Progress;

    /// <summary>Starts an attempt; answers the pad if it was made here.</summary>
    public async Task<Outcome<SecretText?>> StartAsync(SecretText? given, CancellationToken ct)
    {
        await turn.WaitAsync(ct);
        try
        {
            if (pad is not null)
                return Failure.Invalid("generate_root.started", "root generation already in progress; cancel it first");
            if (given is not null && given.Utf8.Length != PadLength)
                return Failure.Invalid("generate_root.otp", $"field \"otp\": expected {PadLength} characters");
            pad = given ?? MakePad();
            nonce = Guid.NewGuid().ToString();
            return new Outcome<SecretText?>(given is null ? pad : null);
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>Ends the attempt, if there is one.</summary>
    public async Task CancelAsync(CancellationToken ct)
    {
        await turn.WaitAsync(ct);
        Forget();
        turn.Release();
    }

    /// <summary>Adds a share; answers the padded token when there were enough, an empty text before.</summary>
    public async Task<Outcome<SecretText>> AddAsync(SecretBytes share, string givenNonce, CancellationToken ct)
    {
        await turn.WaitAsync(ct);
        try
        {
            if (pad is null)
                return Failure.Invalid("generate_root.not_started", "no root generation in progress");
            if (givenNonce != nonce)
                return Failure.Invalid("generate_root.nonce", "the nonce is not that of the root generation in progress");
            var complete = await node.Seals.ProvideShareAsync(collector, share, ct);
            if (!complete.Succeeded)
                return complete.Failure;
            if (!complete.Value)
                return new SecretText("");
            var issued = await node.Tokens.IssueRootAsync(null, ct);
            if (!issued.Succeeded)
                return issued.Failure;
            var encoded = Encode(issued.Value.Token.ClientToken, pad);
            Forget();
            return encoded;
        }
        finally
        {
            turn.Release();
        }
    }

    private void Forget()
    {
        collector.Reset();
        pad = null;
        nonce = "";
    }

    private SecretText MakePad()
    {
        Span<byte> digits = stackalloc byte[PadLength];
        RandomNumberGenerator.GetItems(Base62.Digits, digits);
        var made = new SecretText(digits);
        CryptographicOperations.ZeroMemory(digits);
        return made;
    }

    private static SecretText Encode(SecretText token, SecretText pad)
    {
        var bytes = token.Utf8.ToArray();
        for (var i = 0; i < bytes.Length; i++)
            bytes[i] ^= pad.Utf8[i];
        return new SecretText(Convert.ToBase64String(bytes).TrimEnd('='));
    }
}
