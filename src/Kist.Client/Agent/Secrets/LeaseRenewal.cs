using System.Net;

namespace Kist.Client.Agent.Secrets;

/// <summary>Asks for more time for a lease.</summary>
internal static class LeaseRenewal
{
    /// <summary>The lease as it is after the question: <see cref="LeaseTerm.After"/>.</summary>
    public static async Task<SecretLease> AskAsync(SecretLease lease, AgentRequests requests, TimeProvider time, CancellationToken cancellation)
    {
        var (status, granted) = await SendAsync(lease, requests, cancellation);
        return lease with { Term = lease.Term.After(status, granted, time) };
    }

    private static async Task<(HttpStatusCode? Status, TimeSpan Granted)> SendAsync(
        SecretLease lease, AgentRequests requests, CancellationToken cancellation)
    {
        try
        {
            var response = await requests.SendAsync(lease.Renewal(), cancellation);
            var source = lease.Made is null ? response.Json : response.Json?.Object("auth");
            var granted = source?.Number("lease_duration") is > 0 and < int.MaxValue and var seconds ? seconds : 0;
            return (response.Status, TimeSpan.FromSeconds(granted));
        }
        catch (ConnectionException)
        {
            return (null, TimeSpan.Zero);
        }
    }
}

/// <summary>Ends leases at the server.</summary>
internal static class LeaseEnd
{
    /// <summary>Ends them, all at once.</summary>
    /// <returns>How many could not be ended.</returns>
    public static async Task<int> RevokeAsync(IReadOnlyList<SecretLease> leases, AgentRequests requests, TimeSpan patience, TimeProvider time)
    {
        if (leases.Count == 0 || requests.Token.Current is null)
            return leases.Count;
        using var limit = new CancellationTokenSource(patience, time);
        var ended = await Task.WhenAll(leases.Select(lease => TryAsync(lease, requests, limit.Token)));
        return ended.Count(static e => !e);
    }

    private static async Task<bool> TryAsync(SecretLease lease, AgentRequests requests, CancellationToken cancellation)
    {
        try
        {
            return (await requests.SendAsync(lease.Revocation(), cancellation)).Succeeded;
        }
        catch (Exception e) when (e is ConnectionException or OperationCanceledException)
        {
            return false;
        }
    }
}
