using System.Net;
using System.Net.Sockets;
using Google.Protobuf.WellKnownTypes;
using Kist.Harness;
using Kist.Wire.Grpc;
using Microsoft.AspNetCore.Http;

namespace Kist.Wire.Tests.Grpc;

/// <summary>The client against servers that keep the protocol in their own ways, or break it.</summary>
public sealed class GrpcChannelTests
{
    private static readonly GrpcMethod<StringValue, StringValue> Method = new("test.Odd/Call");

    [Fact]
    public async Task Response_of_trailers_alone_is_a_status()
    {
        await using var server = await WebServer.StartAsync(context =>
        {
            context.Response.ContentType = "application/grpc";
            context.Response.Headers["grpc-status"] = "5";
            context.Response.Headers["grpc-message"] = "no%20such key";
            return Task.CompletedTask;
        });
        var e = await FailsAsync(server);
        Assert.Equal((GrpcStatusCode.NotFound, "no such key", GrpcOrigin.Server), (e.Status, e.Detail, e.Origin));
    }

    [Theory]
    [InlineData(503, GrpcStatusCode.Unavailable)]
    [InlineData(404, GrpcStatusCode.Unimplemented)]
    [InlineData(401, GrpcStatusCode.Unauthenticated)]
    [InlineData(418, GrpcStatusCode.Unknown)]
    public async Task Http_error_of_a_proxy_has_the_status_that_grpc_gives_it(int http, GrpcStatusCode status)
    {
        await using var server = await WebServer.StartAsync(context =>
        {
            context.Response.StatusCode = http;
            return context.Response.WriteAsync("<html>");
        });
        Assert.Equal(status, (await FailsAsync(server)).Status);
    }

    [Fact]
    public async Task Answer_that_is_no_grpc_is_refused()
    {
        await using var server = await WebServer.StartAsync(context =>
        {
            context.Response.ContentType = "text/html";
            return context.Response.WriteAsync("<html>");
        });
        var e = await FailsAsync(server);
        Assert.Equal(GrpcStatusCode.Unknown, e.Status);
        Assert.Contains("text/html", e.Detail);
    }

    [Fact]
    public async Task Answer_without_a_status_is_no_success()
    {
        await using var server = await WebServer.StartAsync(context => WriteAsync(context, RawCall.Frame("x")));
        var e = await FailsAsync(server);
        Assert.Equal((GrpcStatusCode.Internal, GrpcOrigin.Broken), (e.Status, e.Origin));
    }

    [Theory]
    [InlineData("77")]
    [InlineData("-1")]
    [InlineData("ok")]
    public async Task Status_that_is_not_known_is_unknown_and_no_success(string status)
    {
        await using var server = await WebServer.StartAsync(context => AnswerAsync(context, status, RawCall.Frame("x")));
        Assert.Equal(GrpcStatusCode.Unknown, (await FailsAsync(server)).Status);
    }

    [Fact]
    public async Task Success_without_a_message_is_none()
    {
        await using var server = await WebServer.StartAsync(context => AnswerAsync(context, "0"));
        Assert.Equal(GrpcStatusCode.Internal, (await FailsAsync(server)).Status);
    }

    [Fact]
    public async Task Second_message_of_one_answer_is_refused()
    {
        await using var server = await WebServer.StartAsync(context => AnswerAsync(context, "0", RawCall.Frame("x"), RawCall.Frame("y")));
        Assert.Equal(GrpcStatusCode.Internal, (await FailsAsync(server)).Status);
    }

    [Fact]
    public async Task Status_after_a_message_counts()
    {
        await using var server = await WebServer.StartAsync(context => AnswerAsync(context, "10", RawCall.Frame("x")));
        Assert.Equal(GrpcStatusCode.Aborted, (await FailsAsync(server)).Status);
    }

    [Fact]
    public async Task Message_that_is_cut_is_refused()
    {
        await using var server = await WebServer.StartAsync(context => AnswerAsync(context, "0", RawCall.Frame("hello")[..^2]));
        Assert.Equal(GrpcStatusCode.Internal, (await FailsAsync(server)).Status);
    }

    [Fact]
    public async Task Compressed_message_that_nobody_agreed_on_is_refused()
    {
        await using var server = await WebServer.StartAsync(context => AnswerAsync(context, "0", [1, 0, 0, 0, 1, 65]));
        Assert.Equal(GrpcStatusCode.Internal, (await FailsAsync(server)).Status);
    }

    [Fact]
    public async Task Answer_beyond_the_bound_is_not_read()
    {
        await using var server = await WebServer.StartAsync(context => AnswerAsync(context, "0", RawCall.Frame(new string('x', 5000))));
        using var channel = server.Channel();
        var e = await Assert.ThrowsAsync<GrpcException>(
            () => channel.UnaryAsync(Method, new StringValue(), new GrpcCallOptions { MaxReceiveBytes = 4999 }, CancellationToken.None));
        Assert.Equal((GrpcStatusCode.ResourceExhausted, GrpcOrigin.Local), (e.Status, e.Origin));
    }

    [Fact]
    public async Task Connection_that_breaks_off_leaves_it_open_whether_the_call_was_carried_out()
    {
        await using var server = await WebServer.StartAsync(context =>
        {
            context.Abort();
            return Task.CompletedTask;
        });
        Assert.Equal(GrpcOrigin.Broken, (await FailsAsync(server)).Origin);
    }

    [Fact]
    public async Task Server_that_is_not_there_has_certainly_not_seen_the_call()
    {
        using var channel = new GrpcChannel(new GrpcChannelOptions { Address = KistServer.FreeAddress() });
        var e = await FailsAsync(channel, GrpcCallOptions.Default);
        Assert.Equal((GrpcStatusCode.Unavailable, GrpcOrigin.Unsent), (e.Status, e.Origin));
    }

    [Fact]
    public async Task Socket_that_is_not_there_has_certainly_not_seen_the_call()
    {
        using var channel = new GrpcChannel(new GrpcChannelOptions { Address = new Uri("unix:///nowhere/kist.sock") });
        var e = await FailsAsync(channel, GrpcCallOptions.Default);
        Assert.Equal((GrpcStatusCode.Unavailable, GrpcOrigin.Unsent), (e.Status, e.Origin));
    }

    [Fact]
    public async Task Server_that_speaks_something_else_is_unavailable()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var answering = Task.Run(async () =>
        {
            using var client = await listener.AcceptTcpClientAsync();
            await client.GetStream().WriteAsync("HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray());
        });
        using var channel = new GrpcChannel(new GrpcChannelOptions { Address = new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}") });
        var e = await FailsAsync(channel, GrpcCallOptions.Default);
        Assert.NotEqual(GrpcOrigin.Server, e.Origin);
        await answering;
    }

    [Fact]
    public async Task Server_that_takes_connections_and_stays_silent_ends_by_the_deadline()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var channel = new GrpcChannel(new GrpcChannelOptions { Address = new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}") });
        var e = await FailsAsync(channel, new GrpcCallOptions { Timeout = TimeSpan.FromMilliseconds(50) });
        Assert.Equal((GrpcStatusCode.DeadlineExceeded, GrpcOrigin.Local), (e.Status, e.Origin));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1000)]
    public async Task Call_whose_time_is_over_before_it_begins_ends_by_the_deadline(int milliseconds)
    {
        await using var server = await WebServer.StartAsync(static context => Task.Delay(Timeout.Infinite, context.RequestAborted));
        using var channel = server.Channel();
        var e = await FailsAsync(channel, new GrpcCallOptions { Timeout = TimeSpan.FromMilliseconds(milliseconds) });
        Assert.Equal(GrpcStatusCode.DeadlineExceeded, e.Status);
    }

    [Fact]
    public async Task Time_beyond_what_a_timer_measures_is_no_fault()
    {
        await using var server = await WebServer.StartAsync(context => AnswerAsync(context, "0", RawCall.Frame("x")));
        using var channel = server.Channel();
        var answer = await channel.UnaryAsync(Method, new StringValue(), new GrpcCallOptions { Timeout = TimeSpan.MaxValue }, CancellationToken.None);
        Assert.Equal("x", answer.Value);
    }

    [Fact]
    public async Task Deadline_is_told_to_the_server_and_kept_without_it()
    {
        var told = new TaskCompletionSource<string>();
        await using var server = await WebServer.StartAsync(async context =>
        {
            told.TrySetResult(context.Request.Headers["grpc-timeout"].ToString());
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(static _ => { }, TaskScheduler.Default);
        });
        using var channel = server.Channel();
        var e = await FailsAsync(channel, new GrpcCallOptions { Timeout = TimeSpan.FromMilliseconds(150) });
        Assert.Equal((GrpcStatusCode.DeadlineExceeded, GrpcOrigin.Local), (e.Status, e.Origin));
        Assert.Equal("150000u", await told.Task);
    }

    [Fact]
    public async Task Stream_of_the_server_is_read_to_its_status()
    {
        await using var server = await WebServer.StartAsync(context => AnswerAsync(context, "0", RawCall.Frame("a"), RawCall.Frame("b"), RawCall.Frame("c")));
        using var channel = server.Channel();
        var read = new List<string>();
        await foreach (var message in channel.StreamAsync(Method, new StringValue(), GrpcCallOptions.Default, CancellationToken.None))
            read.Add(message.Value);
        Assert.Equal(["a", "b", "c"], read);
    }

    [Fact]
    public async Task Stream_that_ends_with_an_error_throws_it_after_its_messages()
    {
        await using var server = await WebServer.StartAsync(context => AnswerAsync(context, "14", RawCall.Frame("a")));
        using var channel = server.Channel();
        await using var stream = channel.StreamAsync(Method, new StringValue(), GrpcCallOptions.Default, CancellationToken.None).GetAsyncEnumerator();
        Assert.True(await stream.MoveNextAsync());
        Assert.Equal(GrpcStatusCode.Unavailable, (await Assert.ThrowsAsync<GrpcException>(async () => await stream.MoveNextAsync())).Status);
    }

    [Fact]
    public async Task Leaving_a_stream_ends_it_at_the_server()
    {
        var left = new TaskCompletionSource();
        await using var server = await WebServer.StartAsync(async context =>
        {
            using var gone = context.RequestAborted.Register(() => left.TrySetResult());
            await WriteAsync(context, RawCall.Frame("a"));
            await context.Response.Body.FlushAsync(context.RequestAborted);
            await left.Task;
        });
        using var channel = server.Channel();
        await using (var stream = channel.StreamAsync(Method, new StringValue(), GrpcCallOptions.Default, CancellationToken.None).GetAsyncEnumerator())
            Assert.True(await stream.MoveNextAsync());
        await left.Task;
    }

    [Fact]
    public async Task Both_sides_speak_in_turn_on_one_call()
    {
        await using var server = await WebServer.StartAsync(EchoAllAsync);
        using var channel = server.Channel();
        using var call = channel.Open(Method, GrpcCallOptions.Default, CancellationToken.None);
        foreach (var text in new[] { "one", "two", "three" })
        {
            await call.WriteAsync(new StringValue { Value = text }, CancellationToken.None);
            Assert.Equal(text, (await call.ReadAsync())!.Value);
        }
        call.Complete();
        Assert.Null(await call.ReadAsync());
    }

    [Fact]
    public async Task Server_that_ends_a_duplex_call_ends_the_writing_too()
    {
        await using var server = await WebServer.StartAsync(context => AnswerAsync(context, "9"));
        using var channel = server.Channel();
        using var call = channel.Open(Method, GrpcCallOptions.Default, CancellationToken.None);
        Assert.Equal(GrpcStatusCode.FailedPrecondition, (await Assert.ThrowsAsync<GrpcException>(async () => await call.ReadAsync())).Status);
        var written = await Record.ExceptionAsync(async () =>
        {
            for (var i = 0; i < 1000; i++)
                await call.WriteAsync(new StringValue { Value = "late" }, CancellationToken.None);
        });
        Assert.IsType<GrpcException>(written);
    }

    [Fact]
    public async Task Duplex_call_to_nowhere_fails_on_both_sides()
    {
        using var channel = new GrpcChannel(new GrpcChannelOptions { Address = KistServer.FreeAddress() });
        using var call = channel.Open(Method, GrpcCallOptions.Default, CancellationToken.None);
        var written = await Assert.ThrowsAsync<GrpcException>(async () => await call.WriteAsync(new StringValue(), CancellationToken.None));
        Assert.Equal(GrpcOrigin.Unsent, written.Origin);
        Assert.Equal(GrpcOrigin.Unsent, (await Assert.ThrowsAsync<GrpcException>(async () => await call.ReadAsync())).Origin);
    }

    [Fact]
    public async Task Disposing_of_a_duplex_call_ends_it_at_the_server()
    {
        var left = new TaskCompletionSource();
        var begun = new TaskCompletionSource();
        await using var server = await WebServer.StartAsync(async context =>
        {
            using var gone = context.RequestAborted.Register(() => left.TrySetResult());
            begun.TrySetResult();
            await left.Task;
        });
        using var channel = server.Channel();
        using (var call = channel.Open(Method, GrpcCallOptions.Default, CancellationToken.None))
        {
            await call.WriteAsync(new StringValue(), CancellationToken.None);
            await begun.Task;
        }
        await left.Task;
    }

    [Fact]
    public async Task Peer_that_gives_no_sign_of_life_is_unavailable_and_what_it_did_is_not_known()
    {
        await using var server = RawServer.Start(null);
        using var channel = new GrpcChannel(new GrpcChannelOptions
        {
            Address = server.Address,
            KeepAliveDelay = TimeSpan.FromSeconds(1),
            KeepAliveTimeout = TimeSpan.FromSeconds(1),
        });
        var e = await FailsAsync(channel, GrpcCallOptions.Default);
        Assert.Equal((GrpcStatusCode.Unavailable, GrpcOrigin.Broken), (e.Status, e.Origin));
        Assert.Contains("silent", e.Detail);
    }

    [Fact]
    public async Task Question_on_a_duplex_call_that_has_ended_is_answered_by_its_end()
    {
        await using var server = await WebServer.StartAsync(context => AnswerAsync(context, "9"));
        using var channel = server.Channel();
        using var call = channel.Open(Method, GrpcCallOptions.Default, CancellationToken.None);
        await Assert.ThrowsAsync<GrpcException>(async () =>
        {
            while (true)
                await call.WriteAsync(new StringValue { Value = "late" }, CancellationToken.None);
        });
        var e = await Assert.ThrowsAsync<GrpcException>(async () => await call.AskAsync(new StringValue(), CancellationToken.None));
        Assert.Equal((GrpcStatusCode.FailedPrecondition, GrpcOrigin.Server), (e.Status, e.Origin));
    }

    [Theory]
    [InlineData("ftp://localhost")]
    [InlineData("unix://")]
    [InlineData("/run/kist.sock")]
    public void Address_of_another_kind_is_refused(string address) =>
        Assert.Throws<ArgumentException>(() => new GrpcChannel(new GrpcChannelOptions { Address = new Uri(address, UriKind.RelativeOrAbsolute) }));

    private static async Task<GrpcException> FailsAsync(WebServer server)
    {
        using var channel = server.Channel();
        return await FailsAsync(channel, GrpcCallOptions.Default);
    }

    private static Task<GrpcException> FailsAsync(GrpcChannel channel, GrpcCallOptions options) =>
        Assert.ThrowsAsync<GrpcException>(() => channel.UnaryAsync(Method, new StringValue(), options, CancellationToken.None));

    private static async Task AnswerAsync(HttpContext context, string status, params byte[][] messages)
    {
        await WriteAsync(context, messages);
        context.Response.AppendTrailer("grpc-status", status);
    }

    private static async Task WriteAsync(HttpContext context, params byte[][] messages)
    {
        context.Response.ContentType = "application/grpc";
        foreach (var message in messages)
            await context.Response.Body.WriteAsync(message, context.RequestAborted);
    }

    private static async Task EchoAllAsync(HttpContext context)
    {
        context.Response.ContentType = "application/grpc";
        var buffer = new byte[1000];
        int read;
        while ((read = await context.Request.Body.ReadAsync(buffer, context.RequestAborted)) > 0)
        {
            await context.Response.Body.WriteAsync(buffer.AsMemory(0, read), context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
        }
        context.Response.AppendTrailer("grpc-status", "0");
    }
}
