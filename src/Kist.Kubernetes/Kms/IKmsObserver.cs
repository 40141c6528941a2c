using Kist.Core;

namespace Kist.Kubernetes.Kms;

/// <summary>What a plugin has to tell its log. Key ids are hashed as API servers hash them.</summary>
public interface IKmsObserver
{
    /// <summary>The plugin serves under another condition than before.</summary>
    void ConditionChanged(KmsReport report);

    /// <summary>A new local key serves, wrapped by the version that the hash names.</summary>
    void LocalKeyMade(string keyIdHash);

    /// <summary>The remote key failed, or the fallback key's file (operation <c>fallback</c>).</summary>
    void RemoteFailed(string operation, Failure failure);

    /// <summary>A key answers again that failed, by the operation that failed.</summary>
    void RemoteAnswers(string operation);

    /// <summary>A bug or broken infrastructure below a call.</summary>
    void Fault(string method, Exception fault);
}
