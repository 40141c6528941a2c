namespace Kist.Harness.Crash;

/// <summary>Creates tokens and revokes some. A token's entries (itself, accessor, parent's index, expiry) are there together or not at all.</summary>
internal sealed class TokenCrowd : ICrashWorkload
{
    private readonly Dictionary<string, string> alive = new(StringComparer.Ordinal);
    private readonly List<string> revoked = [];
    private string? uncertain;
    private int steps;

    public async Task StepAsync(ApiClient api, CrashReport report)
    {
        if (++steps % 3 == 0 && alive.Count > 0)
        {
            uncertain = alive.Keys.First();
            (await api.WriteAsync("auth/token/revoke", new { token = uncertain })).Good();
            alive.Remove(uncertain);
            revoked.Add(uncertain);
            uncertain = null;
        }
        else
        {
            var auth = (await api.WriteAsync("auth/token/create", new { policies = new[] { "default" }, ttl = "2h" })).Good().Json.GetProperty("auth");
            alive.Add(auth.GetProperty("client_token").GetString()!, auth.GetProperty("accessor").GetString()!);
        }
        report.Acknowledge();
    }

    public async Task VerifyAsync(ApiClient api, CrashReport report)
    {
        if (uncertain is not null)
            await SettleAsync(api, report, uncertain);
        uncertain = null;
        foreach (var (token, accessor) in alive.TakeLast(20))
        {
            report.Require(await WorksAsync(api, token), "tokens: an acknowledged token is gone");
            report.Require((await LookUpAsync(api, accessor)).Succeeded, $"tokens: the accessor {accessor} of a token that works is gone");
        }
        foreach (var token in revoked.TakeLast(10))
            report.Require(!await WorksAsync(api, token), "tokens: a token works whose revocation was acknowledged");
    }

    /// <summary>At the end: all tokens, and every listed accessor leads to one.</summary>
    public async Task VerifyAllAsync(ApiClient api, CrashReport report)
    {
        foreach (var token in alive.Keys)
            report.Require(await WorksAsync(api, token), "tokens: an acknowledged token is gone at the end");
        foreach (var token in revoked)
            report.Require(!await WorksAsync(api, token), "tokens: a revoked token works at the end");
        var accessors = (await api.ListAsync("auth/token/accessors")).Good().Data.GetProperty("keys").EnumerateArray().Select(k => k.GetString()!).ToHashSet();
        foreach (var accessor in accessors)
            report.Require((await LookUpAsync(api, accessor)).Succeeded, $"tokens: the listed accessor {accessor} leads nowhere");
        report.Require(alive.Values.All(accessors.Contains), "tokens: an accessor is not listed");
    }

    // A revocation that was cut short: the token and its accessor must agree.
    private async Task SettleAsync(ApiClient api, CrashReport report, string token)
    {
        var accessor = alive[token];
        var works = await WorksAsync(api, token);
        report.Require(works == (await LookUpAsync(api, accessor)).Succeeded, $"tokens: half revoked, the token works: {works}");
        if (works)
            return;
        alive.Remove(token);
        revoked.Add(token);
        report.Land();
    }

    private static async Task<bool> WorksAsync(ApiClient api, string token) => (await api.ReadAsync("auth/token/lookup-self", token)).Succeeded;

    private static Task<ApiAnswer> LookUpAsync(ApiClient api, string accessor) => api.WriteAsync("auth/token/lookup-accessor", new { accessor });
}
