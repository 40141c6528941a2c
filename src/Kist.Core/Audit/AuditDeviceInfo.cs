namespace Kist.Core.Audit;

/// <summary>An audit device, as <c>sys/audit</c> takes and lists it.</summary>
/// <param name="Path">The name it is enabled under; listed with a trailing <c>/</c>.</param>
/// <param name="Type"><c>file</c> or <c>stdout</c>.</param>
public sealed record AuditDeviceInfo(string Path, string Type)
{
    /// <summary>For people.</summary>
    public string Description { get; init; } = "";

    /// <summary>
    /// <c>file_path</c> (or <c>path</c>), <c>mode</c>, <c>log_raw</c>, <c>hmac_accessor</c>, <c>fsync</c>, <c>elide_list_responses</c>, <c>format</c>.
    /// </summary>
    public IReadOnlyDictionary<string, string> Options { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Kist has no use for it but answers it.</summary>
    public bool Local { get; init; }
}
