using System.Collections.Concurrent;
using System.Globalization;
using Google.Protobuf;
using Kist.Wire.Etcd.Messages;
using Kist.Wire.Grpc;
using Kist.Wire.Tests.Grpc;
using Microsoft.AspNetCore.Http;

namespace Kist.Wire.Tests.Etcd;

/// <summary>A member of etcd that answers as a test says, a method a line; others are unimplemented.</summary>
internal sealed class ScriptedEtcd : IAsyncDisposable
{
    private readonly Dictionary<string, Func<ScriptedCall, Task>> methods;
    private readonly ConcurrentDictionary<string, int> calls = new();
    private WebServer? web;

    private ScriptedEtcd(Dictionary<string, Func<ScriptedCall, Task>> methods) => this.methods = methods;

    public Uri Endpoint => web!.Plain;

    public static async Task<ScriptedEtcd> StartAsync(Dictionary<string, Func<ScriptedCall, Task>> methods)
    {
        var member = new ScriptedEtcd(methods);
        member.web = await WebServer.StartAsync(member.AnswerAsync);
        return member;
    }

    /// <summary>How often a method was called.</summary>
    public int Calls(string method) => calls.GetValueOrDefault(method);

    public ValueTask DisposeAsync() => web!.DisposeAsync();

    private Task AnswerAsync(HttpContext context)
    {
        var method = context.Request.Path.Value!.Split('/')[^1];
        var call = new ScriptedCall(context, calls.AddOrUpdate(method, 1, static (_, n) => n + 1));
        return methods.TryGetValue(method, out var answer) ? answer(call) : call.EndAsync(GrpcStatusCode.Unimplemented, "not in the script");
    }
}

/// <summary>A call of a scripted member.</summary>
internal sealed class ScriptedCall(HttpContext context, int number)
{
    /// <summary>Which call of its method this is, from 1.</summary>
    public int Number => number;

    public string? Header(string name) => context.Request.Headers[name];

    /// <summary>The next message of the request.</summary>
    public async Task<T> ReadAsync<T>()
        where T : class, IMessage<T>, new()
    {
        var parser = new MessageParser<T>(() => new T());
        return await GrpcFrame.ReadAsync(context.Request.Body, parser, GrpcCallOptions.DefaultMaxReceiveBytes, context.RequestAborted)
            ?? throw new InvalidOperationException("the request has no further message");
    }

    public async Task SendAsync(IMessage message)
    {
        if (!context.Response.HasStarted)
            context.Response.ContentType = "application/grpc";
        await context.Response.Body.WriteAsync(GrpcFrame.Write(message), context.RequestAborted);
        await context.Response.Body.FlushAsync(context.RequestAborted);
    }

    /// <summary>Sends a message that begins a watch.</summary>
    public Task OpenAsync(long revision) => SendAsync(new WatchResponse { Created = true, Header = new ResponseHeader { Revision = revision } });

    /// <summary>Sends the one message of an answer, and success.</summary>
    public async Task AnswerAsync(IMessage message)
    {
        await SendAsync(message);
        await EndAsync(GrpcStatusCode.Ok, "");
    }

    public Task EndAsync(GrpcStatusCode status, string detail)
    {
        var code = ((int)status).ToString(CultureInfo.InvariantCulture);
        if (context.Response.HasStarted)
        {
            context.Response.AppendTrailer("grpc-status", code);
            context.Response.AppendTrailer("grpc-message", detail);
        }
        else
        {
            context.Response.ContentType = "application/grpc";
            context.Response.Headers["grpc-status"] = code;
            context.Response.Headers["grpc-message"] = detail;
        }
        return Task.CompletedTask;
    }

    /// <summary>Answers as a proxy or another server does.</summary>
    public Task EndWithHttpAsync(int status)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsync("<html>");
    }

    /// <summary>Never answers.</summary>
    public Task HangAsync() => Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(static _ => { }, TaskScheduler.Default);
}

/// <summary>The system's time, and what a test adds to it.</summary>
internal sealed class ShiftedTime : TimeProvider
{
    private long ticks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => System.GetElapsedTime(0).Ticks + Interlocked.Read(ref ticks);

    public void Shift(TimeSpan time) => Interlocked.Add(ref ticks, time.Ticks);
}
