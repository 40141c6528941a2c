using System.Globalization;
using System.Text.Json.Nodes;
using Kist.Client.Agent.Configuration;
using Kist.Client.Agent.Templates;
using Kist.Client.Settings;
using Kist.Crypto;
using Kist.Wire;

namespace Kist.Client.Agent.Sinks;

/// <summary>Writes each token that the agent gets to its files, and again until that has succeeded.</summary>
/// <param name="sinks">The files.</param>
/// <param name="client">Has tokens wrapped.</param>
/// <param name="token">Gives the tokens.</param>
/// <param name="status">Is told how each file is.</param>
/// <param name="log">Is told what fails.</param>
/// <param name="time">The clock.</param>
public sealed class TokenSinks(
    IReadOnlyList<FileSinkConfig> sinks, KistClient client, AgentToken token, AgentStatus status, AgentLog log, TimeProvider time)
{
    private static readonly TimeSpan LeastPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MostPause = TimeSpan.FromMinutes(5);

    /// <summary>A file's name in the agent's status.</summary>
    public static string Part(FileSinkConfig sink) => $"sink {sink.Path}";

    /// <summary>Writes all files, each on its own.</summary>
    /// <param name="once">Returns when each file holds the first token.</param>
    /// <param name="cancellation">Ends it.</param>
    public Task RunAsync(bool once, CancellationToken cancellation) => Task.WhenAll(sinks.Select(sink => RunAsync(sink, once, cancellation)));

    /// <summary>Writes what a login gave that the server wrapped.</summary>
    public async Task WriteWrappedAsync(SecretText wrapped, CancellationToken cancellation)
    {
        foreach (var sink in sinks)
        {
            var backOff = new BackOff(LeastPause, MostPause);
            while (!Write(sink, wrapped))
                await Task.Delay(backOff.Next(), time, cancellation);
        }
    }

    private async Task RunAsync(FileSinkConfig sink, bool once, CancellationToken cancellation)
    {
        SecretText? written = null;
        var backOff = new BackOff(LeastPause, MostPause);
        while (true)
        {
            var next = await token.NextAsync(written, cancellation);
            if (await TryWriteAsync(sink, next, cancellation))
            {
                written = next;
                backOff.Reset();
                if (once)
                    return;
            }
            else
                await Task.Delay(backOff.Next(), time, cancellation);
        }
    }

    private async Task<bool> TryWriteAsync(FileSinkConfig sink, SecretText next, CancellationToken cancellation)
    {
        if (sink.WrapTtl is not { } ttl)
            return Write(sink, next);
        try
        {
            var request = ApiRequest.Write("sys/wrapping/wrap", new JsonObject { ["token"] = next.Reveal() }) with
            {
                BodyIsSecret = true,
                Token = next,
                WrapTtl = GoDuration.Format(ttl),
            };
            var answer = await client.SendAsync(request, cancellation);
            if (answer.Succeeded && answer.Json?.Object("wrap_info") is { } wrapped)
                return Write(sink, new SecretText(wrapped.GetRawText()));
            return Failed(sink, $"the server did not wrap the token (code {(int)answer.Status})");
        }
        catch (Exception e) when (e is ConnectionException or SettingException)
        {
            return Failed(sink, e.Message);
        }
    }

    private bool Write(FileSinkConfig sink, SecretText content)
    {
        try
        {
            var text = sink.Encryption is { } encryption ? SinkEnvelope.Seal(encryption, content) : content;
            _ = FileOf(sink).Write(text.Utf8);
            status.Good(Part(sink));
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or DllNotFoundException)
        {
            return Failed(sink, e.Message);
        }
    }

    // Whoever reads the file sees the last token or the next.
    private static RenderedFile FileOf(FileSinkConfig sink) => new(sink.Path)
    {
        Mode = sink.Mode,
        NewMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        User = sink.UserId?.ToString(CultureInfo.InvariantCulture) ?? "",
        Group = sink.GroupId?.ToString(CultureInfo.InvariantCulture) ?? "",
        MakesFolders = false,
        KeepsOwner = false,
    };

    private bool Failed(FileSinkConfig sink, string reason)
    {
        status.Bad(Part(sink), reason);
        log(AgentLogLevel.Warn, $"cannot write the token to {sink.Path}: {reason}");
        return false;
    }
}
