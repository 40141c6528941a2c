using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Kist.Core;
using Kist.Crypto;

namespace Kist.Auth.Userpass.Passwords;

/// <summary>
/// Hashes and checks passwords. Few at a time, since each takes a processor and some megabytes: half the processors, so that a flood of logins leaves
/// the other half to those who are in. So many wait, and further ones are sent away.
/// </summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "Lives as long as the program.")]
internal sealed class PasswordHasher
{
    /// <summary>Longest password, in bytes of UTF-8.</summary>
    public const int MaxBytes = 1024;

    private const int HashBytes = 32;
    private const int MostWaiting = 256;

    private static readonly Failure Busy = new(
        FailureKind.Throttled, "userpass.busy", "too many passwords are being checked at this moment; try again in a few seconds");

    private static readonly Failure NoMemory = Failure.Unavailable("userpass.no_memory", "there is no memory to check a password in; try again");

    private readonly PasswordCost cost;
    private readonly PasswordHash decoy;
    private readonly SemaphoreSlim gate;
    private int waiting;

    public PasswordHasher(PasswordCost cost)
        : this(cost, Math.Max(1, Environment.ProcessorCount / 2))
    {
    }

    internal PasswordHasher(PasswordCost cost, int atOnce)
    {
        this.cost = cost;
        gate = new SemaphoreSlim(atOnce);
        // No password is known to have this hash, nor can one be found.
        decoy = NewHash(RandomNumberGenerator.GetBytes(PassphraseKey.SaltBytes), RandomNumberGenerator.GetBytes(HashBytes));
    }

    /// <summary>What is wrong with a new password; null when nothing is.</summary>
    public static Failure? Check(SecretText password)
    {
        if (password.Utf8.IsEmpty)
            return UserpassFailures.MissingPassword;
        return password.Utf8.Length > MaxBytes ? Failure.Invalid("userpass.password_too_long", $"a password has at most {MaxBytes} bytes") : null;
    }

    /// <summary>The hash of a new password.</summary>
    public ValueTask<Outcome<PasswordHash>> HashAsync(SecretText password, CancellationToken cancellationToken) => EnterAsync(
        () =>
        {
            var salt = RandomNumberGenerator.GetBytes(PassphraseKey.SaltBytes);
            using var hash = PassphraseKey.Derive(password.Utf8, salt, cost.Passes, cost.MemoryKibibytes * 1024L, HashBytes);
            return NewHash(salt, hash.Span);
        },
        cancellationToken);

    /// <summary>True when the password has this hash.</summary>
    /// <param name="password">As given.</param>
    /// <param name="hash">Null for a user who does not exist: that takes as long as a wrong password.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public ValueTask<Outcome<bool>> VerifyAsync(SecretText password, PasswordHash? hash, CancellationToken cancellationToken) =>
        EnterAsync(() => Matches(password, hash ?? decoy), cancellationToken);

    /// <summary>True when a hash was made otherwise than new ones are.</summary>
    public bool IsOutdated(PasswordHash hash) => hash.Bcrypt.Length > 0 || hash.Passes != cost.Passes || hash.MemoryKibibytes != cost.MemoryKibibytes;

    private PasswordHash NewHash(ReadOnlySpan<byte> salt, ReadOnlySpan<byte> hash) => new()
    {
        Passes = cost.Passes,
        MemoryKibibytes = cost.MemoryKibibytes,
        Salt = Convert.ToHexStringLower(salt),
        Hash = Convert.ToHexStringLower(hash),
    };

    private static bool Matches(SecretText password, PasswordHash hash)
    {
        if (hash.Bcrypt.Length > 0)
            return BcryptHash.Parse(hash.Bcrypt) is { } imported && imported.Matches(password.Utf8);
        using var derived = PassphraseKey.Derive(
            password.Utf8, Convert.FromHexString(hash.Salt), hash.Passes, hash.MemoryKibibytes * 1024L, HashBytes);
        return derived.FixedTimeEquals(Convert.FromHexString(hash.Hash));
    }

    internal async ValueTask<Outcome<T>> EnterAsync<T>(Func<T> work, CancellationToken cancellationToken)
    {
        if (PassphraseKey.Fault is { } fault)
            return Failure.Unavailable("userpass.no_library", fault);
        try
        {
            if (Interlocked.Increment(ref waiting) > MostWaiting)
                return Busy;
            await gate.WaitAsync(cancellationToken);
        }
        finally
        {
            Interlocked.Decrement(ref waiting);
        }
        try
        {
            return work();
        }
        catch (CryptographicException)
        {
            return NoMemory;
        }
        finally
        {
            gate.Release();
        }
    }
}
