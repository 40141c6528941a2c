using Kist.Kubernetes.Kms.Messages;
using Kist.Wire.Grpc;

namespace Kist.Kubernetes.Kms;

/// <summary>The methods of a version of KMS v2.</summary>
internal sealed record KmsV2Methods(string Package)
{
    public GrpcMethod<StatusRequest, StatusResponse> Status { get; } = new($"{Package}.KeyManagementService/Status");

    public GrpcMethod<EncryptRequest, EncryptResponse> Encrypt { get; } = new($"{Package}.KeyManagementService/Encrypt");

    public GrpcMethod<DecryptRequest, DecryptResponse> Decrypt { get; } = new($"{Package}.KeyManagementService/Decrypt");
}

/// <summary>The method of gRPC's health checking protocol. <c>Watch</c> is left out, which the protocol allows.</summary>
internal static class HealthMethods
{
    public static GrpcMethod<HealthCheckRequest, HealthCheckResponse> Check { get; } = new("grpc.health.v1.Health/Check");
}

/// <summary>The methods of KMS v1.</summary>
internal static class KmsV1Methods
{
    public static GrpcMethod<V1VersionRequest, V1VersionResponse> Version { get; } = new("v1beta1.KeyManagementService/Version");

    public static GrpcMethod<V1EncryptRequest, V1EncryptResponse> Encrypt { get; } = new("v1beta1.KeyManagementService/Encrypt");

    public static GrpcMethod<V1DecryptRequest, V1DecryptResponse> Decrypt { get; } = new("v1beta1.KeyManagementService/Decrypt");
}
