using System.Text;
using System.Text.RegularExpressions;
using FsCheck;
using FsCheck.Fluent;
using Kist.Core.Namespaces;
using Kist.Core.Tokens;

namespace Kist.Core.Tests.Tokens;

public sealed partial class TokenIdTests
{
    [Theory]
    [InlineData(TokenType.Service, 0UL)]
    [InlineData(TokenType.Wrapping, 0UL)]
    [InlineData(TokenType.Service, ulong.MaxValue)]
    [InlineData(TokenType.Wrapping, 1UL)]
    public void A_new_id_names_its_type_and_namespace_and_scanners_find_it(TokenType type, ulong ns)
    {
        var id = TokenId.New(type, new NamespaceId(ns));
        var parsed = TokenId.Parse(id.Utf8);
        Assert.Equal(type, parsed.Type);
        Assert.Equal(new NamespaceId(ns), parsed.Namespace);
        Assert.Equal(33, parsed.Body.Length);
        Assert.True(TokenId.HasChecksum(id.Utf8));
        Assert.Equal(id.Reveal(), ScannerPattern().Match($"token={id.Reveal()} # leaked").Value);
    }

    [Fact]
    public void A_batch_id_carries_its_body()
    {
        byte[] body = [.. Enumerable.Range(0, 256).Select(i => (byte)i)];
        foreach (var ns in new[] { NamespaceId.Root, new NamespaceId(77) })
        {
            var id = TokenId.OfBatch(ns, body);
            var parsed = TokenId.Parse(id.Utf8);
            Assert.Equal(TokenType.Batch, parsed.Type);
            Assert.Equal(ns, parsed.Namespace);
            Assert.Equal(body, BatchTokenCodec.Decode(parsed));
            Assert.True(TokenId.HasChecksum(id.Utf8));
            Assert.Equal(id.Reveal(), ScannerPattern().Match(id.Reveal()).Value);
        }
    }

    [Fact]
    public void Ids_do_not_repeat() =>
        Assert.Equal(1000, Enumerable.Range(0, 1000).Select(_ => TokenId.New(TokenType.Service, NamespaceId.Root).Reveal()).Distinct().Count());

    [Fact]
    public void A_changed_character_breaks_the_checksum()
    {
        var id = TokenId.New(TokenType.Service, NamespaceId.Root).Utf8.ToArray();
        for (var i = 0; i < id.Length; i++)
        {
            var changed = id.ToArray();
            changed[i] = changed[i] == (byte)'a' ? (byte)'b' : (byte)'a';
            Assert.False(TokenId.HasChecksum(changed), $"position {i}");
        }
    }

    [Theory]
    [InlineData("root")]
    [InlineData("")]
    [InlineData("s.abcdefghijklmnop")]
    [InlineData("kst_s_tooshort")]
    [InlineData("kst_x_000000000000000000000000000000000000000")]
    [InlineData("kst_s_zzzzzzzzzzz.00000000000000000000000000000000000000000")]
    public void Other_texts_are_custom_ids_of_the_root_namespace(string text)
    {
        var parsed = TokenId.Parse(Encoding.UTF8.GetBytes(text));
        Assert.Equal(TokenType.Service, parsed.Type);
        Assert.Equal(NamespaceId.Root, parsed.Namespace);
        Assert.Equal(text, Encoding.UTF8.GetString(parsed.Body));
    }

    [Fact]
    public void The_checksum_is_the_well_known_crc_32() => Assert.Equal(0xCBF43926u, Crc32.Of("123456789"u8));

    [Fact]
    public void Parsing_takes_any_bytes()
    {
        var valid = Gen.Elements(TokenType.Service, TokenType.Wrapping).Select(type => TokenId.New(type, new NamespaceId(5)).Utf8.ToArray());
        var mutated =
            from id in valid
            from cut in Gen.Choose(0, id.Length)
            from insert in ArbMap.Default.GeneratorFor<byte[]>()
            from at in Gen.Choose(0, id.Length)
            select (byte[])[.. id[..Math.Min(at, cut)], .. insert, .. id[cut..]];
        var any = Gen.OneOf(ArbMap.Default.GeneratorFor<byte[]>(), mutated);
        Prop.ForAll(any.ToArbitrary(), bytes =>
        {
            var parsed = TokenId.Parse(bytes);
            _ = TokenId.HasChecksum(bytes);
            _ = BatchTokenCodec.Decode(parsed);
            return parsed.Body.Length <= bytes.Length && Enum.IsDefined(parsed.Type);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }

    [Fact]
    public void Base62_keeps_numbers_and_order()
    {
        Prop.ForAll<ulong, ulong>((a, b) =>
        {
            var (one, other) = (Digits(a), Digits(b));
            return Base62.TryRead(one, out var back) && back == a
                && Math.Sign(one.AsSpan().SequenceCompareTo(other)) == a.CompareTo(b);
        }).QuickCheckThrowOnFailure();
        Assert.False(Base62.TryRead("zzzzzzzzzzz"u8, out _));

        static byte[] Digits(ulong value)
        {
            var digits = new byte[11];
            Base62.Write(value, digits);
            return digits;
        }
    }

    // The pattern of docs/reference/tokens.md.
    [GeneratedRegex(@"\bkst_[sbw]_(?:[0-9A-Za-z]{11}\.)?[0-9A-Za-z_-]{39,}", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ScannerPattern();
}
