using System.Collections.Frozen;

namespace Kist.Wire.MySql;

/// <summary>
/// The server refused a login or a statement; the connection can be used on. The message has the server's words, but for errors that repeat values or
/// pieces of the statement, where a password may stand.
/// </summary>
public sealed class MySqlException : Exception
{
    // Syntax errors (1064, 1149), duplicate keys (1062, 1586), values that do not fit (1231, 1292, 1366, 1411, 1525), hashes that are none
    // (1372, 1827).
    private static readonly FrozenSet<int> Repeating = FrozenSet.ToFrozenSet([1062, 1064, 1149, 1231, 1292, 1366, 1372, 1411, 1525, 1586, 1827]);

    private const string LeftOut = "its words may repeat the statement and are left out";

    /// <summary>With what the server said.</summary>
    public MySqlException(int code, string sqlState, string text)
        : base($"the server refused it with error {code} ({sqlState}): {(Repeating.Contains(code) ? LeftOut : text)}")
    {
        Code = code;
        SqlState = sqlState;
    }

    /// <summary>The server's number: 1045 for a wrong password, 1064 for a statement that is not SQL.</summary>
    public int Code { get; }

    /// <summary>The standard's five characters for it: <c>28000</c>, <c>42000</c>. Servers that are full say <c>HY000</c>, or nothing.</summary>
    public string SqlState { get; }
}
