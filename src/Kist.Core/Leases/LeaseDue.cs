using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Kist.Core.Leases;

/// <summary>
/// A place in the index of leases by the time they are due. It says all that choosing among thousands takes, so that they are neither read nor decrypted for
/// it: the time, whether the clock matters, and what the secret lives in.
/// </summary>
/// <param name="At">When it is due.</param>
/// <param name="IsForced">It ends before its time, whatever the clock says.</param>
/// <param name="Target">Hash of mount and target.</param>
/// <param name="LeaseId">The lease.</param>
internal readonly record struct LeaseDue(DateTimeOffset At, bool IsForced, string Target, string LeaseId)
{
    private const int TimeDigits = 16;
    private const int TargetDigits = 16;
    private const int TargetOffset = TimeDigits + 2;
    private const int IdOffset = TargetOffset + TargetDigits + 1;

    /// <summary>The key: <c>ticks in hex/f or e, hash in hex/lease id</c>, in order of time.</summary>
    public string Key => $"{At.UtcTicks.ToString("x16", CultureInfo.InvariantCulture)}/{(IsForced ? 'f' : 'e')}{Target}/{LeaseId}";

    /// <summary>Where a lease stands.</summary>
    public static LeaseDue Of(string leaseId, LeaseEntry entry) => new(entry.DueAt, entry.Ending, TargetOf(entry), leaseId);

    /// <summary>Takes a <see cref="Key"/> apart.</summary>
    public static LeaseDue Parse(string key) => new(
        new DateTimeOffset(long.Parse(key.AsSpan(0, TimeDigits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture), TimeSpan.Zero),
        key[TimeDigits + 1] == 'f',
        key.Substring(TargetOffset, TargetDigits),
        key[IdOffset..]);

    /// <summary>Hash of mount and target.</summary>
    public static string TargetOf(LeaseEntry entry)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{entry.Mount:x16}/{entry.Target}")));
        return Convert.ToHexStringLower(hash.AsSpan(0, TargetDigits / 2));
    }
}
