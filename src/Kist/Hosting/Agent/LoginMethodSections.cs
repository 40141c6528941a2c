using Kist.Client.Agent.Configuration;
using Kist.Wire.Hcl;

namespace Kist.Hosting.Agent;

/// <summary>The <c>config</c> of each way to log in.</summary>
internal static class LoginMethodSections
{
    private static readonly string[] Known = ["kubernetes", "jwt", "approle", "cert", "userpass", "token_file"];
    private static readonly string[] Foreign = ["aws", "azure", "gcp", "alicloud", "oci", "cf", "kerberos", "ldap", "pcf"];

    /// <summary>Reads it; null when there is no such method, which is a fault.</summary>
    public static LoginMethodConfig? Read(string type, HclPosition at, AgentSection section)
    {
        var block = section.Block;
        LoginMethodConfig? config = type switch
        {
            "kubernetes" => Kubernetes(block),
            "jwt" => Jwt(block),
            "approle" => AppRole(block),
            "cert" => Cert(block),
            "userpass" => new UserpassLoginConfig(Needed(block, "username"), Needed(block, "password_file_path")),
            "token_file" => new TokenFileLoginConfig(Needed(block, "token_file_path")),
            _ => null,
        };
        if (config is not null)
            block.RefuseOthers();
        else if (Foreign.Contains(type, StringComparer.Ordinal))
            section.Fault(at, $"the method \"{type}\" is not supported: use one of {string.Join(", ", Known)}");
        else
            section.Fault(at, $"unknown method \"{type}\"{HclSuggestion.For(type, Known)}: use one of {string.Join(", ", Known)}");
        return config;
    }

    private static KubernetesLoginConfig Kubernetes(ConfigBlock block) =>
        new(Needed(block, "role"), block.Text("token_path", KubernetesLoginConfig.DefaultTokenPath));

    private static JwtLoginConfig Jwt(ConfigBlock block)
    {
        block.Ignore("jwt_read_period");
        // Without effect for the same reason: the file is read at each login, whatever it was before.
        block.Ignore("skip_jwt_reading");
        return new JwtLoginConfig(Needed(block, "role"), Needed(block, "path"))
        {
            RemoveAfterReading = block.Flag("remove_jwt_after_reading", true),
            RemoveFollowsLinks = block.Flag("remove_jwt_follows_symlinks", false),
        };
    }

    private static AppRoleLoginConfig AppRole(ConfigBlock block)
    {
        var config = new AppRoleLoginConfig(Needed(block, "role_id_file_path"), block.Text("secret_id_file_path", ""))
        {
            RemoveSecretIdAfterReading = block.Flag("remove_secret_id_file_after_reading", true),
            WrappingPath = block.Text("secret_id_response_wrapping_path", ""),
        };
        if (config.WrappingPath.Length > 0 && config.SecretIdPath.Length == 0)
            block.Refuse("secret_id_response_wrapping_path", "needs \"secret_id_file_path\", where the wrapping token is");
        return config;
    }

    private static CertLoginConfig Cert(ConfigBlock block)
    {
        // Certificate and key are read at each login anyway.
        block.Flag("reload", false);
        var config = new CertLoginConfig(block.Text("name", ""))
        {
            CaCert = block.Text("ca_cert", ""),
            ClientCert = block.Text("client_cert", ""),
            ClientKey = block.Text("client_key", ""),
        };
        if (config.ClientCert.Length == 0 != (config.ClientKey.Length == 0))
            block.Refuse("client_cert", "and \"client_key\" belong together");
        return config;
    }

    private static string Needed(ConfigBlock block, string name)
    {
        var text = block.Text(name, "");
        if (text.Length == 0)
            block.Refuse(name, "is required");
        return text;
    }
}
