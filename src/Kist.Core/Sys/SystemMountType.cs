using System.Text.Json.Serialization;
using Kist.Core.Mounts;
using Kist.Core.Routing;
using Kist.Core.Routing.Fields;
using Kist.Core.Wrapping;

namespace Kist.Core.Sys;

/// <summary>The <c>sys/</c> engine: what operators call. Each group of routes is a class of its own.</summary>
internal sealed class SystemMountType : MountType
{
    private readonly Lazy<RouteTable> routes;

    // The node is still being put together when this is made.
    public SystemMountType(Node node) => routes = new Lazy<RouteTable>(() => Build(node));

    public override string Name => "system";

    public override MountKind Kind => MountKind.Secrets;

    public override string Description => "System endpoints used for control, policy and debugging.";

    public override bool IsBuiltIn => true;

    public override RouteTable Routes(IReadOnlyDictionary<string, string> options) => routes.Value;

    private static RouteTable Build(Node node)
    {
        var map = new RouteMap(new SysJson(FieldJson.Options()));
        new HealthRoutes(node).Add(map);
        new InitRoutes(node).Add(map);
        new SealRoutes(node).Add(map);
        new RotateRoutes(node).Add(map);
        new GenerateRootRoutes(node).Add(map);
        new RekeyRoutes(node, recovery: false).Add(map);
        new RekeyRoutes(node, recovery: true).Add(map);
        new MountRoutes(node, MountKind.Secrets).Add(map);
        new MountRoutes(node, MountKind.Auth).Add(map);
        new RemountRoutes(node).Add(map);
        new UiRoutes(node).Add(map);
        new PolicyRoutes(node).Add(map);
        new PasswordPolicyRoutes(node).Add(map);
        new CapabilityRoutes(node).Add(map);
        new AuditRoutes(node).Add(map);
        new LeaseRoutes(node).Add(map);
        new LeaseQuotaRoutes(node).Add(map);
        new LockedUserRoutes(node).Add(map);
        new MfaValidateRoutes(node).Add(map);
        new WatchRoutes(node).Add(map);
        new HostRoutes(node).Add(map);
        new VersionHistory(node).Add(map);
        WrappingRoutes.Add(map, node.Wrapping);
        ToolRoutes.Add(map);
        return map.Build();
    }
}

[JsonSerializable(typeof(HealthResponse))]
[JsonSerializable(typeof(LeaderResponse))]
[JsonSerializable(typeof(InitStatusResponse))]
[JsonSerializable(typeof(InitRequest))]
[JsonSerializable(typeof(InitResponse))]
[JsonSerializable(typeof(SealStatusResponse))]
[JsonSerializable(typeof(UnsealRequest))]
[JsonSerializable(typeof(SealRequest))]
[JsonSerializable(typeof(KeyStatusResponse))]
[JsonSerializable(typeof(RotateConfigRequest))]
[JsonSerializable(typeof(RotateConfigResponse))]
[JsonSerializable(typeof(GenerateRootRequest))]
[JsonSerializable(typeof(GenerateRootUpdateRequest))]
[JsonSerializable(typeof(GenerateRootResponse))]
[JsonSerializable(typeof(RekeyRequest))]
[JsonSerializable(typeof(RekeyShareRequest))]
[JsonSerializable(typeof(RekeyResponse))]
[JsonSerializable(typeof(RekeyVerificationResponse))]
[JsonSerializable(typeof(MountPathRequest))]
[JsonSerializable(typeof(EnableMountRequest))]
[JsonSerializable(typeof(TuneMountRequest))]
[JsonSerializable(typeof(TuneMountResponse))]
[JsonSerializable(typeof(MountResponse))]
[JsonSerializable(typeof(SortedDictionary<string, MountResponse>))]
[JsonSerializable(typeof(RemountRequest))]
[JsonSerializable(typeof(RemountResponse))]
[JsonSerializable(typeof(RemountStatusRequest))]
[JsonSerializable(typeof(RemountStatusResponse))]
[JsonSerializable(typeof(UiMountsResponse))]
[JsonSerializable(typeof(UiMountResponse))]
[JsonSerializable(typeof(PolicyNameRequest))]
[JsonSerializable(typeof(WritePolicyRequest))]
[JsonSerializable(typeof(AclPolicyResponse))]
[JsonSerializable(typeof(LegacyPolicyResponse))]
[JsonSerializable(typeof(PolicyListResponse))]
[JsonSerializable(typeof(PasswordPolicyNameRequest))]
[JsonSerializable(typeof(WritePasswordPolicyRequest))]
[JsonSerializable(typeof(PasswordPolicyResponse))]
[JsonSerializable(typeof(GeneratedPasswordResponse))]
[JsonSerializable(typeof(ListResponse))]
[JsonSerializable(typeof(CapabilitiesRequest))]
[JsonSerializable(typeof(Dictionary<string, IReadOnlyList<string>>))]
[JsonSerializable(typeof(LeaseRequest))]
[JsonSerializable(typeof(LeasePrefixRequest))]
[JsonSerializable(typeof(LeaseResponse))]
[JsonSerializable(typeof(LeasesRequest))]
[JsonSerializable(typeof(LeaseCountResponse))]
[JsonSerializable(typeof(IrrevocableLeasesResponse))]
[JsonSerializable(typeof(LeaseSweepsResponse))]
[JsonSerializable(typeof(LeaseQuotaRequest))]
[JsonSerializable(typeof(LeaseQuotaResponse))]
[JsonSerializable(typeof(LockedUsersRequest))]
[JsonSerializable(typeof(LockedUsersResponse))]
[JsonSerializable(typeof(UnlockUserRequest))]
[JsonSerializable(typeof(MetricsRequest))]
[JsonSerializable(typeof(MfaValidateRequest))]
[JsonSerializable(typeof(WatchRequest))]
[JsonSerializable(typeof(WatchResponse))]
[JsonSerializable(typeof(HostInfoResponse))]
[JsonSerializable(typeof(HaStatusResponse))]
[JsonSerializable(typeof(SortedDictionary<string, InFlightResponse>))]
[JsonSerializable(typeof(VersionHistoryResponse))]
[JsonSerializable(typeof(HashRequest))]
[JsonSerializable(typeof(HashResponse))]
[JsonSerializable(typeof(RandomRequest))]
[JsonSerializable(typeof(RandomResponse))]
[JsonSerializable(typeof(AuditPathRequest))]
[JsonSerializable(typeof(EnableAuditRequest))]
[JsonSerializable(typeof(SortedDictionary<string, AuditDeviceResponse>))]
[JsonSerializable(typeof(AuditHashRequest))]
[JsonSerializable(typeof(AuditHashResponse))]
[JsonSerializable(typeof(AuditHeaderRequest))]
[JsonSerializable(typeof(AuditHeadersResponse))]
[JsonSerializable(typeof(Dictionary<string, AuditHeaderSetting>))]
[JsonSerializable(typeof(WrappingTokenRequest))]
[JsonSerializable(typeof(WrappingLookup))]
[JsonSerializable(typeof(RawJson))]
internal sealed partial class SysJson : JsonSerializerContext;
