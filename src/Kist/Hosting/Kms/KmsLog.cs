using System.Collections.Concurrent;
using Kist.Core;
using Kist.Kubernetes.Kms;
using Microsoft.Extensions.Logging;

namespace Kist.Hosting.Kms;

/// <summary>Every line that the KMS plugin logs. Event ids: 4xx. Key ids are hashed as API servers hash them.</summary>
internal static partial class KmsLog
{
    [LoggerMessage(400, LogLevel.Information, "kist {Version} serves KMS ({Apis}) on {Socket}, with {RemoteKey}")]
    public static partial void Listening(ILogger log, string version, string apis, string socket, string remoteKey);

    [LoggerMessage(401, LogLevel.Information, "the remote key answers: key id {KeyIdHash} is current")]
    public static partial void Serving(ILogger log, string keyIdHash);

    [LoggerMessage(402, LogLevel.Warning, "degraded: what is in memory serves on under key id {KeyIdHash}: {Reason}")]
    public static partial void Degraded(ILogger log, string keyIdHash, string reason);

    [LoggerMessage(
        403, LogLevel.Warning, "the fallback key serves under its own key id {KeyIdHash}, until the remote key answers; what is written meanwhile counts as stale then: {Reason}")]
    public static partial void OnFallback(ILogger log, string keyIdHash, string reason);

    [LoggerMessage(404, LogLevel.Error, "Encrypt has ended, and Status tells API servers so: the remote key refuses: {Reason}")]
    public static partial void Refused(ILogger log, string reason);

    [LoggerMessage(405, LogLevel.Information, "a new local key serves under key id {KeyIdHash}")]
    public static partial void LocalKeyMade(ILogger log, string keyIdHash);

    [LoggerMessage(406, LogLevel.Warning, "a key failed ({Operation}, {Code}): {Reason}")]
    public static partial void RemoteFailed(ILogger log, string operation, string code, string reason);

    [LoggerMessage(407, LogLevel.Error, "{Method} failed")]
    public static partial void Failed(ILogger log, string method, Exception error);

    [LoggerMessage(408, LogLevel.Information, "reloaded certificates and keys, and reopened the audit file")]
    public static partial void Reloaded(ILogger log);

    [LoggerMessage(
        409,
        LogLevel.Warning,
        "{Reason}: if this plugin encrypts that cluster, its API servers and the remote key wait for each other when all nodes start together; "
        + "put the key outside, or give -fallback-key-file")]
    public static partial void Deadlock(ILogger log, string reason);

    [LoggerMessage(410, LogLevel.Warning, "health and metrics are served on {Address}, which is not this machine alone")]
    public static partial void OpenHealth(ILogger log, string address);

    [LoggerMessage(411, LogLevel.Error, "the audit file cannot be written, and what it cannot record is not answered: {Reason}")]
    public static partial void AuditFailed(ILogger log, string reason);

    [LoggerMessage(
        412, LogLevel.Warning, "a key file beside etcd protects backups of etcd that are taken without it, and nothing else: whoever has the node has both")]
    public static partial void LocalKeyFile(ILogger log);

    [LoggerMessage(
        413,
        LogLevel.Warning,
        "an Azure key wraps with a public key: who can write to etcd and knows the public key can put objects there that decrypt, such as tokens of their own "
        + "choice; what is read stays secret. Keep etcd's writers and the key's readers few, or take a symmetric key")]
    public static partial void PublicKeyWraps(ILogger log);

    [LoggerMessage(
        414, LogLevel.Warning, "the remote key at {Address} is reached without TLS: the token and every local key cross the network in clear; use https://")]
    public static partial void InClear(ILogger log, string address);

    [LoggerMessage(415, LogLevel.Information, "a key that failed answers again ({Operation})")]
    public static partial void RemoteAnswers(ILogger log, string operation);
}

/// <summary>Brings what a plugin has to tell into the log. The keys' failures repeat with each question: the same one is told once, until the key answers.</summary>
internal sealed class KmsLogObserver(ILogger log) : IKmsObserver
{
    private readonly ConcurrentDictionary<string, string> told = new(StringComparer.Ordinal);

    public void ConditionChanged(KmsReport report)
    {
        switch (report.Condition)
        {
            case KmsCondition.Serving:
                told.Clear();
                KmsLog.Serving(log, report.KeyIdHash);
                break;
            case KmsCondition.Fallback:
                KmsLog.OnFallback(log, report.KeyIdHash, report.Reason);
                break;
            case KmsCondition.Refused:
                KmsLog.Refused(log, report.Reason);
                break;
            case KmsCondition.Degraded:
                KmsLog.Degraded(log, report.KeyIdHash, report.Reason);
                break;
            default:
                break;
        }
    }

    public void LocalKeyMade(string keyIdHash) => KmsLog.LocalKeyMade(log, keyIdHash);

    public void RemoteFailed(string operation, Failure failure)
    {
        if (told.TryGetValue(operation, out var last) && last == failure.Message)
            return;
        told[operation] = failure.Message;
        KmsLog.RemoteFailed(log, operation, failure.Code, failure.Message);
    }

    public void RemoteAnswers(string operation)
    {
        told.TryRemove(operation, out _);
        KmsLog.RemoteAnswers(log, operation);
    }

    public void Fault(string method, Exception fault) => KmsLog.Failed(log, method, fault);
}
