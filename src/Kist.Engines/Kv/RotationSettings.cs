using Kist.Wire.Http;

namespace Kist.Engines.Kv;

/// <summary>What the server's configuration lets rotation rules reach. Nothing, unless it says so: rules are written by users.</summary>
public sealed record RotationSettings
{
    private readonly IReadOnlyList<string> httpTargets = [];

    /// <summary>Beginnings of addresses that http targets may have; see <see cref="CheckPrefix"/>.</summary>
    /// <exception cref="ArgumentException">One is faulty.</exception>
    public IReadOnlyList<string> HttpTargets
    {
        get => httpTargets;
        init
        {
            if (value.Select(CheckPrefix).FirstOrDefault(fault => fault is not null) is { } bad)
                throw new ArgumentException(bad, nameof(value));
            httpTargets = value;
        }
    }

    /// <summary>Folder of the programs that exec targets may run; empty for none.</summary>
    public string ExecFolder { get; init; } = "";

    /// <summary>What is wrong with the beginning of an address; null for nothing. It is an address of its own, without a query.</summary>
    public static string? CheckPrefix(string prefix)
    {
        if (DocumentFetch.CheckAddress(prefix) is { } fault)
            return $"\"{prefix}\" {fault}";
        return new Uri(prefix).Query.Length > 0 || HidesSegments(prefix)
            ? $"\"{prefix}\" must have neither a query nor encoded or relative segments"
            : null;
    }

    /// <summary>What is wrong with the address of a target; null when it may be called.</summary>
    public string? CheckUrl(string url)
    {
        if (DocumentFetch.CheckAddress(url) is { } fault)
            return fault;
        if (HidesSegments(url))
            return "must have no encoded or relative segments";
        return httpTargets.Any(prefix => Covers(new Uri(prefix), new Uri(url)))
            ? null
            : "is not below any of the addresses that the server's configuration allows (rotation, http_targets)";
    }

    // Segment by segment: https://a/hook covers https://a/hook and https://a/hook/b, and not https://a/hooks.
    private static bool Covers(Uri prefix, Uri url)
    {
        if (prefix.Scheme != url.Scheme || prefix.IdnHost != url.IdnHost || prefix.Port != url.Port)
            return false;
        var (above, path) = (prefix.AbsolutePath.TrimEnd('/'), url.AbsolutePath);
        return path.StartsWith(above, StringComparison.Ordinal) && (path.Length == above.Length || path[above.Length] == '/');
    }

    // What a server may read otherwise than it is compared here.
    private static bool HidesSegments(string url) =>
        url.Contains('\\', StringComparison.Ordinal) || url.Contains('%', StringComparison.Ordinal)
        || url.Split('?')[0].Split('/').Any(segment => segment is "." or "..");
}
