using System.Text;

namespace Kist.Wire.MySql.Protocol;

/// <summary>The server's first packet (handshake, version 10).</summary>
/// <param name="Version">The server's version.</param>
/// <param name="Capabilities">What it can do.</param>
/// <param name="Plugin">How it would have the client log in.</param>
/// <param name="Challenge">Its 20 random bytes.</param>
internal sealed record MySqlGreeting(string Version, MySqlCapabilities Capabilities, string Plugin, byte[] Challenge)
{
    /// <summary>The length of a challenge.</summary>
    public const int ChallengeBytes = 20;

    /// <summary>The largest greeting that is taken.</summary>
    public const int MaxBytes = 4096;

    private const int FirstPart = 8;
    private const MySqlCapabilities Needed = MySqlCapabilities.Protocol41 | MySqlCapabilities.SecureConnection | MySqlCapabilities.PluginAuth;

    /// <summary>Reads it.</summary>
    /// <exception cref="MySqlException">The server refuses the connection.</exception>
    /// <exception cref="FormatException">It is none, or a server's of before 2010.</exception>
    public static MySqlGreeting Read(ReadOnlySpan<byte> packet)
    {
        if (packet[0] == MySqlAnswer.Error)
            throw MySqlAnswer.ReadError(packet);
        var fields = new MySqlFields(packet);
        if (fields.Byte() != 10)
            throw new FormatException("a greeting of another version");
        var version = MySqlAnswer.Clean(Encoding.UTF8.GetBytes(fields.TextToZero()));
        fields.Int32();
        var challenge = new byte[ChallengeBytes];
        fields.Take(FirstPart).CopyTo(challenge);
        fields.Byte();
        var low = (uint)fields.Int16();
        // The character set and the state of a session that nobody has yet.
        fields.Take(3);
        var capabilities = (MySqlCapabilities)(low | ((uint)fields.Int16() << 16));
        if ((capabilities & Needed) != Needed)
            throw new FormatException("a server that is too old");
        // Ten bytes are reserved; the challenge's second part ends with a zero byte.
        var length = fields.Byte();
        fields.Take(10);
        var second = fields.Take(Math.Max(ChallengeBytes - FirstPart + 1, length - FirstPart));
        second[..(ChallengeBytes - FirstPart)].CopyTo(challenge.AsSpan(FirstPart));
        return new MySqlGreeting(version, capabilities, fields.TextToZero(), challenge);
    }
}
