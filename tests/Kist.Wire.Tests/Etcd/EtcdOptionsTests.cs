using Kist.Harness;
using Kist.Wire.Etcd;
using Kist.Wire.Grpc;

namespace Kist.Wire.Tests.Etcd;

public sealed class EtcdOptionsTests
{
    [Fact]
    public void Endpoints_are_read_from_a_list() =>
        Assert.Equal(
            ["https://a:2379/", "https://b:1/", "https://[::1]:2379/", "unix:///run/etcd.sock"],
            EtcdOptions.ParseEndpoints("a:2379, https://b:1,[::1]:2379,,unix:///run/etcd.sock", tls: true).Select(e => e.AbsoluteUri));

    [Fact]
    public void Endpoint_that_would_go_without_the_tls_that_is_set_up_is_refused()
    {
        Assert.Contains("http://b:1", Assert.Throws<FormatException>(() => EtcdOptions.ParseEndpoints("a:2379,http://b:1", tls: true)).Message);
        Assert.Single(EtcdOptions.ParseEndpoints("http://b:1", tls: false));

        var home = Directory.CreateTempSubdirectory("kist-tls-").FullName;
        var files = TestCertificates.Create(home);
        foreach (var tls in new[] { TlsFiles.Read(files.AuthorityFile, null, null), TlsFiles.Read(null, files.CertificateFile, files.KeyFile) })
        {
            var options = new EtcdOptions { Endpoints = [new Uri("https://a"), new Uri("http://b")], Tls = tls };
            Assert.Contains("http://b", Assert.Throws<ArgumentException>(() => new EtcdClient(options)).Message);
        }
        Directory.Delete(home, recursive: true);
        // Without any file, nothing is set up.
        new EtcdClient(new EtcdOptions { Endpoints = [new Uri("http://b")], Tls = TlsFiles.Read(null, null, null) }).Dispose();
    }

    [Theory]
    [InlineData("")]
    [InlineData(" , ")]
    [InlineData("ftp://a")]
    [InlineData("https://a:2379/v3")]
    [InlineData("https://user:password@a:2379")]
    [InlineData("a b")]
    public void What_is_no_endpoint_is_refused(string list) => Assert.Throws<FormatException>(() => EtcdOptions.ParseEndpoints(list, tls: false));

    [Fact]
    public void Client_without_endpoints_is_refused() => Assert.Throws<ArgumentException>(() => new EtcdClient(new EtcdOptions { Endpoints = [] }));

    [Fact]
    public void Password_is_never_printed()
    {
        var options = new EtcdOptions { Endpoints = [new Uri("http://a")], Credentials = new EtcdCredentials("root", "hunter2") };
        Assert.DoesNotContain("hunter2", options.ToString());
    }

    [Fact]
    public void Fault_of_a_tls_file_names_the_file()
    {
        var home = Directory.CreateTempSubdirectory("kist-tls-").FullName;
        var files = TestCertificates.Create(home);
        var empty = Path.Combine(home, "empty.pem");
        File.WriteAllText(empty, "nothing");

        Assert.Contains("/nowhere/ca.pem", Fails("/nowhere/ca.pem", null, null));
        Assert.Contains(empty, Fails(empty, null, null));
        Assert.Contains(empty, Fails(null, files.CertificateFile, empty));
        Assert.Contains("go together", Fails(null, files.CertificateFile, null));
        Assert.Contains("go together", Fails(null, null, files.KeyFile));
        Directory.Delete(home, recursive: true);

        static string Fails(string? authority, string? certificate, string? key) =>
            Assert.Throws<TlsFileException>(() => TlsFiles.Read(authority, certificate, key)).Message;
    }
}
