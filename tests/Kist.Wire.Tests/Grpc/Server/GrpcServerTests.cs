using System.Net;
using Google.Protobuf.WellKnownTypes;
using Kist.Wire.Grpc;
using Kist.Wire.Grpc.Server;

namespace Kist.Wire.Tests.Grpc.Server;

public sealed class GrpcServerTests : IAsyncLifetime
{
    private EchoServer server = null!;

    public async Task InitializeAsync() => server = await EchoServer.StartAsync();

    public async Task DisposeAsync() => await server.DisposeAsync();

    [Fact]
    public async Task Call_is_answered_over_plain_http2()
    {
        using var channel = server.Web.Channel();
        Assert.Equal("hello", await EchoAsync(channel, "hello"));
    }

    [Fact]
    public async Task Call_is_answered_over_a_unix_socket()
    {
        using var channel = new GrpcChannel(new GrpcChannelOptions { Address = new Uri($"unix://{server.Web.Socket}") });
        Assert.Equal("hello", await EchoAsync(channel, "hello"));
    }

    [Fact]
    public async Task Call_is_answered_over_tls_to_a_client_with_a_certificate()
    {
        var files = server.Web.Certificates;
        using var channel = new GrpcChannel(new GrpcChannelOptions
        {
            Address = server.Web.Tls,
            Tls = TlsFiles.Read(files.AuthorityFile, files.CertificateFile, files.KeyFile),
        });
        Assert.Equal("hello", await EchoAsync(channel, "hello"));
    }

    [Fact]
    public async Task Client_without_a_certificate_is_refused()
    {
        using var channel = new GrpcChannel(
            new GrpcChannelOptions { Address = server.Web.Tls, Tls = TlsFiles.Read(server.Web.Certificates.AuthorityFile, null, null) });
        var e = await Assert.ThrowsAsync<GrpcException>(() => EchoAsync(channel, "hello"));
        Assert.Equal(GrpcStatusCode.Unavailable, e.Status);
    }

    [Fact]
    public async Task Server_of_an_unknown_authority_is_refused_before_anything_is_sent()
    {
        using var channel = new GrpcChannel(new GrpcChannelOptions { Address = server.Web.Tls });
        var e = await Assert.ThrowsAsync<GrpcException>(() => EchoAsync(channel, "hello"));
        Assert.Equal((GrpcStatusCode.Unavailable, GrpcOrigin.Unsent), (e.Status, e.Origin));
        Assert.Contains("TLS", e.Detail);
    }

    [Fact]
    public async Task Calls_run_side_by_side()
    {
        using var channel = server.Web.Channel();
        var calls = Enumerable.Range(0, 500).Select(async i => Assert.Equal($"call {i}", await EchoAsync(channel, $"call {i}")));
        await Task.WhenAll(calls);
    }

    [Fact]
    public async Task Unknown_method_is_unimplemented()
    {
        var e = await FailsAsync(EchoServer.Unknown, "x");
        Assert.Equal((GrpcStatusCode.Unimplemented, GrpcOrigin.Server), (e.Status, e.Origin));
    }

    [Fact]
    public async Task Request_beyond_the_bound_is_refused_before_it_is_read()
    {
        var e = await FailsAsync(EchoServer.Echo, new string('x', 2000));
        Assert.Equal((GrpcStatusCode.ResourceExhausted, GrpcOrigin.Server), (e.Status, e.Origin));
    }

    [Fact]
    public async Task Request_of_many_megabytes_is_refused_as_well()
    {
        var e = await FailsAsync(EchoServer.Echo, new string('x', 20_000_000));
        Assert.Equal(GrpcStatusCode.ResourceExhausted, e.Status);
    }

    [Fact]
    public async Task Status_and_text_of_a_handler_arrive()
    {
        var e = await FailsAsync(EchoServer.Refuse, "Schlüssel 100% weg\n");
        Assert.Equal((GrpcStatusCode.FailedPrecondition, "Schlüssel 100% weg\n"), (e.Status, e.Detail));
    }

    [Fact]
    public async Task Bug_in_a_handler_is_reported_here_and_not_to_the_client()
    {
        var e = await FailsAsync(EchoServer.Break, "a secret");
        Assert.Equal(GrpcStatusCode.Internal, e.Status);
        Assert.DoesNotContain("secret", e.Detail);
        Assert.True(server.Faults.TryDequeue(out var fault));
        Assert.Equal("/test.Echo/Break", fault.Path);
    }

    [Fact]
    public async Task Metadata_and_deadline_reach_the_handler()
    {
        using var channel = server.Web.Channel();
        var call = new GrpcCallOptions { Metadata = [new("x-request", "42")], Timeout = TimeSpan.FromMinutes(1) };
        var answer = await channel.UnaryAsync(EchoServer.Metadata, new StringValue { Value = "x-request" }, call, CancellationToken.None);
        Assert.Equal("42 00:01:00", answer.Value);
    }

    [Theory]
    [InlineData("/test.Echo/Wait")]
    [InlineData("/test.Echo/WaitDeaf")]
    public async Task Deadline_ends_a_call_with_its_status_in_the_trailers_whatever_the_handler_does(string path)
    {
        using var call = new RawCall(server.Web.Plain, path) { Headers = [("grpc-timeout", "20m")] };
        var answer = await call.SendAsync(RawCall.Frame("x"));
        Assert.Equal((200, "4"), (answer.Http, answer.Status));
        Assert.Empty(server.Faults);
    }

    [Fact]
    public async Task Deadline_that_is_past_on_arrival_ends_the_call()
    {
        using var call = new RawCall(server.Web.Plain, "/test.Echo/Wait") { Headers = [("grpc-timeout", "0m")] };
        Assert.Equal("4", (await call.SendAsync(RawCall.Frame("x"))).Status);
    }

    [Theory]
    [InlineData("99999999H")]
    [InlineData("1200H")]
    public async Task Deadline_beyond_what_a_timer_measures_is_none(string timeout)
    {
        using var call = new RawCall(server.Web.Plain, "/test.Echo/Echo") { Headers = [("grpc-timeout", timeout)] };
        Assert.Equal("0", (await call.SendAsync(RawCall.Frame("x"))).Status);
    }

    [Fact]
    public async Task Handler_that_goes_on_after_its_deadline_no_longer_sees_the_metadata_of_its_call()
    {
        using var call = new RawCall(server.Web.Plain, "/test.Echo/WaitDeaf") { Headers = [("grpc-timeout", "20m"), ("x-request", "42")] };
        Assert.Equal("4", (await call.SendAsync(RawCall.Frame("x"))).Status);
        Assert.Null(server.DeafCall!.Metadata("x-request"));
    }

    [Fact]
    public async Task Malformed_deadline_is_refused()
    {
        using var call = new RawCall(server.Web.Plain, "/test.Echo/Echo") { Headers = [("grpc-timeout", "soon")] };
        Assert.Equal("13", (await call.SendAsync(RawCall.Frame("x"))).Status);
    }

    [Fact]
    public async Task Client_that_goes_away_cancels_the_handler()
    {
        using var channel = server.Web.Channel();
        using var leaving = new CancellationTokenSource();
        var call = channel.UnaryAsync(EchoServer.Wait, new StringValue(), GrpcCallOptions.Default, leaving.Token);
        await server.Waiting.Task;
        await leaving.CancelAsync();
        var e = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        Assert.Equal(leaving.Token, e.CancellationToken);
        await server.Cancelled.Task;
        Assert.Empty(server.Faults);
    }

    [Theory]
    [InlineData("", "13", "no message")]
    [InlineData("0000", "13", "inside a message")]
    [InlineData("00000000050a03", "13", "inside a message")]
    [InlineData("01000000030a0161", "13", "compressed")]
    [InlineData("07000000030a0161", "13", "begins with 7")]
    [InlineData("00000000020a05", "13", "StringValue")]
    [InlineData("00000000030a016100000000030a0162", "13", "several messages")]
    [InlineData("00000000030a016101", "13", "inside a message")]
    public async Task Broken_request_has_a_clear_status(string hex, string status, string text)
    {
        using var call = new RawCall(server.Web.Plain, "/test.Echo/Echo");
        var answer = await call.SendAsync(Convert.FromHexString(hex));
        Assert.Equal((200, status), (answer.Http, answer.Status));
        Assert.Contains(text, answer.Message);
        Assert.Empty(server.Faults);
    }

    [Fact]
    public async Task Request_in_an_encoding_that_is_not_known_is_unimplemented()
    {
        using var call = new RawCall(server.Web.Plain, "/test.Echo/Echo") { Headers = [("grpc-encoding", "gzip")] };
        Assert.Equal("12", (await call.SendAsync(RawCall.Frame("x"))).Status);
    }

    [Fact]
    public async Task Request_in_the_identity_encoding_is_answered()
    {
        using var call = new RawCall(server.Web.Plain, "/test.Echo/Echo") { Headers = [("grpc-encoding", "identity"), ("te", "trailers")] };
        var answer = await call.SendAsync(RawCall.Frame("x"));
        Assert.Equal(("0", "x"), (answer.Status, answer.Text));
    }

    [Theory]
    [InlineData("application/grpc+proto", 200)]
    [InlineData("application/grpc;charset=utf-8", 200)]
    [InlineData("application/grpc-web", 415)]
    [InlineData("application/json", 415)]
    public async Task Other_content_than_grpc_is_refused_by_http(string contentType, int http)
    {
        using var call = new RawCall(server.Web.Plain, "/test.Echo/Echo") { ContentType = contentType };
        Assert.Equal(http, (await call.SendAsync(RawCall.Frame("x"))).Http);
    }

    [Fact]
    public async Task Other_verb_than_post_is_refused_by_http()
    {
        using var call = new RawCall(server.Web.Plain, "/test.Echo/Echo") { Verb = HttpMethod.Get };
        Assert.Equal((int)HttpStatusCode.MethodNotAllowed, (await call.SendAsync()).Http);
    }

    [Fact]
    public void Method_is_added_once()
    {
        var twice = new GrpcServer(new GrpcServerOptions()).Unary(EchoServer.Echo, static (request, _, _) => ValueTask.FromResult(request));
        Assert.Throws<ArgumentException>(() => twice.Unary(EchoServer.Echo, static (request, _, _) => ValueTask.FromResult(request)));
    }

    private async Task<GrpcException> FailsAsync(GrpcMethod<StringValue, StringValue> method, string text)
    {
        using var channel = server.Web.Channel();
        return await Assert.ThrowsAsync<GrpcException>(
            () => channel.UnaryAsync(method, new StringValue { Value = text }, GrpcCallOptions.Default, CancellationToken.None));
    }

    private static async Task<string> EchoAsync(GrpcChannel channel, string text) =>
        (await channel.UnaryAsync(EchoServer.Echo, new StringValue { Value = text }, GrpcCallOptions.Default, CancellationToken.None)).Value;
}
