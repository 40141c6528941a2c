namespace Kist.Core.Certificates;

/// <summary>
/// The certificate that a client showed when its connection was made, and those that it sent along. The client has proven that it holds the key; nothing else
/// of it has been judged. It never comes from a header, which everybody can write.
/// </summary>
public sealed class ClientCertificate
{
    /// <summary>Most certificates that may come along; of a client that sends more, nothing is looked at.</summary>
    public const int MaxOthers = 10;

    /// <summary>With the certificates in DER.</summary>
    public ClientCertificate(ReadOnlyMemory<byte> own, IReadOnlyList<ReadOnlyMemory<byte>> others)
    {
        Own = own;
        Others = others;
    }

    /// <summary>The client's own, DER.</summary>
    public ReadOnlyMemory<byte> Own { get; }

    /// <summary>What it sent along, DER, in its order: intermediates, most often.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Others { get; }
}
