using System.Text.Json.Nodes;
using Kist.Client.Agent.Configuration;

namespace Kist.Client.Agent.Login;

/// <summary>By name and password. The file is read at each login.</summary>
internal sealed class UserpassLogin(AutoAuthConfig config, UserpassLoginConfig userpass) : ILoginMethod
{
    private readonly CredentialFile password = new(userpass.PasswordPath, "password");

    public bool MakesToken => true;

    public async Task<LoginAnswer> LoginAsync(KistClient client, CancellationToken cancellation)
    {
        var body = new JsonObject { ["password"] = password.ReadOrLast().Reveal() };
        return LoginAnswer.Of((await client.SendAsync(LoginMethods.Request(config, body, $"/{userpass.Username}"), cancellation)).EnsureSuccess());
    }
}
