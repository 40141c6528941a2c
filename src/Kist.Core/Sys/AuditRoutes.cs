using System.ComponentModel;
using Kist.Core.Audit;
using Kist.Core.Pipeline;
using Kist.Core.Routing;
using Kist.Crypto;

namespace Kist.Core.Sys;

/// <summary>Names an audit device.</summary>
public sealed record AuditPathRequest
{
    /// <summary>The device.</summary>
    [Description("The device's path.")]
    [AuditPlain]
    public string Path { get; set; } = "";
}

/// <summary>Enables an audit device.</summary>
public sealed record EnableAuditRequest
{
    /// <summary>The device.</summary>
    [Description("The device's path.")]
    [AuditPlain]
    public string Path { get; set; } = "";

    /// <summary>The kind.</summary>
    [Description("\"file\" or \"stdout\".")]
    [AuditPlain]
    public string Type { get; set; } = "";

    /// <summary>For people.</summary>
    [Description("A description for people.")]
    public string Description { get; set; } = "";

    /// <summary>Settings.</summary>
    [Description("Options: file_path, mode, log_raw, hmac_accessor, fsync, elide_list_responses.")]
    public IReadOnlyDictionary<string, string>? Options { get; set; }

    /// <summary>Accepted for compatibility.</summary>
    [Description("Accepted for compatibility: there is no replication.")]
    public bool Local { get; set; }
}

/// <summary>An audit device.</summary>
public sealed record AuditDeviceResponse
{
    /// <summary>The kind.</summary>
    public string Type { get; init; } = "";

    /// <summary>For people.</summary>
    public string Description { get; init; } = "";

    /// <summary>Settings.</summary>
    public IReadOnlyDictionary<string, string> Options { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>With trailing slash.</summary>
    public string Path { get; init; } = "";

    /// <summary>Always false.</summary>
    public bool Local { get; init; }
}

/// <summary>Asks for the hash that a device would write.</summary>
public sealed record AuditHashRequest
{
    /// <summary>The device.</summary>
    [Description("The device's path.")]
    [AuditPlain]
    public string Path { get; set; } = "";

    /// <summary>The value.</summary>
    [Description("The value to hash as the device would.")]
    public SecretText? Input { get; set; }
}

/// <summary>A hash as it stands in audit records.</summary>
public sealed record AuditHashResponse
{
    /// <summary><c>hmac-sha256:</c> and the hash.</summary>
    [AuditPlain]
    public string Hash { get; init; } = "";
}

/// <summary>Names an audited request header.</summary>
public sealed record AuditHeaderRequest
{
    /// <summary>The header.</summary>
    [Description("The header's name; case does not matter.")]
    [AuditPlain]
    public string Name { get; set; } = "";

    /// <summary>Hidden or in clear.</summary>
    [Description("True hashes the header's value.")]
    public bool Hmac { get; set; }
}

/// <summary>How a header is audited.</summary>
public sealed record AuditHeaderSetting
{
    /// <summary>True hashes the value.</summary>
    public bool Hmac { get; init; }
}

/// <summary>The audited headers.</summary>
public sealed record AuditHeadersResponse
{
    /// <summary>By name.</summary>
    public Dictionary<string, AuditHeaderSetting> Headers { get; init; } = new(StringComparer.Ordinal);
}

/// <summary><c>sys/audit</c>, <c>sys/audit-hash</c> and <c>sys/config/auditing</c>.</summary>
internal sealed class AuditRoutes(Node node)
{
    private const string Headers = "config/auditing/request-headers";

    public void Add(RouteMap map)
    {
        map.Read<Nothing, SortedDictionary<string, AuditDeviceResponse>>("audit", ListAsync, "List the audit devices.")
            .RequireSudo().Answers(ResponseShape.AlsoAtTop);
        map.Write<EnableAuditRequest, Nothing>("audit/{path**}", EnableAsync, "Enable an audit device.").RequireSudo();
        map.Delete<AuditPathRequest, Nothing>("audit/{path**}", DisableAsync, "Disable an audit device.").RequireSudo();
        map.Write<AuditHashRequest, AuditHashResponse>("audit-hash/{path**}", Hash, "Hash a value as a device does, to find it in the records.")
            .Answers(ResponseShape.AlsoAtTop);

        map.Read<Nothing, AuditHeadersResponse>(Headers, ListHeadersAsync, "List the request headers that are audited.")
            .RequireSudo().Answers(ResponseShape.AlsoAtTop);
        map.Read<AuditHeaderRequest, Dictionary<string, AuditHeaderSetting>>(Headers + "/{name}", ReadHeaderAsync, "Tell how a request header is audited.")
            .RequireSudo().Answers(ResponseShape.AlsoAtTop);
        map.Write<AuditHeaderRequest, Nothing>(Headers + "/{name}", WriteHeaderAsync, "Audit a request header.").RequireSudo();
        map.Delete<AuditHeaderRequest, Nothing>(Headers + "/{name}", DeleteHeaderAsync, "Audit a request header no more.").RequireSudo();
    }

    private async ValueTask<Outcome<SortedDictionary<string, AuditDeviceResponse>>> ListAsync(Nothing request, RequestContext context, CancellationToken ct)
    {
        var devices = new SortedDictionary<string, AuditDeviceResponse>(StringComparer.Ordinal);
        foreach (var device in await node.AuditService.ListAsync(ct))
        {
            devices[device.Path] = new AuditDeviceResponse
            {
                Type = device.Type,
                Description = device.Description,
                Options = device.Options,
                Path = device.Path,
            };
        }
        return devices;
    }

    private async ValueTask<Outcome<Nothing>> EnableAsync(EnableAuditRequest request, RequestContext context, CancellationToken ct) =>
        await node.AuditService.EnableAsync(
            new AuditDeviceInfo(request.Path, request.Type)
            {
                Description = request.Description,
                Local = request.Local,
                Options = request.Options ?? new Dictionary<string, string>(StringComparer.Ordinal),
            },
            ct);

    private async ValueTask<Outcome<Nothing>> DisableAsync(AuditPathRequest request, RequestContext context, CancellationToken ct) =>
        await node.AuditService.DisableAsync(request.Path, ct);

    private ValueTask<Outcome<AuditHashResponse>> Hash(AuditHashRequest request, RequestContext context, CancellationToken ct)
    {
        if (request.Input is null)
            return new(Failure.Invalid("audit.hash_input", "field \"input\" is required"));
        var hash = node.Audit.Hash(request.Path, request.Input.Utf8);
        return new(hash.Succeeded ? new AuditHashResponse { Hash = hash.Value } : new Outcome<AuditHashResponse>(hash.Failure));
    }

    private async ValueTask<Outcome<AuditHeadersResponse>> ListHeadersAsync(Nothing request, RequestContext context, CancellationToken ct)
    {
        var response = new AuditHeadersResponse();
        foreach (var header in await node.AuditService.ListHeadersAsync(ct))
            response.Headers[header.Name] = new AuditHeaderSetting { Hmac = header.Hmac };
        return response;
    }

    private async ValueTask<Outcome<Dictionary<string, AuditHeaderSetting>>> ReadHeaderAsync(AuditHeaderRequest request, RequestContext context, CancellationToken ct)
    {
        var header = (await node.AuditService.ListHeadersAsync(ct)).FirstOrDefault(h => string.Equals(h.Name, request.Name, StringComparison.OrdinalIgnoreCase));
        return header is null
            ? Failure.Invalid("audit.unknown_header", $"header \"{request.Name}\" is not audited")
            : new Dictionary<string, AuditHeaderSetting>(StringComparer.Ordinal) { [header.Name] = new() { Hmac = header.Hmac } };
    }

    private async ValueTask<Outcome<Nothing>> WriteHeaderAsync(AuditHeaderRequest request, RequestContext context, CancellationToken ct) =>
        await node.AuditService.PutHeaderAsync(request.Name, request.Hmac, ct);

    private async ValueTask<Outcome<Nothing>> DeleteHeaderAsync(AuditHeaderRequest request, RequestContext context, CancellationToken ct) =>
        await node.AuditService.DeleteHeaderAsync(request.Name, ct);
}
