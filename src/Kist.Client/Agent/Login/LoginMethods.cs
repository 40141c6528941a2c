using Kist.Client.Agent.Configuration;
using Kist.Client.Settings;

namespace Kist.Client.Agent.Login;

/// <summary>Makes the way to log in that a configuration asks for.</summary>
public static class LoginMethods
{
    /// <summary>Makes it.</summary>
    /// <param name="config">What was configured.</param>
    /// <param name="log">Takes what goes wrong beside the login itself.</param>
    /// <param name="connect">Makes a client with other settings, which the certificate method needs.</param>
    public static ILoginMethod Create(AutoAuthConfig config, AgentLog log, Func<ClientSettings, KistClient> connect) => config.Method switch
    {
        KubernetesLoginConfig kubernetes => new TokenLogin(config, kubernetes.Role, new CredentialFile(kubernetes.TokenPath, "service account token")),
        JwtLoginConfig jwt => new TokenLogin(config, jwt.Role, new CredentialFile(jwt.Path, "token"), jwt, log),
        AppRoleLoginConfig appRole => new AppRoleLogin(config, appRole, log),
        CertLoginConfig cert => new CertLogin(config, cert, connect),
        UserpassLoginConfig userpass => new UserpassLogin(config, userpass),
        TokenFileLoginConfig file => new TokenFileLogin(file),
        _ => throw new ArgumentOutOfRangeException(nameof(config), config.Method.Type, "no such method"),
    };

    /// <summary>The request of a login at the configured mount.</summary>
    internal static ApiRequest Request(AutoAuthConfig config, System.Text.Json.Nodes.JsonObject body, string end = "") =>
        ApiRequest.Write($"{config.MountPath}/login{end}", body) with
        {
            BodyIsSecret = true,
            WrapTtl = config.WrapTtl is { } ttl ? Wire.GoDuration.Format(ttl) : null,
        };
}
