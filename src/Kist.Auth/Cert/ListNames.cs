using System.ComponentModel;
using Kist.Auth.Cert.Stored;
using Kist.Core;
using Kist.Core.Audit;
using Kist.Core.Pipeline;

namespace Kist.Auth.Cert;

internal sealed record ListRequest
{
    [Description("Answer only names greater than this, which need not exist.")]
    [AuditPlain]
    public string? After { get; init; }

    [Description("Most names to answer; 0 for all.")]
    [AuditPlain]
    public int Limit { get; init; }
}

internal sealed record NameList
{
    [Description("The names.")]
    [AuditPlain]
    public IReadOnlyList<string> Keys { get; init; } = [];
}

/// <summary><c>LIST certs</c> and <c>LIST crls</c>. None is not found, as the Vault API has it.</summary>
internal static class ListNames
{
    public static ValueTask<Outcome<NameList>> RolesAsync(ListRequest request, RequestContext context, CancellationToken cancellationToken) =>
        ListAsync(CertStore.Roles, request, context, cancellationToken);

    public static ValueTask<Outcome<NameList>> CrlsAsync(ListRequest request, RequestContext context, CancellationToken cancellationToken) =>
        ListAsync(CertStore.Crls, request, context, cancellationToken);

    private static async ValueTask<Outcome<NameList>> ListAsync(
        string folder, ListRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        var after = request.After ?? "";
        if (after.Length > CertName.MaxLength)
            return Failure.Invalid("cert.invalid_after", $"field \"after\": is longer than {CertName.MaxLength} characters");
        var names = await context.Storage.Folder(folder).ListAsync(after, request.Limit, cancellationToken);
        return names.Count == 0 ? Failure.NotFound() : new NameList { Keys = names };
    }
}
