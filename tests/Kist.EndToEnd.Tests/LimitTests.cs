using System.Net;
using System.Net.Sockets;
using System.Text;
using Kist.Harness;

namespace Kist.EndToEnd.Tests;

/// <summary>The program's own limits on what clients send, at its listener.</summary>
public sealed class LimitTests
{
    [Fact]
    public async Task Headers_beyond_32_kib_and_bodies_beyond_32_mib_are_refused()
    {
        await using var server = await KistServer.StartAsync(new ServerOptions());
        Assert.Contains(" 501 ", await AskAsync(server, "GET /v1/sys/health HTTP/1.1\r\nX-Pad: " + new string('x', 30_000)), StringComparison.Ordinal);
        // The web server refuses these itself, before there is a request that could be answered with a message.
        Assert.Contains(" 431 ", await AskAsync(server, "GET /v1/sys/health HTTP/1.1\r\nX-Pad: " + new string('x', 33_000)), StringComparison.Ordinal);
        var tooLarge = await AskAsync(server, "POST /v1/sys/init HTTP/1.1\r\nContent-Length: 33554433");
        Assert.Contains(" 413 ", tooLarge, StringComparison.Ordinal);
        Assert.Contains("{\"errors\":[\"the request body is larger than 32 MiB\"]}", tooLarge, StringComparison.Ordinal);
    }

    private static async Task<string> AskAsync(KistServer server, string head)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, server.Address.Port);
        await using var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(head + "\r\nHost: kist\r\nConnection: close\r\n\r\n"));
        var answer = new MemoryStream();
        try
        {
            await stream.CopyToAsync(answer);
        }
        catch (IOException)
        {
            // Closed before all was read.
        }
        return Encoding.ASCII.GetString(answer.ToArray());
    }
}
