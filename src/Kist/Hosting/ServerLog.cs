using Kist.Core;
using Microsoft.Extensions.Logging;

namespace Kist.Hosting;

/// <summary>Every line the server logs. Event ids: 1xx life, 2xx requests, 3xx parts. No line holds a value, token or key.</summary>
internal static partial class ServerLog
{
    [LoggerMessage(100, LogLevel.Information, "kist {Version} listens on {Addresses}")]
    public static partial void Listening(ILogger log, string version, string addresses);

    [LoggerMessage(101, LogLevel.Information, "stopping: requests under way are finished first")]
    public static partial void Stopping(ILogger log);

    [LoggerMessage(102, LogLevel.Information, "stopped")]
    public static partial void Stopped(ILogger log);

    [LoggerMessage(103, LogLevel.Information, "reloaded certificates and reopened audit files")]
    public static partial void Reloaded(ILogger log);

    [LoggerMessage(104, LogLevel.Error, "reload failed, what was in force before stays so: {Reason}")]
    public static partial void ReloadFailed(ILogger log, string reason);

    [LoggerMessage(105, LogLevel.Warning, "configuration: {Setting}")]
    public static partial void SettingIgnored(ILogger log, string setting);

    [LoggerMessage(106, LogLevel.Warning, "listener {Address} serves plain HTTP: tokens and secrets can be read on the network")]
    public static partial void PlainHttp(ILogger log, string address);

    [LoggerMessage(107, LogLevel.Warning, "the process could not be hardened: {Reason}")]
    public static partial void NotHardened(ILogger log, string reason);

    [LoggerMessage(108, LogLevel.Information, "took a renewed certificate over")]
    public static partial void CertificateRenewed(ILogger log);

    [LoggerMessage(200, LogLevel.Error, "request {RequestId} failed")]
    public static partial void RequestFailed(ILogger log, string requestId, Exception error);

    [LoggerMessage(201, LogLevel.Error, "request {RequestId}: the store does not answer: {Reason}")]
    public static partial void StoreUnavailable(ILogger log, string requestId, string reason);

    [LoggerMessage(300, LogLevel.Information, "{State}")]
    public static partial void StateChanged(ILogger log, string state);

    [LoggerMessage(301, LogLevel.Warning, "{Problem}")]
    public static partial void Problem(ILogger log, string problem);

    [LoggerMessage(302, LogLevel.Error, "background duty {Duty} failed and is tried again")]
    public static partial void DutyFailed(ILogger log, string duty, Exception error);
}

/// <summary>Brings what a node has to tell into the log.</summary>
internal sealed class LoggingObserver(ILogger log) : INodeObserver
{
    public void Fault(string requestId, Exception error) => ServerLog.RequestFailed(log, requestId, error);

    public void StoreUnavailable(string requestId, Exception error) => ServerLog.StoreUnavailable(log, requestId, error.Message);

    public void StateChanged(string state) => ServerLog.StateChanged(log, state);

    public void Problem(string problem) => ServerLog.Problem(log, problem);

    public void DutyFailed(string duty, Exception error) => ServerLog.DutyFailed(log, duty, error);
}
