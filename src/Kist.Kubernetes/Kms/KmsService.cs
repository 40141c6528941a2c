using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Google.Protobuf;
using Kist.Core;
using Kist.Kubernetes.AtRest.Kms;
using Kist.Kubernetes.Kms.Messages;
using Kist.Wire.Grpc;
using Kist.Wire.Grpc.Server;

namespace Kist.Kubernetes.Kms;

/// <summary>Puts a plugin behind gRPC, counts every call and records those that use a key.</summary>
/// <param name="plugin">Does the work.</param>
/// <param name="audit">Records; a call that cannot be recorded is not answered. Null for no record.</param>
/// <param name="metrics">Counts.</param>
/// <param name="time">Measures.</param>
/// <param name="version">The program's, for v1.</param>
public sealed class KmsService(KmsPlugin plugin, IKmsAudit? audit, KmsMetrics metrics, TimeProvider time, string version)
{
    /// <summary>The largest message: far more than an API server sends, so that nobody makes the plugin hold much.</summary>
    public const int MostMessageBytes = 256 * 1024;

    /// <summary>A server that answers these versions.</summary>
    public GrpcServer Serve(IReadOnlySet<KmsApi> apis, Action<string, Exception> onFault)
    {
        var server = new GrpcServer(new GrpcServerOptions { MaxReceiveBytes = MostMessageBytes, Time = time, OnFault = onFault });
        if (apis.Contains(KmsApi.V2) || apis.Contains(KmsApi.V2Beta1))
            AddV2(server, new KmsV2Methods("v2"), apis.Contains(KmsApi.V2Beta1) ? "v2beta1" : "v2");
        if (apis.Contains(KmsApi.V2Alpha1))
            AddV2(server, new KmsV2Methods("v2alpha1"), "v2alpha1");
        if (apis.Contains(KmsApi.V1Beta1))
            AddV1(server);
        var names = apis.Select(static api => ServiceName(api)).Append("").ToHashSet(StringComparer.Ordinal);
        return server.Unary(HealthMethods.Check, (request, _, _) => ValueTask.FromResult(Check(request.Service, names)));
    }

    private static string ServiceName(KmsApi api) => api switch
    {
        KmsApi.V2Alpha1 => "v2alpha1.KeyManagementService",
        KmsApi.V1Beta1 => "v1beta1.KeyManagementService",
        _ => "v2.KeyManagementService",
    };

    // As /readyz says it: an outage that is served through takes nobody out of service.
    private HealthCheckResponse Check(string service, HashSet<string> names)
    {
        if (!names.Contains(service))
            throw new GrpcException(GrpcStatusCode.NotFound, "there is no such service here");
        return new HealthCheckResponse
        {
            Status = plugin.Report().IsReady ? HealthCheckResponse.Types.ServingStatus.Serving : HealthCheckResponse.Types.ServingStatus.NotServing,
        };
    }

    private void AddV2(GrpcServer server, KmsV2Methods methods, string statusVersion) => server
        .Unary(methods.Status, (_, _, _) => ValueTask.FromResult(Status(statusVersion)))
        .Unary(methods.Encrypt, (request, _, _) => ValueTask.FromResult(Encrypt(request)))
        .Unary(methods.Decrypt, (request, _, cancellation) => DecryptAsync(request, cancellation));

    private void AddV1(GrpcServer server) => server
        .Unary(KmsV1Methods.Version, (_, _, _) => ValueTask.FromResult(
            new V1VersionResponse { Version = "v1beta1", RuntimeName = "kist", RuntimeVersion = version }))
        .Unary(KmsV1Methods.Encrypt, (request, _, _) => ValueTask.FromResult(EncryptV1(request)))
        .Unary(KmsV1Methods.Decrypt, (request, _, cancellation) => DecryptV1Async(request, cancellation));

    private StatusResponse Status(string statusVersion)
    {
        var began = time.GetTimestamp();
        var response = new StatusResponse { Version = statusVersion, Healthz = plugin.Health(), KeyId = plugin.CurrentKeyId ?? "" };
        metrics.Count(KmsCall.Status, null, time.GetElapsedTime(began));
        return response;
    }

    private EncryptResponse Encrypt(EncryptRequest request)
    {
        var began = time.GetTimestamp();
        var outcome = plugin.Encrypt(request.Plaintext.Span);
        Wipe(request.Plaintext);
        var wrapped = Finish(KmsCall.Encrypt, request.Uid, outcome.Succeeded ? outcome.Value.KeyId : "", outcome, began);
        var response = new EncryptResponse { Ciphertext = UnsafeByteOperations.UnsafeWrap(wrapped.Ciphertext), KeyId = wrapped.KeyId };
        foreach (var (name, value) in wrapped.Annotations)
            response.Annotations.Add(name, UnsafeByteOperations.UnsafeWrap(value));
        return response;
    }

    private async ValueTask<DecryptResponse> DecryptAsync(DecryptRequest request, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        var annotations = request.Annotations.Select(static a => new KmsAnnotation(a.Key, a.Value.Memory)).ToList();
        var outcome = await plugin.DecryptAsync(request.Ciphertext.Memory, request.KeyId, annotations, cancellationToken);
        return new DecryptResponse { Plaintext = UnsafeByteOperations.UnsafeWrap(Finish(KmsCall.Decrypt, request.Uid, request.KeyId, outcome, began)) };
    }

    private V1EncryptResponse EncryptV1(V1EncryptRequest request)
    {
        var began = time.GetTimestamp();
        var outcome = plugin.EncryptV1(request.Plain.Span);
        Wipe(request.Plain);
        return new V1EncryptResponse { Cipher = UnsafeByteOperations.UnsafeWrap(Finish(KmsCall.Encrypt, "", plugin.CurrentKeyId ?? "", outcome, began)) };
    }

    private async ValueTask<V1DecryptResponse> DecryptV1Async(V1DecryptRequest request, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        var outcome = await plugin.DecryptV1Async(request.Cipher.Memory, cancellationToken);
        var plain = Finish(KmsCall.Decrypt, "", KmsPlugin.KeyIdOfV1(request.Cipher.Memory), outcome, began);
        return new V1DecryptResponse { Plain = UnsafeByteOperations.UnsafeWrap(plain) };
    }

    private T Finish<T>(KmsCall call, string uid, string keyId, Outcome<T> outcome, long began)
    {
        var elapsed = time.GetElapsedTime(began);
        metrics.Count(call, outcome.Failure, elapsed);
        var record = new KmsAuditRecord(call.ToString(), uid, KmsPurpose.Hash(keyId), outcome.Failure?.Code ?? "", elapsed);
        if (audit is not null && !audit.TryWrite(record))
            throw new GrpcException(GrpcStatusCode.Unavailable, "the call cannot be recorded in the audit file, so it is not answered");
        return outcome.Succeeded ? outcome.Value : throw new GrpcException(Code(outcome.Failure), outcome.Failure.Message);
    }

    private static GrpcStatusCode Code(Failure failure) => failure.Kind switch
    {
        FailureKind.Invalid or FailureKind.TooLarge => GrpcStatusCode.InvalidArgument,
        FailureKind.NotFound => GrpcStatusCode.NotFound,
        FailureKind.Denied or FailureKind.Unauthenticated => GrpcStatusCode.PermissionDenied,
        FailureKind.Unsupported or FailureKind.Conflict => GrpcStatusCode.FailedPrecondition,
        FailureKind.Internal => GrpcStatusCode.Internal,
        _ => GrpcStatusCode.Unavailable,
    };

    // What the parser copied is ours alone. What is answered cannot be wiped: the web server still sends it.
    private static void Wipe(ByteString plaintext)
    {
        if (MemoryMarshal.TryGetArray(plaintext.Memory, out var bytes))
            CryptographicOperations.ZeroMemory(bytes);
    }
}
