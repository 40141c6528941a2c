namespace Kist.Auth.Kubernetes;

/// <summary>The address of an API server as operators write it: an address, or a host with or without a port.</summary>
internal static class ClusterAddress
{
    /// <summary>Reads it; null when something is wrong, which <paramref name="fault"/> tells.</summary>
    public static Uri? TryParse(string text, out string fault)
    {
        fault = "";
        var whole = text.Contains("://", StringComparison.Ordinal) ? text : $"https://{text}";
        if (text.Length == 0 || !Uri.TryCreate(whole, UriKind.Absolute, out var address) || address.Host.Length == 0)
            fault = "must be the address of an API server";
        else if (address.Scheme is not ("https" or "http"))
            fault = "must begin with https://";
        else if (address.UserInfo.Length > 0 || address.Query.Length > 0 || address.Fragment.Length > 0)
            fault = "must have neither a user, nor a query, nor a fragment";
        else if (address.Scheme == "http" && !address.IsLoopback)
            fault = "must begin with https://, for tokens are sent there";
        else
            return address;
        return null;
    }
}
