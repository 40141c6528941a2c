using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Kist.Core;
using Kist.Crypto;
using Kist.Engines.Database.Stored;
using Npgsql;

namespace Kist.Engines.Database.Plugins.Postgres;

/// <summary>From a connection's settings to Npgsql's.</summary>
internal static class PostgresSettings
{
    private const int ConnectSeconds = 10;
    private const int CommandSeconds = 30;
    private const int IdleSeconds = 60;
    private const int MostConnections = 256;

    /// <summary>What is wrong with settings; null for nothing.</summary>
    public static Failure? Check(ConnectionDetails details)
    {
        if (details.ConnectionUrl is not { } url)
            return Failure.Invalid("database.invalid_connection", "connection_url cannot be empty");
        var parsed = PostgresUrl.Parse(url.Reveal());
        if (!parsed.Succeeded)
            return parsed.Failure;
        if (details.MaxOpenConnections is < 1 or > MostConnections)
            return Invalid("max_open_connections", $"must be 1 to {MostConnections}");
        if (details.MaxConnectionLifetime < TimeSpan.Zero || details.MaxConnectionLifetime > TimeSpan.FromDays(365))
            return Invalid("max_connection_lifetime", "must be 0 to 365 days");
        if (details.PasswordAuthentication is not ("" or "password" or "scram-sha-256"))
            return Invalid("password_authentication", "must be password or scram-sha-256");
        if (details.TlsCertificate.Length == 0 != details.PrivateKey is null)
            return Invalid("tls_certificate", "comes with private_key, and neither without the other");
        try
        {
            Certificates(details).Client?.Dispose();
            _ = Build(details, parsed.Value, "");
            return null;
        }
        catch (CryptographicException)
        {
            return Invalid("tls_certificate", "tls_certificate, private_key and tls_ca must be PEM, and the key must be the certificate's");
        }
        catch (Exception e) when (e is ArgumentException or FormatException or OverflowException)
        {
            return Invalid("connection_url", "has a parameter whose value cannot be read");
        }
    }

    /// <summary>A source of connections.</summary>
    /// <param name="details">Good settings.</param>
    /// <param name="password">The password; null for none.</param>
    public static NpgsqlDataSource Open(ConnectionDetails details, SecretText? password) =>
        Source(details, Build(details, Url(details), password?.Reveal() ?? ""));

    /// <summary>The same for a single login as somebody else.</summary>
    public static NpgsqlDataSource OpenAs(ConnectionDetails details, string username, SecretText password)
    {
        var settings = Build(details, Url(details), "");
        settings.Username = username;
        settings.Password = password.Reveal();
        settings.Pooling = false;
        return Source(details with { TlsCertificate = "", PrivateKey = null }, settings);
    }

    private static NpgsqlDataSource Source(ConnectionDetails details, NpgsqlConnectionStringBuilder settings)
    {
        var builder = new NpgsqlSlimDataSourceBuilder(settings.ConnectionString);
        builder.EnableTransportSecurity();
        // Nothing but texts and truth values is read, so there is no need to ask the server for its types at each start.
        builder.ConfigureTypeLoading(static loading => loading.EnableTypeLoading(false));
        var (client, roots) = Certificates(details);
        if (client is not null)
            builder.UseSslClientAuthenticationOptionsCallback(tls => tls.ClientCertificates = [client]);
        if (roots.Count > 0)
            builder.UseRootCertificates(roots);
        return builder.Build();
    }

    private static (X509Certificate2? Client, X509Certificate2Collection Roots) Certificates(ConnectionDetails details)
    {
        var roots = new X509Certificate2Collection();
        if (details.TlsCa.Length > 0)
        {
            roots.ImportFromPem(details.TlsCa);
            if (roots.Count == 0)
                throw new CryptographicException("no certificate");
        }
        return (details.PrivateKey is { } key ? X509Certificate2.CreateFromPem(details.TlsCertificate, key.Reveal()) : null, roots);
    }

    private static PostgresUrl Url(ConnectionDetails details) => PostgresUrl.Parse(details.ConnectionUrl!.Reveal()).Value;

    private static NpgsqlConnectionStringBuilder Build(ConnectionDetails details, PostgresUrl url, string password)
    {
        string? Part(string name) => url.Part(name, details.Username, password);
        var idle = details.MaxIdleConnections < 0 ? 1 : IdleSeconds;
        var settings = new NpgsqlConnectionStringBuilder
        {
            Username = Part("user") ?? details.Username,
            ApplicationName = Part("application_name") ?? "kist",
            Timezone = Part("timezone") ?? "UTC",
            SslMode = Mode(Part("sslmode"), details.TlsCa.Length > 0),
            Timeout = Part("connect_timeout") is { } seconds ? int.Parse(seconds, NumberStyles.None, CultureInfo.InvariantCulture) : ConnectSeconds,
            CommandTimeout = CommandSeconds,
            MaxPoolSize = details.MaxOpenConnections,
            ConnectionIdleLifetime = idle,
            ConnectionPruningInterval = Math.Min(idle, 10),
            ConnectionLifetime = (int)details.MaxConnectionLifetime.TotalSeconds,
            PersistSecurityInfo = false,
            IncludeErrorDetail = false,
            Enlist = false,
            GssEncryptionMode = GssEncryptionMode.Disable,
        };
        SetHosts(settings, Part("host") ?? "localhost", Part("port") ?? "");
        // Npgsql would take it from a file of the server's user otherwise.
        settings.Passfile = "/dev/null";
        if ((Part("password") ?? password) is { Length: > 0 } secret)
            settings.Password = secret;
        if (Part("dbname") is { } database)
            settings.Database = database;
        if (Part("sslrootcert") is { } root)
            settings.RootCertificate = root;
        if (Part("sslcert") is { } certificate)
            settings.SslCertificate = certificate;
        if (Part("sslkey") is { } key)
            settings.SslKey = key;
        if (Part("options") is { } options)
            settings.Options = options;
        if (Part("target_session_attrs") is { } target)
            settings.TargetSessionAttributes = target;
        return settings;
    }

    private static void SetHosts(NpgsqlConnectionStringBuilder settings, string hosts, string ports)
    {
        var names = hosts.Split(',');
        var numbers = ports.Split(',');
        if (names.Length == 1)
        {
            settings.Host = hosts;
            settings.Port = Port(numbers[0]);
            return;
        }
        settings.Host = string.Join(',', names.Select((name, i) =>
        {
            var port = Port(numbers.Length == 1 ? numbers[0] : numbers.ElementAtOrDefault(i) ?? "");
            return string.Create(CultureInfo.InvariantCulture, $"{(name.Contains(':', StringComparison.Ordinal) ? $"[{name}]" : name)}:{port}");
        }));
    }

    private static int Port(string text) => text.Length == 0 ? NpgsqlConnection.DefaultPort : ushort.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);

    private static SslMode Mode(string? mode, bool hasAuthorities) => mode switch
    {
        null => hasAuthorities ? SslMode.VerifyFull : SslMode.Prefer,
        "disable" => SslMode.Disable,
        "allow" => SslMode.Allow,
        "prefer" => SslMode.Prefer,
        "require" => SslMode.Require,
        "verify-ca" => SslMode.VerifyCA,
        "verify-full" => SslMode.VerifyFull,
        _ => throw new FormatException("sslmode"),
    };

    private static Failure Invalid(string field, string why) => Failure.Invalid("database.invalid_connection", $"field \"{field}\": {why}");
}
