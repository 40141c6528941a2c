using Kist.Client.Agent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Kist.Hosting.Agent;

/// <summary>The agent's messages in the form of the server's log.</summary>
internal sealed partial class AgentLogging : IDisposable
{
    private readonly ServiceProvider services;
    private readonly ILogger log;

    /// <summary>Opens the log.</summary>
    public AgentLogging(string level, string format)
    {
        var config = new ServerConfig();
        config = config with { LogLevel = level.Length > 0 ? level : config.LogLevel, LogFormat = format.Length > 0 ? format : config.LogFormat };
        services = new ServiceCollection().AddLogging(logging => ServerLogging.Configure(logging, config)).BuildServiceProvider();
        log = services.GetRequiredService<ILoggerFactory>().CreateLogger("kist");
    }

    /// <summary>Takes a message.</summary>
    public void Write(AgentLogLevel level, string message)
    {
        switch (level)
        {
            case AgentLogLevel.Debug:
                Debug(log, message);
                break;
            case AgentLogLevel.Info:
                Info(log, message);
                break;
            case AgentLogLevel.Warn:
                Warn(log, message);
                break;
            default:
                Error(log, message);
                break;
        }
    }

    /// <summary>Writes what is under way.</summary>
    public void Dispose() => services.Dispose();

    [LoggerMessage(500, LogLevel.Debug, "{Message}")]
    private static partial void Debug(ILogger log, string message);

    [LoggerMessage(501, LogLevel.Information, "{Message}")]
    private static partial void Info(ILogger log, string message);

    [LoggerMessage(502, LogLevel.Warning, "{Message}")]
    private static partial void Warn(ILogger log, string message);

    [LoggerMessage(503, LogLevel.Error, "{Message}")]
    private static partial void Error(ILogger log, string message);
}
