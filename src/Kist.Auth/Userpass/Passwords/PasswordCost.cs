namespace Kist.Auth.Userpass.Passwords;

/// <summary>What a password's hash costs: the passes over so much memory.</summary>
internal sealed record PasswordCost(int Passes, int MemoryKibibytes)
{
    /// <summary>What OWASP recommends for Argon2id with one lane: 19 MiB and two passes, some tens of milliseconds.</summary>
    public static PasswordCost Default { get; } = new(2, 19 * 1024);
}
