using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Kist.Wire.MySql;
using Kist.Wire.MySql.Protocol;
using Kist.Wire.Sockets;
using Kist.Wire.Tests.Sockets;

namespace Kist.Wire.Tests.MySql;

/// <summary>Answers as bytes: whole, broken, too large.</summary>
public sealed class MySqlPacketTests
{
    private static readonly MySqlLimits Small = new(Bytes: 2000, Rows: 3, Columns: 4);
    private static readonly byte[] Column = [3, .. "def"u8, 0, 0, 0, 1, (byte)'c', 0, 12, 45, 0, 1, 0, 0, 0, 0xfd, 0, 0, 0, 0, 0];
    private static readonly byte[] End = [0xfe, 0, 0, 2, 0];

    [Fact]
    public async Task Answers_of_every_sort_are_read()
    {
        Assert.Equal(258, (await ReadAsync(Packets([0, 0xfc, 2, 1, 0, 2, 0, 0, 0]))).AffectedRows);

        var rows = await ReadAsync(Packets([2], Column, Column, End, [1, (byte)'a', 0xfb], [0, 0xfc, 1, 0, (byte)'b'], End));
        Assert.Equal(["c", "c"], rows.Columns);
        Assert.Equal<IEnumerable<string?>>([["a", null], ["", "b"]], rows.Rows);

        var refused = await Assert.ThrowsAsync<MySqlException>(() => ReadAsync(Packets([0xff, 0x15, 0x04, .. "#28000Access denied\nfor you"u8])));
        Assert.Equal((1045, "28000"), (refused.Code, refused.SqlState));
        Assert.EndsWith("Access denied for you", refused.Message);
        refused = await Assert.ThrowsAsync<MySqlException>(() => ReadAsync(Packets([1], Column, End, [0xff, 0x15, 0x04, .. "#28000Half way"u8])));
        Assert.Equal(1045, refused.Code);
    }

    [Theory]
    [InlineData(1064, "near 'secret'")]
    [InlineData(1366, "Incorrect string value: 'secret'")]
    public async Task Words_that_repeat_the_statement_are_left_out(int code, string words)
    {
        var refused = await Assert.ThrowsAsync<MySqlException>(
            () => ReadAsync(Packets([0xff, (byte)code, (byte)(code >> 8), .. Encoding.ASCII.GetBytes("#42000" + words)])));
        Assert.Equal(code, refused.Code);
        Assert.DoesNotContain("secret", refused.ToString());
    }

    public static TheoryData<string, WireFault, byte[]> Broken => new()
    {
        { "an empty packet", WireFault.Malformed, [0, 0, 0, 1] },
        { "a packet out of turn", WireFault.Malformed, [1, 0, 0, 7, 0] },
        { "a packet that goes on in the next", WireFault.TooLarge, [0xff, 0xff, 0xff, 1] },
        { "an answer cut short", WireFault.Malformed, Packets([0, 0]) },
        { "a connection cut short", WireFault.Broken, [5, 0, 0, 1, 0] },
        { "a number that is none", WireFault.Malformed, Packets([0, 0xff, 0, 2, 0, 0, 0]) },
        { "too many columns", WireFault.TooLarge, Packets([5]) },
        { "more columns than promised", WireFault.Malformed, Packets([1], Column, Column) },
        { "a column longer than its packet", WireFault.Malformed, Packets([1], [0xfe, 255, 255, 255, 255, 255, 255, 255, 255]) },
        { "a row of too many values", WireFault.Malformed, Packets([1], Column, End, [0, 0]) },
        { "a row of too few values", WireFault.Malformed, Packets([2], Column, Column, End, [0]) },
        { "too many rows", WireFault.TooLarge, Packets([1], Column, End, [0], [0], [0], [0]) },
        { "too many bytes", WireFault.TooLarge, Packets([1], Column, End, Long(1500), Long(1500)) },
        { "several results", WireFault.Malformed, Packets([0, 0, 0, 8, 0, 0, 0]) },
        { "NO_BACKSLASH_ESCAPES", WireFault.Broken, Packets([0, 0, 0, 0, 2, 0, 0]) },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public async Task A_broken_answer_is_a_fault(string what, WireFault fault, byte[] answer)
    {
        using var connection = Connection(answer, int.MaxValue);
        var thrown = await Assert.ThrowsAsync<WireException>(() => connection.ExecuteAsync("SELECT 1", CancellationToken.None));
        Assert.True(fault == thrown.Fault, $"{what}: {thrown}");
        Assert.False(connection.IsUsable);
    }

    [Fact]
    public void Any_damage_to_an_answer_or_a_login_is_a_fault_and_no_crash()
    {
        byte[][] whole =
        [
            Packets([2], Column, Column, End, [1, (byte)'a', 0xfb], [0, 0xfc, 1, 0, (byte)'b'], End),
            Packets([0, 0xfc, 2, 1, 0, 2, 0, 0, 0]),
            Packets([0xff, 0x15, 0x04, .. "#28000no"u8]),
            [.. Packets(0, FakeMySqlSession.Greeting("caching_sha2_password")), .. Packets(2, [1, 3], [0, 0, 0, 2, 0, 0, 0])],
            [
                .. Packets(0, FakeMySqlSession.Greeting("x")),
                .. Packets(2, [0xfe, .. "mysql_native_password\0"u8, .. FakeMySql.Challenge, 0]), .. Packets(4, [0, 0, 0, 2, 0, 0, 0]),
            ],
        ];
        var damaged =
            from bytes in Gen.Elements(whole)
            from changes in (from at in Gen.Choose(0, bytes.Length - 1) from to in Gen.Choose(0, 255) select (at, to)).ListOf()
            from length in Gen.Choose(0, bytes.Length)
            from cut in Gen.Frequency((3, Gen.Constant(bytes.Length)), (1, Gen.Constant(length)))
            from step in Gen.Choose(1, 50)
            select (Damage(bytes, changes, cut), step);
        Prop.ForAll(Arb.From(damaged), c => EndsInOrder(c.Item1, c.step)).Check(Config.QuickThrowOnFailure.WithMaxTest(5000));
        Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), bytes => EndsInOrder(bytes, 7) && EndsInOrder(Packets(bytes), 7))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }

    [Fact]
    public async Task Statements_that_are_too_large_or_no_text_are_not_sent()
    {
        var stream = new ScriptedStream([]);
        using var connection = new MySqlConnection(new WireSocket(stream, "test"), Small);
        await Assert.ThrowsAsync<ArgumentException>(
            () => connection.ExecuteAsync(new string('é', MySqlConnection.MaxStatementBytes - 10), CancellationToken.None));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => connection.ExecuteAsync("SELECT '\ud800'", CancellationToken.None));
        Assert.Empty(stream.Asked);
        Assert.True(connection.IsUsable);
    }

    private static byte[] Long(int length) => [0xfc, (byte)length, (byte)(length >> 8), .. new byte[length]];

    private static byte[] Packets(params byte[][] contents) => Packets(1, contents);

    private static byte[] Packets(int first, params byte[][] contents) =>
    [
        .. contents.SelectMany((content, i) =>
            (byte[])[(byte)content.Length, (byte)(content.Length >> 8), (byte)(content.Length >> 16), (byte)(first + i), .. content]),
    ];

    private static byte[] Damage(byte[] bytes, IEnumerable<(int At, int To)> changes, int cut)
    {
        var copy = bytes.ToArray();
        foreach (var (at, to) in changes)
            copy[at] = (byte)to;
        return copy[..cut];
    }

    private static bool EndsInOrder(byte[] bytes, int step) =>
        Ends(async () => await Connection(bytes, step).ExecuteAsync("SELECT 1", CancellationToken.None))
        && Ends(() => Connection(bytes, step).LogInAsync(Endpoint, CancellationToken.None));

    private static MySqlEndpoint Endpoint { get; } = new() { Host = "test", Credentials = new WireCredentials("jo", "pw"u8.ToArray()) };

    private static bool Ends(Func<Task> task)
    {
        try
        {
            task().GetAwaiter().GetResult();
            return true;
        }
        catch (Exception e) when (e is WireException or MySqlException)
        {
            return true;
        }
    }

    private static Task<MySqlResult> ReadAsync(byte[] answer) => Connection(answer, 3).ExecuteAsync("SELECT 1", CancellationToken.None);

    private static MySqlConnection Connection(byte[] answer, int step) => new(new WireSocket(new ScriptedStream(answer, step), "test"), Small);
}
