using System.Text.Json.Nodes;
using Kist.Client.Agent.Configuration;
using Kist.Crypto;

namespace Kist.Client.Agent.Login;

/// <summary>By role id and secret id. Both files are read at each login; the secret id's is removed then, and what it held kept in memory.</summary>
internal sealed class AppRoleLogin(AutoAuthConfig config, AppRoleLoginConfig files, AgentLog log) : ILoginMethod
{
    private readonly CredentialFile roleId = new(files.RoleIdPath, "role id");
    private readonly CredentialFile secretId = new(files.SecretIdPath, "secret id");

    private SecretText? wrapping;

    public bool MakesToken => true;

    public async Task<LoginAnswer> LoginAsync(KistClient client, CancellationToken cancellation)
    {
        var body = new JsonObject { ["role_id"] = roleId.ReadOrLast().Reveal() };
        if (files.SecretIdPath.Length > 0)
            body["secret_id"] = (await SecretIdAsync(client, cancellation)).Reveal();
        return LoginAnswer.Of((await client.SendAsync(LoginMethods.Request(config, body), cancellation)).EnsureSuccess());
    }

    private async Task<SecretText> SecretIdAsync(KistClient client, CancellationToken cancellation)
    {
        if (secretId.Read() is not { } fresh)
            return secretId.Last ?? throw secretId.Missing();
        // A file that nobody can remove holds the wrapping token still, which opens once.
        if (wrapping is not null && wrapping.Equals(fresh) && secretId.Last is { } known)
            return known;
        secretId.Last = files.WrappingPath.Length > 0 ? await UnwrapAsync(client, fresh, cancellation) : fresh;
        wrapping = files.WrappingPath.Length > 0 ? fresh : null;
        if (files.RemoveSecretIdAfterReading && secretId.Remove() is { } failure)
            log(AgentLogLevel.Warn, failure);
        return secretId.Last;
    }

    /// <summary>Opens a wrapping token, once it is sure that it was made where the secret id comes from: another may hold what somebody put there.</summary>
    private async Task<SecretText> UnwrapAsync(KistClient client, SecretText found, CancellationToken cancellation)
    {
        var lookup = await client.SendAsync(ApiRequest.Write("sys/wrapping/lookup", Token(found)) with { BodyIsSecret = true }, cancellation);
        if ((int)lookup.Status >= 500)
            throw new LoginException($"the wrapping token in {secretId.Path} cannot be looked up (code {(int)lookup.Status})");
        if (!lookup.Succeeded)
        {
            throw new LoginException(
                $"the wrapping token in {secretId.Path} cannot be looked up (code {(int)lookup.Status}): it has ended, or somebody else has opened it");
        }
        var made = lookup.Data?.Text("creation_path") ?? "";
        if (made.Trim('/') != files.WrappingPath.Trim('/'))
        {
            throw new LoginException(
                $"the wrapping token in {secretId.Path} was made at \"{made}\" and not at \"{files.WrappingPath}\": it was not opened, and somebody may have put it there");
        }
        var opened = (await client.SendAsync(ApiRequest.Write("sys/wrapping/unwrap") with { Token = found }, cancellation)).EnsureSuccess();
        return opened.Data?.Text("secret_id") is { Length: > 0 } secret
            ? new SecretText(secret)
            : throw new LoginException($"what the wrapping token in {secretId.Path} held is no secret id");
    }

    private static JsonObject Token(SecretText token) => new() { ["token"] = token.Reveal() };
}
