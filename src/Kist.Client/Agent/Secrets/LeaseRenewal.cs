namespace Kist.Client.Agent.Secrets;

/// <summary>Asks for more time for a lease.</summary>
internal static class LeaseRenewal
{
    /// <summary>
    /// The lease as it is after the question: one that was granted little cannot be renewed any more, and one that was refused has ended. Null when
    /// no answer came, or a failure that may pass.
    /// </summary>
    public static async Task<SecretLease?> TryAsync(SecretLease lease, AgentRequests requests, TimeProvider time, CancellationToken cancellation)
    {
        ApiResponse response;
        try
        {
            response = await requests.SendAsync(lease.Renewal(), cancellation);
        }
        catch (ConnectionException)
        {
            return null;
        }
        if (!response.Succeeded)
            return (int)response.Status is >= 400 and < 500 ? Ended(lease, time) : null;
        var source = lease.Made is null ? response.Json : response.Json?.Object("auth");
        var granted = TimeSpan.FromSeconds(source?.Number("lease_duration") is > 0 and < int.MaxValue and var seconds ? seconds : 0);
        if (granted <= TimeSpan.Zero)
            return Ended(lease, time);
        // Close to its longest life a lease is granted less and less.
        return lease with { Duration = granted, Ends = time.GetUtcNow() + granted, IsRenewable = granted * 2 >= lease.Duration };
    }

    private static SecretLease Ended(SecretLease lease, TimeProvider time) => lease with { IsRenewable = false, Ends = time.GetUtcNow() };
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
