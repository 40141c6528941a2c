using System.Globalization;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Kist.Wire.Redis;
using Kist.Wire.Sockets;
using Kist.Wire.Tests.Sockets;

namespace Kist.Wire.Tests.Redis;

public sealed class RedisReplyTests
{
    private static readonly RedisLimits Small = new(Bytes: 1000, Items: 20, Depth: 3);

    [Theory]
    [InlineData("+OK\r\n", "Text:OK")]
    [InlineData("-WRONGPASS no such user\r\n", "Error:WRONGPASS no such user")]
    [InlineData(":-9223372036854775808\r\n", "Number:-9223372036854775808")]
    [InlineData("$-1\r\n", "Null")]
    [InlineData("*-1\r\n", "Null")]
    [InlineData("$0\r\n\r\n", "Bytes:")]
    [InlineData("$4\r\na\r\nb\r\n", "Bytes:a\r\nb")]
    [InlineData("*0\r\n", "[]")]
    [InlineData("*3\r\n:1\r\n*1\r\n$1\r\nx\r\n+y\r\n", "[Number:1 [Bytes:x] Text:y]")]
    public async Task Replies_of_every_type_are_read(string bytes, string reply) => Assert.Equal(reply, Show(await ReadAsync(Utf8(bytes), Small)));

    [Theory]
    [InlineData("OK\r\n")]
    [InlineData("\r\n")]
    [InlineData("+OK\n")]
    [InlineData("+O\rK\r\n")]
    [InlineData(":1.5\r\n")]
    [InlineData(":\r\n")]
    [InlineData(":9223372036854775808\r\n")]
    [InlineData("$-2\r\n")]
    [InlineData("*-2\r\n")]
    [InlineData("$1\r\nab\r\n")]
    [InlineData("%1\r\n+a\r\n+b\r\n")]
    public async Task What_is_no_reply_is_a_fault(string bytes) => Assert.Equal(WireFault.Malformed, await FaultAsync(Utf8(bytes)));

    [Theory]
    [InlineData("$1001\r\n")]
    [InlineData("$9223372036854775807\r\n")]
    [InlineData("*20\r\n")]
    [InlineData("*2147483648\r\n")]
    [InlineData("*2\r\n*9\r\n:1\r\n:2\r\n:3\r\n:4\r\n:5\r\n:6\r\n:7\r\n:8\r\n:9\r\n*10\r\n")]
    [InlineData("*1\r\n*1\r\n*1\r\n*1\r\n")]
    public async Task Larger_replies_than_are_taken_are_a_fault_before_they_are_read(string bytes) =>
        Assert.Equal(WireFault.TooLarge, await FaultAsync(Utf8(bytes)));

    [Fact]
    public async Task Parts_count_together_and_a_line_has_an_end()
    {
        Assert.Equal(WireFault.TooLarge, await FaultAsync(Utf8($"*2\r\n$600\r\n{new string('a', 600)}\r\n$600\r\n")));
        Assert.Equal(WireFault.TooLarge, await FaultAsync(Utf8($"+{new string('a', 20_000)}"), new RedisLimits()));
    }

    [Theory]
    [InlineData("+O")]
    [InlineData("$5\r\nab")]
    [InlineData("*2\r\n:1\r\n")]
    [InlineData("")]
    public async Task An_answer_that_ends_too_early_breaks_the_connection(string bytes) =>
        Assert.Equal(WireFault.Broken, await FaultAsync(Utf8(bytes)));

    [Fact]
    public void Any_reply_is_read_back_however_it_comes() =>
        Prop.ForAll(Arb.From(from reply in Replies(3) from step in Gen.Choose(1, 40) select (reply, step)), c =>
        {
            var read = ReadAsync(Utf8(c.reply.Bytes), new RedisLimits(), c.step).GetAwaiter().GetResult();
            return Show(read) == c.reply.Shown;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));

    [Fact]
    public void Garbage_is_read_or_refused()
    {
        // Mostly of the bytes that mean something.
        var bytes = Gen.Elements("+-:$*0123456789\r\n\r\n\r\nab"u8.ToArray()).ArrayOf();
        Prop.ForAll(Arb.From(bytes), b =>
        {
            var fault = FaultAsync(b).GetAwaiter().GetResult();
            return fault is null or WireFault.Malformed or WireFault.TooLarge or WireFault.Broken;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(5000));
    }

    [Fact]
    public async Task An_answer_too_many_is_not_taken_for_the_next_command()
    {
        using var connection = Connection(Utf8("+OK\r\n+OK\r\n"), Small, int.MaxValue);
        Assert.Equal("OK", (await connection.ExecuteAsync(RedisConnection.Arguments("PING"), CancellationToken.None)).Text);
        var fault = await Assert.ThrowsAsync<WireException>(() => connection.ExecuteAsync(RedisConnection.Arguments("PING"), CancellationToken.None));
        Assert.Equal(WireFault.Malformed, fault.Fault);
        Assert.False(connection.IsUsable);
    }

    [Fact]
    public async Task Commands_are_written_as_the_protocol_has_it_and_bounded()
    {
        var stream = new ScriptedStream("+OK\r\n"u8.ToArray());
        using var connection = new RedisConnection(new WireSocket(stream, "test"), Small);
        await connection.ExecuteAsync(RedisConnection.Arguments("SET", "é", ""), CancellationToken.None);
        Assert.Equal("*3\r\n$3\r\nSET\r\n$2\r\né\r\n$0\r\n\r\n", Encoding.UTF8.GetString(stream.Asked));

        await Assert.ThrowsAsync<ArgumentException>(() => connection.ExecuteAsync([], CancellationToken.None));
        await Assert.ThrowsAsync<ArgumentException>(
            () => connection.ExecuteAsync([new byte[RedisConnection.MaxCommandBytes]], CancellationToken.None));
        Assert.True(connection.IsUsable);
    }

    [Theory]
    [InlineData("-ERR Error in ACL SETUSER modifier '>secret'", "ERR")]
    [InlineData("-NOPERM", "NOPERM")]
    [InlineData("-secret", "")]
    [InlineData("-Unknown secret", "")]
    [InlineData("+OK", "")]
    public async Task An_error_shows_its_code_alone(string line, string code)
    {
        var reply = await ReadAsync(Utf8(line + "\r\n"), Small);
        Assert.Equal(code, reply.ErrorCode);
        Assert.DoesNotContain("secret", reply.ToString());
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    private static Task<RedisReply> ReadAsync(byte[] bytes, RedisLimits limits, int step = int.MaxValue) =>
        Connection(bytes, limits, step).ExecuteAsync(RedisConnection.Arguments("PING"), CancellationToken.None);

    private static RedisConnection Connection(byte[] bytes, RedisLimits limits, int step) =>
        new(new WireSocket(new ScriptedStream(bytes, step), "test"), limits);

    private static async Task<WireFault?> FaultAsync(byte[] bytes, RedisLimits? limits = null)
    {
        try
        {
            await ReadAsync(bytes, limits ?? Small);
            return null;
        }
        catch (WireException e)
        {
            return e.Fault;
        }
    }

    private static string Show(RedisReply reply) => reply.Kind switch
    {
        RedisReplyKind.Null => "Null",
        RedisReplyKind.Number => $"Number:{Text(reply.Number)}",
        RedisReplyKind.Array => $"[{string.Join(' ', reply.Items.Select(Show))}]",
        _ => $"{reply.Kind}:{reply.Text}",
    };

    // A reply's bytes, and how it is shown.
    private static Gen<(string Bytes, string Shown)> Replies(int depth)
    {
        var word = Gen.Elements("abc XYZ123é-".ToCharArray()).ArrayOf().Select(static c => new string(c));
        var any = Gen.Elements("ab\r\n$*+é".ToCharArray()).ArrayOf().Select(static c => new string(c));
        List<Gen<(string, string)>> kinds =
        [
            word.Select(static w => ($"+{w}\r\n", $"Text:{w}")),
            word.Select(static w => ($"-{w}\r\n", $"Error:{w}")),
            ArbMap.Default.GeneratorFor<long>().Select(static n => ($":{Text(n)}\r\n", $"Number:{Text(n)}")),
            any.Select(static a => ($"${Text(Encoding.UTF8.GetByteCount(a))}\r\n{a}\r\n", $"Bytes:{a}")),
            Gen.Constant(("$-1\r\n", "Null")),
        ];
        if (depth > 0)
        {
            kinds.Add(Replies(depth - 1).ListOf().Select(static items =>
                ($"*{Text(items.Count)}\r\n{string.Concat(items.Select(static i => i.Bytes))}",
                    $"[{string.Join(' ', items.Select(static i => i.Shown))}]")));
        }
        return Gen.OneOf(kinds);
    }
}
