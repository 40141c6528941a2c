using System.Reflection;
using System.Runtime.InteropServices;

namespace Kist.Crypto;

/// <summary>The system's libsodium, which the distribution keeps patched; none is bundled.</summary>
internal static partial class SodiumLibrary
{
    /// <summary>Argon2id of version 1.3, among the algorithms of <see cref="PasswordHash"/>.</summary>
    public const int Argon2id13 = 2;

    private const string Name = "libsodium";

    // 1.0.18, which Debian has, and 1.0.19 and later.
    private static readonly string[] Files = ["libsodium.so.23", "libsodium.so.26"];
    private static readonly Lazy<string?> LazyFault = new(() => Initialize(Files));

    /// <summary>What to tell when the library cannot be used; else null.</summary>
    public static string? Fault => LazyFault.Value;

    [LibraryImport(Name, EntryPoint = "crypto_secretbox_easy")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int SecretboxEasy(ref byte box, in byte message, ulong messageLength, in byte nonce, in byte key);

    [LibraryImport(Name, EntryPoint = "crypto_secretbox_open_easy")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int SecretboxOpenEasy(ref byte message, in byte box, ulong boxLength, in byte nonce, in byte key);

    [LibraryImport(Name, EntryPoint = "crypto_pwhash")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int PasswordHash(
        ref byte key, ulong keyLength, in byte passphrase, ulong passphraseLength, in byte salt, ulong passes, nuint memoryBytes, int algorithm);

    [LibraryImport(Name, EntryPoint = "crypto_sign_verify_detached")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int VerifyDetached(in byte signature, in byte message, ulong messageLength, in byte key);

    [LibraryImport(Name, EntryPoint = "crypto_sign_seed_keypair")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int SignSeedKeyPair(ref byte publicKey, ref byte seedAndPublicKey, in byte seed);

    [LibraryImport(Name, EntryPoint = "crypto_scalarmult_curve25519_base")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int ScalarMultiplyBase(ref byte product, in byte scalar);

    [LibraryImport(Name, EntryPoint = "crypto_scalarmult_curve25519")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int ScalarMultiply(ref byte product, in byte scalar, in byte point);

    /// <summary>What to tell when none of <paramref name="files"/> is there.</summary>
    internal static string Missing(IEnumerable<string> files) =>
        $"the library libsodium ({string.Join(" or ", files)}) is not installed: "
        + "install the package libsodium23 (Debian, Ubuntu) or libsodium (Alpine, Fedora)";

    private static string? Initialize(string[] files)
    {
        foreach (var file in files)
        {
            if (!NativeLibrary.TryLoad(file, out var library))
                continue;
            NativeLibrary.SetDllImportResolver(Assembly.GetExecutingAssembly(), (name, _, _) => name is Name ? library : 0);
            // Safe to call from several threads and more than once; below zero when the system has no randomness.
            return Init() < 0 ? "libsodium could not be initialised" : null;
        }
        return Missing(files);
    }

    [LibraryImport(Name, EntryPoint = "sodium_init")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Init();
}
