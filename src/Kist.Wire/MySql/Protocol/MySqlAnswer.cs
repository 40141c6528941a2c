using System.Text;

namespace Kist.Wire.MySql.Protocol;

/// <summary>The short answers that every command can have.</summary>
internal static class MySqlAnswer
{
    public const byte Ok = 0x00;
    public const byte More = 0x01;
    public const byte File = 0xfb;
    public const byte End = 0xfe;
    public const byte Error = 0xff;

    private const int LongestText = 512;

    /// <summary>What the server refuses with. One that refuses a connection gives no state.</summary>
    public static MySqlException ReadError(ReadOnlySpan<byte> packet)
    {
        var fields = new MySqlFields(packet[1..]);
        var code = fields.Int16();
        var state = "";
        if (packet.Length >= 9 && packet[3] == (byte)'#')
            state = Clean(fields.Take(6)[1..]);
        return new MySqlException(code, state.Length > 0 ? state : "no state", Clean(fields.Rest()));
    }

    /// <summary>The rows that were affected, and the session's state.</summary>
    public static (long Affected, MySqlStatus Status) ReadOk(ReadOnlySpan<byte> packet)
    {
        var fields = new MySqlFields(packet[1..]);
        var affected = fields.Number();
        fields.Number();
        return ((long)Math.Min(affected, long.MaxValue), (MySqlStatus)fields.Int16());
    }

    /// <summary>Whether a packet ends columns or rows; a row of one very long value begins alike.</summary>
    public static bool IsEnd(ReadOnlySpan<byte> packet) => packet.Length < 9 && packet[0] == End;

    /// <summary>The session's state, at the end of columns or rows.</summary>
    public static MySqlStatus ReadEnd(ReadOnlySpan<byte> packet)
    {
        var fields = new MySqlFields(packet[1..]);
        fields.Int16();
        return (MySqlStatus)fields.Int16();
    }

    /// <summary>A text of the server's for messages: short, on one line.</summary>
    public static string Clean(ReadOnlySpan<byte> text)
    {
        var characters = Encoding.UTF8.GetString(text[..Math.Min(text.Length, LongestText)]).Select(static c => char.IsControl(c) ? ' ' : c);
        return string.Concat(characters);
    }
}

/// <summary>What the server says of the session with each answer.</summary>
[Flags]
internal enum MySqlStatus
{
    None = 0,
    MoreResults = 0x0008,
    NoBackslashEscapes = 0x0200,
}

/// <summary>What client and server can do.</summary>
[Flags]
internal enum MySqlCapabilities : uint
{
    None = 0,
    LongPassword = 0x1,
    LongFlag = 0x4,
    ConnectWithDatabase = 0x8,
    Protocol41 = 0x200,
    Tls = 0x800,
    Transactions = 0x2000,
    SecureConnection = 0x8000,
    PluginAuth = 0x80000,
    PluginAuthCounted = 0x200000,
}
