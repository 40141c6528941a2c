using System.Text;
using Kist.Core;
using Kist.Core.Storage;

namespace Kist.Engines.Kv;

/// <summary>What may name a secret: segments parted by <c>/</c>, none empty, without control characters.</summary>
internal static class KvPath
{
    /// <summary>Longest path in UTF-8 bytes: a store key, less room for what stands before and after the path in it.</summary>
    public const int MaxBytes = StoreLimits.KeyBytes - 128;

    /// <summary>Why <paramref name="path"/> cannot name a secret, or null when it can.</summary>
    public static Failure? Check(string path)
    {
        if (path.Length == 0)
            return Invalid("is empty");
        if (path.EndsWith('/'))
            return Invalid("ends in \"/\", which names a folder: leave the last slash out");
        return CheckFolder(path);
    }

    /// <summary>Why <paramref name="path"/> cannot name a folder, or null when it can; empty names the mount itself.</summary>
    public static Failure? CheckFolder(string path)
    {
        if (path.StartsWith('/') || path.Contains("//", StringComparison.Ordinal))
            return Invalid("has an empty segment: write one slash between names");
        if (path.AsSpan().ContainsAnyInRange('\0', '\u001f') || path.AsSpan().ContainsAnyInRange('\u007f', '\u009f'))
            return Invalid("holds a control character");
        return Encoding.UTF8.GetByteCount(path) > MaxBytes ? Invalid($"is longer than {MaxBytes} bytes") : null;
    }

    /// <summary>The storage folder of <paramref name="path"/> below <paramref name="root"/>, which ends in <c>/</c>.</summary>
    public static string Folder(string root, string path) =>
        path.Length == 0 || path.EndsWith('/') ? root + path : $"{root}{path}/";

    // The path is left out of the message: it may be long, and the caller knows it.
    private static Failure Invalid(string what) => Failure.Invalid("kv.invalid_path", $"the path of the secret {what}");
}
