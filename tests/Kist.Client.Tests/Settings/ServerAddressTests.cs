using Kist.Client.Settings;

namespace Kist.Client.Tests.Settings;

public sealed class ServerAddressTests
{
    [Theory]
    [InlineData("https://vault.example:8200", "https://vault.example:8200/", null)]
    [InlineData("https://vault.example:8200/", "https://vault.example:8200/", null)]
    [InlineData("http://[::1]:8200", "http://[::1]:8200/", null)]
    [InlineData("https://proxy.example/vault", "https://proxy.example/vault/", null)]
    [InlineData("unix:///run/kist.sock", "http://localhost/", "/run/kist.sock")]
    [InlineData("http+unix://%2Frun%2Fkist.sock", "http://localhost/", "/run/kist.sock")]
    [InlineData("http+unix:///run/kist.sock", "http://localhost/", "/run/kist.sock")]
    public void An_address_is_read(string text, string root, string? socket)
    {
        var address = ServerAddress.Parse(text);
        Assert.Equal(new Uri(root), address.Root);
        Assert.Equal(socket, address.SocketPath);
    }

    [Theory]
    [InlineData("")]
    [InlineData("vault.example")]
    [InlineData("vault.example:8200")]
    [InlineData("https://")]
    [InlineData("https://vault.example?x=1")]
    [InlineData("unix://relative.sock")]
    [InlineData("http+unix://relative")]
    public void Anything_else_is_refused(string text) => Assert.Throws<FormatException>(() => ServerAddress.Parse(text));
}
