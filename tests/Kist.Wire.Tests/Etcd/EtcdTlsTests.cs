using Kist.Harness;
using Kist.Wire.Etcd;
using Kist.Wire.Grpc;

namespace Kist.Wire.Tests.Etcd;

public sealed class EtcdTlsTests : IDisposable
{
    private readonly string home = Directory.CreateTempSubdirectory("kist-tls-").FullName;

    [FactNeedingEtcd]
    public async Task Client_with_a_certificate_is_served_and_others_are_refused()
    {
        var own = TestCertificates.Create(Directory.CreateDirectory(Path.Combine(home, "own")).FullName);
        var foreign = TestCertificates.Create(Directory.CreateDirectory(Path.Combine(home, "foreign")).FullName);
        await using var server = await EtcdServer.StartAsync(new EtcdServerOptions { Certificates = own });

        using (var client = Client(server, own.AuthorityFile, own))
        {
            await client.PutAsync(new EtcdPut(Text.Bytes("key"), Text.Bytes("over TLS")), CancellationToken.None);
            var read = await client.RangeAsync(new EtcdRange(EtcdKeys.All), CancellationToken.None);
            Assert.Equal("over TLS", Text.Of(Assert.Single(read.Entries).Value));
            await using var batches = client.Watch(new EtcdWatch(EtcdKeys.All, 1)).ReadAllAsync(CancellationToken.None).GetAsyncEnumerator();
            Assert.True(await batches.MoveNextAsync());
        }

        Assert.Equal(EtcdError.Unavailable, (await FailsAsync(server, own.AuthorityFile, null)).Error);
        Assert.Equal(EtcdError.Unavailable, (await FailsAsync(server, own.AuthorityFile, foreign)).Error);
        var untrusted = await FailsAsync(server, foreign.AuthorityFile, own);
        Assert.Equal(EtcdError.Unavailable, untrusted.Error);
        Assert.Contains("TLS", untrusted.Message);
        Assert.Contains(server.Endpoint.Authority, untrusted.Message);
    }

    public void Dispose() => Directory.Delete(home, recursive: true);

    private static async Task<EtcdException> FailsAsync(EtcdServer server, string authority, TestCertificates? certificate)
    {
        using var client = Client(server, authority, certificate);
        return await Assert.ThrowsAsync<EtcdException>(() => client.RangeAsync(new EtcdRange(EtcdKeys.All), CancellationToken.None));
    }

    // The server's certificate is for any use, so that it is a client's as well.
    private static EtcdClient Client(EtcdServer server, string authority, TestCertificates? certificate) => new(new EtcdOptions
    {
        Endpoints = [server.Endpoint],
        Tls = TlsFiles.Read(authority, certificate?.CertificateFile, certificate?.KeyFile),
    });
}
