using System.Text;
using Kist.Client.Run;
using Kist.Client.Run.Child;

namespace Kist.Client.Tests.Run.Child;

/// <summary>The child's variables: 23 of Summon's edge cases.</summary>
public sealed class ChildEnvironmentTests
{
    [Fact]
    public void Ours_win_and_the_rest_is_inherited_byte_by_byte()
    {
        using var environment = new ChildEnvironment([.. Bytes("A=1", "B=2", "ODD"), [(byte)'C', (byte)'=', 255]]);
        environment.Set("B", "3"u8);
        environment.Set("B", "4"u8);
        environment.Set("AA", [254]);
        Assert.Equal(["A=1", "ODD", "C=\xff", "AA=\xfe", "B=4"], environment.Entries().Select(Encoding.Latin1.GetString));
    }

    [Theory]
    [InlineData("")]
    [InlineData("A=B")]
    [InlineData("A\0")]
    public void Impossible_name_is_refused(string name)
    {
        using var environment = new ChildEnvironment([]);
        Assert.Throws<RunException>(() => environment.Set(name, "x"u8));
    }

    [Fact]
    public void Value_with_a_NUL_byte_is_refused_with_the_way_out()
    {
        using var environment = new ChildEnvironment([]);
        Assert.Contains("!var:file", Assert.Throws<RunException>(() => environment.Set("X", [1, 0])).Message);
    }

    [Theory]
    [InlineData(131_069, true)]
    [InlineData(131_070, false)]
    [InlineData(1 << 20, false)]
    public void Value_that_the_system_would_not_pass_on_is_refused_with_the_way_out(int length, bool isGood)
    {
        using var environment = new ChildEnvironment([]);
        var value = new byte[length];
        value.AsSpan().Fill((byte)'x');
        // The name and the equals sign count, too.
        var failure = Record.Exception(() => environment.Set("X", value));
        Assert.Equal(isGood, failure is null);
        Assert.True(isGood || failure!.Message.Contains("!var:file", StringComparison.Ordinal));
    }

    [Fact]
    public void Environment_of_this_process_is_read_as_bytes() =>
        Assert.Contains(ChildEnvironment.OfThisProcess(), e => Encoding.UTF8.GetString(e).StartsWith("PATH=", StringComparison.Ordinal));

    private static List<byte[]> Bytes(params string[] entries) => [.. entries.Select(Encoding.UTF8.GetBytes)];
}
