using System.Runtime.CompilerServices;
using System.Text;
using Kist.Kubernetes.Etcd;
using Kist.Wire.Etcd;

namespace Kist.Kubernetes.Tests.Etcd;

/// <summary>A FAKE of an etcd with some keys.</summary>
internal sealed class ListedKeys(IReadOnlyList<(string Key, byte[] Value)> entries) : IObjectSource
{
    public string Description => "a list";

    public async IAsyncEnumerable<SourcePage> ReadAsync(
        IReadOnlyList<ReadOnlyMemory<byte>> prefixes, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.Yield();
        foreach (var prefix in prefixes)
            yield return new SourcePage(1, [.. Entries().Where(e => e.Key.Span.StartsWith(prefix.Span))], 0);
    }

    public Task<EtcdKeyValue?> FindAsync(ReadOnlyMemory<byte> key, CancellationToken cancellationToken) =>
        Task.FromResult(Entries().FirstOrDefault(e => e.Key.Span.SequenceEqual(key.Span)));

    public Task<bool> HasKeysAsync(ReadOnlyMemory<byte> prefix, CancellationToken cancellationToken) =>
        Task.FromResult(Entries().Any(e => e.Key.Span.StartsWith(prefix.Span)));

    public void Dispose()
    {
    }

    private IEnumerable<EtcdKeyValue> Entries() => entries.Select(e => new EtcdKeyValue(Encoding.UTF8.GetBytes(e.Key), e.Value, 1, 1, 1, 0));
}
