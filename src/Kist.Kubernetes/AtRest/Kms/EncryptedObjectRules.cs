using System.Text;
using Kist.Core;

namespace Kist.Kubernetes.AtRest.Kms;

/// <summary>What the API server demands of a KMS v2 value, in its order and words, whether it writes or reads one.</summary>
public static class EncryptedObjectRules
{
    /// <summary>Longest key id and longest wrapped key, in bytes.</summary>
    public const int MaxField = 1024;

    /// <summary>Most bytes of all annotations' names and values together.</summary>
    public const int MaxAnnotations = 32 * 1024;

    /// <summary>The first rule that a value breaks; null when it breaks none.</summary>
    public static Failure? Check(EncryptedObject value)
    {
        if (!Enum.IsDefined(value.DekSource))
            return AtRestFailures.KmsV2($"unknown encryptedDEKSourceType: {(int)value.DekSource}");
        if (value.Data.IsEmpty)
            return AtRestFailures.KmsV2("encrypted data is empty");
        return CheckWrapped(value.Wrapped);
    }

    /// <summary>The first rule that a plugin's answer breaks; null when it breaks none.</summary>
    public static Failure? CheckWrapped(KmsCiphertext wrapped)
    {
        if (Length("encrypted DEK source", wrapped.Ciphertext.Length) is { } source)
            return AtRestFailures.KmsV2($"failed to validate encrypted DEK source: {source}");
        if (Length("keyID", Encoding.UTF8.GetByteCount(wrapped.KeyId)) is { } keyId)
            return AtRestFailures.KmsV2($"failed to validate key id: {keyId}");
        return Annotations(wrapped.Annotations) is { } annotation ? AtRestFailures.KmsV2($"failed to validate annotations: {annotation}") : null;
    }

    private static string? Length(string what, int length) => length switch
    {
        0 => $"{what} is empty",
        > MaxField => $"{what} is {length} bytes, which exceeds the max size of {MaxField}",
        _ => null,
    };

    private static string? Annotations(IReadOnlyList<KmsAnnotation> annotations)
    {
        var total = 0L;
        foreach (var (name, value) in annotations)
        {
            if (DomainNames.Fault(name) is { } fault)
                return $"annotations: {fault}";
            total += Encoding.UTF8.GetByteCount(name) + value.Length;
        }
        return total > MaxAnnotations ? $"total size of annotations is {total}, which exceeds the max size of {MaxAnnotations}" : null;
    }
}
