using System.Globalization;
using Kist.Crypto;
using Kist.Wire;

namespace Kist.Client.Settings;

/// <summary>Makes <see cref="ClientSettings"/> of named settings: flags, environment variables, or flags before variables.</summary>
public static class ClientSettingsReader
{
    /// <summary>
    /// Reads <c>ADDR, TOKEN, NAMESPACE, CACERT, CAPATH, CLIENT_CERT, CLIENT_KEY, TLS_SERVER_NAME, SKIP_VERIFY, CLIENT_TIMEOUT, MAX_RETRIES,
    /// DISABLE_REDIRECTS</c>; what is absent keeps its default.
    /// </summary>
    /// <param name="find">Finds a setting by its name without prefix.</param>
    /// <exception cref="SettingException">One cannot be used.</exception>
    public static ClientSettings Read(Func<string, Setting?> find)
    {
        var defaults = new ClientSettings();
        return defaults with
        {
            Address = find("ADDR") is { } address ? Address(address) : defaults.Address,
            Token = find("TOKEN") is { } token ? new SecretText(token.Value.Trim()) : null,
            Namespace = find("NAMESPACE")?.Value.Trim('/') ?? "",
            Timeout = find("CLIENT_TIMEOUT") is { } timeout ? Timeout(timeout) : defaults.Timeout,
            Retry = find("MAX_RETRIES") is { } retries ? defaults.Retry with { MaxRetries = Count(retries) } : defaults.Retry,
            DisableRedirects = find("DISABLE_REDIRECTS") is { } disable && Switch(disable),
            Tls = new TlsSettings
            {
                CaCertificate = find("CACERT")?.Value,
                CaPath = find("CAPATH")?.Value,
                ClientCertificate = find("CLIENT_CERT")?.Value,
                ClientKey = find("CLIENT_KEY")?.Value,
                ServerName = find("TLS_SERVER_NAME")?.Value,
                SkipVerify = find("SKIP_VERIFY") is { } skip && Switch(skip),
            },
        };
    }

    private static ServerAddress Address(Setting setting)
    {
        try
        {
            return ServerAddress.Parse(setting.Value);
        }
        catch (FormatException e)
        {
            throw new SettingException($"{setting.Origin}: {e.Message}");
        }
    }

    private static TimeSpan Timeout(Setting setting) =>
        GoDuration.TryParse(setting.Value, out var duration) && duration > TimeSpan.Zero && duration < TimeSpan.FromDays(1)
            ? duration
            : throw new SettingException($"{setting.Origin}: must be a duration between 0 and a day, such as 30s");

    private static int Count(Setting setting) =>
        int.TryParse(setting.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count <= 100
            ? count
            : throw new SettingException($"{setting.Origin}: must be a number from 0 to 100");

    private static bool Switch(Setting setting) => setting.Value.ToLowerInvariant() switch
    {
        "1" or "t" or "true" => true,
        "0" or "f" or "false" => false,
        _ => throw new SettingException($"{setting.Origin}: must be true or false"),
    };
}
