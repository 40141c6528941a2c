using Kist.Client.Agent.Configuration;

namespace Kist.Client.Agent.Login;

/// <summary>By a token that somebody else made: it is looked up, renewed and never revoked.</summary>
internal sealed class TokenFileLogin(TokenFileLoginConfig config) : ILoginMethod
{
    private readonly CredentialFile file = new(config.Path, "token");

    public bool MakesToken => false;

    public async Task<LoginAnswer> LoginAsync(KistClient client, CancellationToken cancellation)
    {
        var token = file.Read() ?? throw file.Missing();
        var found = (await client.SendAsync(ApiRequest.Read("auth/token/lookup-self") with { Token = token }, cancellation)).EnsureSuccess();
        var ttl = TimeSpan.FromSeconds(Math.Max(0, found.Data?.Number("ttl") ?? 0));
        return new LoginAnswer(token, ttl, found.Data?.IsTrue("renewable") ?? false);
    }
}
