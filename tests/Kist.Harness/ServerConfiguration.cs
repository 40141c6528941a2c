using System.Security.Cryptography;

namespace Kist.Harness;

/// <summary>Writes the configuration file of a <see cref="KistServer"/>, with Vault's keys.</summary>
internal static class ServerConfiguration
{
    public static void Write(KistServer server, ServerOptions options, TestCertificates? certificates)
    {
        var tls = certificates is null
            ? "tls_disable = true"
            : $"""
              tls_cert_file = "{certificates.CertificateFile}"
                tls_key_file  = "{certificates.KeyFile}"
              """;
        var text = $$"""
            storage "sqlite" {
              path = "{{server.Database}}"
            }

            listener "tcp" {
              address = "{{server.Address.Authority}}"
              {{tls}}
              {{options.ListenerSettings}}
            }

            api_addr  = "{{server.Address.AbsoluteUri.TrimEnd('/')}}"
            log_level = "{{options.LogLevel}}"
            {{options.Settings.Replace("HOME", server.Home)}}

            """;
        File.WriteAllText(server.ConfigurationFile, options.StaticSeal ? text + StaticSeal(server.SealKeyFile) : text);
    }

    private static string StaticSeal(string keyFile)
    {
        File.WriteAllText(keyFile, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)));
        File.SetUnixFileMode(keyFile, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return $$"""

            seal "static" {
              current_key_id = "{{KistServer.SealKeyId}}"
              current_key    = "file://{{keyFile}}"
            }

            """;
    }
}
