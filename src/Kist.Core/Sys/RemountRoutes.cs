using System.ComponentModel;
using Kist.Core.Pipeline;
using Kist.Core.Routing;

namespace Kist.Core.Sys;

/// <summary>Moves a mount.</summary>
public sealed record RemountRequest
{
    /// <summary>From where.</summary>
    [Description("The mount to move; auth methods with their auth/ prefix.")]
    public string From { get; set; } = "";

    /// <summary>To where.</summary>
    [Description("The new path.")]
    public string To { get; set; } = "";
}

/// <summary>A move. It is one transaction, so it is done when it is answered.</summary>
public sealed record RemountResponse
{
    /// <summary>Names the move.</summary>
    public string MigrationId { get; init; } = "";
}

/// <summary>Asks for the state of a move.</summary>
public sealed record RemountStatusRequest
{
    /// <summary>Names the move.</summary>
    [Description("The id that sys/remount answered.")]
    public string MigrationId { get; set; } = "";
}

/// <summary>The state of a move.</summary>
public sealed record RemountStatusResponse
{
    /// <summary>Names the move.</summary>
    public string MigrationId { get; init; } = "";

    /// <summary>What became of it.</summary>
    public RemountStatus MigrationInfo { get; init; } = new();
}

/// <summary>What became of a move.</summary>
public sealed record RemountStatus
{
    /// <summary>From where.</summary>
    public string SourceMount { get; init; } = "";

    /// <summary>To where.</summary>
    public string TargetMount { get; init; } = "";

    /// <summary>Always <c>success</c>: a failed move is answered with an error.</summary>
    public string Status { get; init; } = "success";
}

/// <summary><c>sys/remount</c>.</summary>
internal sealed class RemountRoutes(Node node)
{
    public void Add(RouteMap map)
    {
        map.Write<RemountRequest, RemountResponse>("remount", RemountAsync, "Move a mount to another path; its data stays where it is.")
            .RequireSudo().Answers(ResponseShape.AlsoAtTop);
        map.Read<RemountStatusRequest, RemountStatusResponse>("remount/status/{migration_id}", StatusAsync, "Tell what became of a move.");
    }

    private async ValueTask<Outcome<RemountResponse>> RemountAsync(RemountRequest request, RequestContext context, CancellationToken ct)
    {
        if (request.From.Length == 0 || request.To.Length == 0)
            return Failure.Invalid("mount.remount_fields", "both \"from\" and \"to\" are required");
        var moved = await node.Mounts.MoveAsync(request.From.Trim('/') + "/", request.To.Trim('/') + "/", ct);
        if (!moved.Succeeded)
            return moved.Failure;
        context.Index = moved.Value.Revision;
        return new RemountResponse { MigrationId = $"{moved.Value.Mount.Uuid}:{Convert.ToHexStringLower(System.Text.Encoding.UTF8.GetBytes(request.From.Trim('/')))}" };
    }

    private async ValueTask<Outcome<RemountStatusResponse>> StatusAsync(RemountStatusRequest request, RequestContext context, CancellationToken ct)
    {
        var parts = request.MigrationId.Split(':');
        var mount = (await node.Mounts.CurrentAsync(ct)).All.FirstOrDefault(m => string.Equals(m.Uuid, parts[0], StringComparison.Ordinal));
        if (mount is null || parts.Length != 2 || !TryText(parts[1], out var from))
            return Failure.NotFound();
        return new RemountStatusResponse
        {
            MigrationId = request.MigrationId,
            MigrationInfo = new RemountStatus { SourceMount = from, TargetMount = mount.Path.TrimEnd('/') },
        };
    }

    private static bool TryText(string hex, out string text)
    {
        var bytes = new byte[hex.Length / 2];
        var valid = Convert.FromHexString(hex, bytes, out _, out var written) == System.Buffers.OperationStatus.Done;
        text = valid ? System.Text.Encoding.UTF8.GetString(bytes, 0, written) : "";
        return valid;
    }
}
