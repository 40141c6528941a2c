using System.Text.Json.Nodes;
using Kist.Client.Agent.Configuration;

namespace Kist.Client.Agent.Login;

/// <summary>By a signed token in a file: a pod's service account token, or another issuer's. The file is read at each login.</summary>
internal sealed class TokenLogin(AutoAuthConfig config, string role, CredentialFile file, JwtLoginConfig? removal = null, AgentLog? log = null)
    : ILoginMethod
{
    public bool MakesToken => true;

    public async Task<LoginAnswer> LoginAsync(KistClient client, CancellationToken cancellation)
    {
        var fresh = file.Read();
        if (fresh is not null && removal is not null)
        {
            file.Last = fresh;
            if (removal.RemoveAfterReading && file.Remove(removal.RemoveFollowsLinks) is { } failure)
                log?.Invoke(AgentLogLevel.Warn, failure);
        }
        // A pod's token file is never removed: where it is gone, an old token would only hide that.
        var token = fresh ?? file.Last ?? throw file.Missing();
        var body = new JsonObject { ["role"] = role, ["jwt"] = token.Reveal() };
        return LoginAnswer.Of((await client.SendAsync(LoginMethods.Request(config, body), cancellation)).EnsureSuccess());
    }
}
