using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Google.Protobuf;
using Kist.Core;
using Kist.Crypto;
using Kist.Kubernetes.AtRest.Kms;
using Kist.Kubernetes.Encryption;
using Kist.Kubernetes.Kms.Messages;
using Kist.Wire.Grpc;

namespace Kist.Kubernetes.Kms;

/// <summary>
/// Asks a KMS plugin over its socket, as the API server does, to unwrap what it wrapped. A plugin that fails to answer several times in a row is asked
/// no more, so that a scan of many objects does not wait for each.
/// </summary>
public sealed class KmsSocketClient : IKmsDecrypter, IKmsKeyId, IDisposable
{
    private const int MostSilences = 3;
    private static readonly KmsV2Methods V2 = new("v2");

    private readonly KmsConfiguration kms;
    private readonly string path;
    private readonly GrpcChannel channel;
    private readonly GrpcCallOptions call;
    private int silences;

    private KmsSocketClient(KmsConfiguration kms, Uri address)
    {
        this.kms = kms;
        path = Uri.UnescapeDataString(address.AbsolutePath);
        channel = new GrpcChannel(new GrpcChannelOptions { Address = address, ConnectTimeout = kms.Timeout.Duration });
        call = new GrpcCallOptions { Timeout = kms.Timeout.Duration };
    }

    /// <summary>The provider's name in the configuration.</summary>
    public string Name => kms.Name;

    /// <inheritdoc/>
    public string? CurrentKeyId { get; private set; }

    /// <summary>A client of the plugin that a configuration names; null when its endpoint is no Unix socket.</summary>
    public static KmsSocketClient? Create(KmsConfiguration kms) =>
        Uri.TryCreate(kms.Endpoint, UriKind.Absolute, out var address) && address is { Scheme: "unix", AbsolutePath.Length: > 1 }
            ? new KmsSocketClient(kms, address)
            : null;

    /// <summary>Asks how the plugin is, and, of the second version, which key it uses now.</summary>
    /// <returns>Why it is of no use; null when it is well.</returns>
    public async Task<Failure?> GreetAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (!kms.IsV2)
            {
                await channel.UnaryAsync(KmsV1Methods.Version, new V1VersionRequest { Version = "v1beta1" }, call, cancellationToken);
                return null;
            }
            var status = await channel.UnaryAsync(V2.Status, new StatusRequest(), call, cancellationToken);
            CurrentKeyId = status.KeyId.Length > 0 ? status.KeyId : null;
            return status.Healthz == "ok" ? null : Failure.Unavailable("kms.unhealthy", $"the KMS plugin \"{Name}\" is not healthy: {status.Healthz}");
        }
        catch (GrpcException e)
        {
            return Explain(e);
        }
    }

    /// <inheritdoc/>
    public async ValueTask<Outcome<SecretBytes>> DecryptAsync(KmsCiphertext wrapped, CancellationToken cancellationToken)
    {
        if (silences >= MostSilences)
            return Silent($"it did not answer {MostSilences} times and is asked no more");
        try
        {
            var key = kms.IsV2 ? await DecryptV2Async(wrapped, cancellationToken) : await DecryptV1Async(wrapped, cancellationToken);
            silences = 0;
            return Take(key);
        }
        catch (GrpcException e)
        {
            var failure = Explain(e);
            silences = failure.Kind == FailureKind.Unavailable ? silences + 1 : 0;
            return failure;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => channel.Dispose();

    private async Task<ByteString> DecryptV2Async(KmsCiphertext wrapped, CancellationToken cancellationToken)
    {
        var request = new DecryptRequest
        {
            Ciphertext = UnsafeByteOperations.UnsafeWrap(wrapped.Ciphertext),
            KeyId = wrapped.KeyId,
            Uid = Guid.NewGuid().ToString(),
        };
        foreach (var (name, value) in wrapped.Annotations)
            request.Annotations[name] = UnsafeByteOperations.UnsafeWrap(value);
        return (await channel.UnaryAsync(V2.Decrypt, request, call, cancellationToken)).Plaintext;
    }

    private async Task<ByteString> DecryptV1Async(KmsCiphertext wrapped, CancellationToken cancellationToken)
    {
        var request = new V1DecryptRequest { Version = "v1beta1", Cipher = UnsafeByteOperations.UnsafeWrap(wrapped.Ciphertext) };
        return (await channel.UnaryAsync(KmsV1Methods.Decrypt, request, call, cancellationToken)).Plain;
    }

    // The message's own copy is wiped, too.
    private static SecretBytes Take(ByteString key)
    {
        var secret = new SecretBytes(key.Span);
        if (MemoryMarshal.TryGetArray(key.Memory, out var array))
            CryptographicOperations.ZeroMemory(array);
        return secret;
    }

    private Failure Explain(GrpcException e)
    {
        if (e.Origin == GrpcOrigin.Server && e.Status is not (GrpcStatusCode.Unavailable or GrpcStatusCode.DeadlineExceeded))
            return Failure.Invalid("kms.refused", $"rpc error: code = {e.Status} desc = {e.Detail}");
        return Silent(IsAbsent ? "there is no such socket" : e.Detail);
    }

    // The system's own words for a missing socket speak of an address. One in the abstract namespace is no file.
    private bool IsAbsent => !path.StartsWith("/@", StringComparison.Ordinal) && !File.Exists(path);

    private Failure Silent(string reason) =>
        Failure.Unavailable("kms.no_plugin", $"the KMS plugin \"{Name}\" at {kms.Endpoint} does not answer: {reason}");
}
