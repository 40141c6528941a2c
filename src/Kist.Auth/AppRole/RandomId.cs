using System.Security.Cryptography;

namespace Kist.Auth.AppRole;

/// <summary>Ids that nobody can guess.</summary>
internal static class RandomId
{
    private const int Bytes = 16;

    /// <summary>128 random bits in the form of a UUID, as clients know role ids, secret ids and accessors.</summary>
    public static string New() => new Guid(RandomNumberGenerator.GetBytes(Bytes)).ToString();
}
