using System.Net;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Kist.Core.Namespaces;
using Kist.Core.Tokens;
using Kist.Crypto;

namespace Kist.Core.Tests.Tokens;

/// <summary>What is no token never becomes one, and is refused the same way each time.</summary>
public sealed class TokenGarbageTests
{
    private static readonly Gen<string> Fragment = Gen.Elements(
        "", "kst_", "kst_s_", "kst_b_", "kst_w_", "kst_x_", "KST_S_", "s.", "hvs.", "root", "0", "00000000000", "zzzzzzzzzzz", "AzL8n0Y58m7",
        ".", "=", "-", "_",
        "\0", " ", "\n", "é", "😀", "/", "../", new string('0', 33), new string('z', 40), new string('A', 200), "%00", "\"");

    [Fact]
    public async Task Generated_garbage_is_never_a_token()
    {
        var host = await TokenHost.StartAsync();
        _ = await host.RootAsync();
        var texts = Gen.OneOf(
            Fragment.ListOf().Select(string.Concat),
            Fragment.Two().Select(t => t.Item1 + t.Item2),
            ArbMap.Default.GeneratorFor<string>().Select(s => s ?? ""));
        Prop.ForAll(Arb.From(texts), text => IsRefused(host, Encoding.UTF8.GetBytes(text))).Check(Config.QuickThrowOnFailure.WithMaxTest(3000));
        var bytes =
            from head in Gen.Elements("", "kst_s_", "kst_b_", "kst_w_", "kst_b_00000000000.")
            from rest in ArbMap.Default.GeneratorFor<byte[]>()
            from more in Gen.Elements(0, 50)
            select (byte[])[.. Encoding.ASCII.GetBytes(head), .. rest ?? [], .. new byte[more]];
        Prop.ForAll(Arb.From(bytes), raw => IsRefused(host, raw)).Check(Config.QuickThrowOnFailure.WithMaxTest(3000));
    }

    [Fact]
    public async Task Mutated_token_is_none()
    {
        var host = await TokenHost.StartAsync();
        var parent = await host.IssueAsync();
        SecretText[] valid =
        [
            parent,
            await host.IssueAsync(parent),
            await host.IssueAsync(change: s => s with { Id = new SecretText("my own id of a token") }),
            await host.IssueAsync(change: s => s with { Type = TokenType.Batch }),
            await host.IssueAsync(parent, s => s with { Type = TokenType.Batch, Policies = ["app", "ops"] }),
        ];
        var mutated =
            from token in Gen.Elements(valid)
            from at in Gen.Choose(0, token.Utf8.Length)
            from removed in Gen.Choose(0, Math.Min(3, token.Utf8.Length - at))
            from inserted in Gen.OneOf(Fragment, Gen.Choose(0, 255).Select(b => ((char)b).ToString()))
            select (Token: token, Bytes: (byte[])[.. token.Utf8[..at], .. Encoding.Latin1.GetBytes(inserted), .. token.Utf8[(at + removed)..]]);
        Prop.ForAll(Arb.From(mutated), m => IsSame(m.Token, m.Bytes) || IsRefused(host, m.Bytes)).Check(Config.QuickThrowOnFailure.WithMaxTest(5000));
        foreach (var token in valid)
            Assert.True(await host.IsValidAsync(token));
    }

    [Fact]
    public async Task Token_of_another_kind_or_namespace_is_none()
    {
        var host = await TokenHost.StartAsync();
        foreach (var type in new[] { TokenType.Service, TokenType.Batch })
        {
            var id = (await host.IssueAsync(change: s => s with { Type = type })).Reveal();
            foreach (var kind in "sbwx".Where(k => k != id[4]))
                Assert.True(IsRefused(host, Encoding.UTF8.GetBytes($"kst_{kind}_{id[6..]}")));
            Assert.True(IsRefused(host, Encoding.UTF8.GetBytes($"{id[..6]}00000000001.{id[6..]}")));
        }
    }

    private static bool IsRefused(TokenHost host, byte[] id)
    {
        using var text = new SecretText(id);
        // Never a wait for anything but the store in memory.
        var outcome = host.Tokens.AuthenticateAsync(text, IPAddress.Loopback, default).AsTask().GetAwaiter().GetResult();
        return outcome.Failure is { Kind: FailureKind.Unauthenticated, Code: "token.invalid" }
            && host.Tokens.FindAsync(text, default).AsTask().GetAwaiter().GetResult() is null;
    }

    // A batch token is its encrypted body; how that is written, and the checksum, tell it apart from nothing.
    private static bool IsSame(SecretText token, byte[] id)
    {
        if (token.Utf8.SequenceEqual(id))
            return true;
        var mine = TokenId.Parse(token.Utf8);
        var other = TokenId.Parse(id);
        return mine.Type == TokenType.Batch && other.Type == TokenType.Batch && other.Namespace == NamespaceId.Root
            && BatchTokenCodec.Decode(other) is { } body && body.AsSpan().SequenceEqual(BatchTokenCodec.Decode(mine));
    }
}
