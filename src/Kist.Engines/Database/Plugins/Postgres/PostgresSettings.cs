using System.Globalization;
using System.Security.Cryptography;
using Kist.Core;
using Kist.Crypto;
using Kist.Engines.Database.Stored;
using Npgsql;

namespace Kist.Engines.Database.Plugins.Postgres;

/// <summary>From a connection's settings to Npgsql's.</summary>
internal static class PostgresSettings
{
    private const int ConnectSeconds = 10;
    private const int MostConnectSeconds = 30;
    private const int CommandSeconds = 30;
    private const int IdleSeconds = 60;
    private const int MostConnections = 256;

    /// <summary>What is wrong with settings; null for nothing. It does not connect.</summary>
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
        if (CheckParts(details, parsed.Value) is { } bad)
            return bad;
        try
        {
            using var tls = new PostgresTls(details, SslMode.Require, asClient: true);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            return Invalid("tls_certificate", "tls_certificate, private_key and tls_ca must be PEM, and the key must be the certificate's");
        }
        try
        {
            // What Npgsql does not take it would refuse at each use otherwise.
            Open(details, null).Dispose();
            return null;
        }
        catch (NotSupportedException)
        {
            return Invalid("connection_url", "target_session_attrs other than any needs more than one host");
        }
        catch (Exception e) when (e is ArgumentException or FormatException or OverflowException)
        {
            return Invalid("connection_url", "has a parameter whose value cannot be read");
        }
    }

    /// <summary>A source of connections.</summary>
    /// <param name="details">Good settings.</param>
    /// <param name="password">The password; null for none.</param>
    public static PostgresSource Open(ConnectionDetails details, SecretText? password)
    {
        var url = Url(details);
        var given = password?.Reveal() ?? "";
        return Source(details, url, Build(details, url), url.Part("password", details.Username, given) ?? given, asClient: true);
    }

    /// <summary>The same for a single login as somebody else.</summary>
    public static PostgresSource OpenAs(ConnectionDetails details, string username, SecretText password)
    {
        var url = Url(details);
        var settings = Build(details, url);
        settings.Username = username;
        settings.Pooling = false;
        return Source(details, url, settings, password.Reveal(), asClient: false);
    }

    private static PostgresSource Source(
        ConnectionDetails details, PostgresUrl url, NpgsqlConnectionStringBuilder settings, string password, bool asClient)
    {
        var tls = new PostgresTls(details, Mode(url.Part("sslmode", details.Username, ""), details.TlsCa.Length > 0), asClient);
        try
        {
            settings.SslMode = tls.Negotiation;
            var builder = new NpgsqlSlimDataSourceBuilder(settings.ConnectionString);
            builder.EnableTransportSecurity();
            builder.UseSslClientAuthenticationOptionsCallback(tls.Apply);
            // An empty one too: where none is given, Npgsql sends that of the server's environment, or of a file of its user.
            builder.UsePasswordProvider(_ => password, (_, _) => new(password));
            // Nothing but texts and truth values is read, so there is no need to ask the server for its types at each start.
            builder.ConfigureTypeLoading(static loading => loading.EnableTypeLoading(false));
            return new PostgresSource(builder.Build(), tls);
        }
        catch
        {
            tls.Dispose();
            throw;
        }
    }

    private static Failure? CheckParts(ConnectionDetails details, PostgresUrl url)
    {
        string? Part(string name) => url.Part(name, details.Username, "");
        // There the database would trust the server's user of the operating system, or whoever may write the folder.
        if ((Part("host") ?? "").AsSpan().ContainsAny("/@\\"))
            return Invalid("connection_url", "a host must be a name or an address, not a local socket");
        if (Part("connect_timeout") is { } seconds
            && !(int.TryParse(seconds, NumberStyles.None, CultureInfo.InvariantCulture, out var timeout) && timeout is >= 1 and <= MostConnectSeconds))
            return Invalid("connection_url", $"connect_timeout must be 1 to {MostConnectSeconds} seconds");
        if (details.TlsCa.Length > 0 && Part("sslmode") is "disable" or "allow" or "prefer")
            return Invalid("connection_url", "with tls_ca, sslmode must be verify-full, verify-ca or require, so that the authorities count");
        return (Part("user") ?? details.Username).Length > 0 ? null : Invalid("username", "must name the user that Kist logs in as");
    }

    private static PostgresUrl Url(ConnectionDetails details) => PostgresUrl.Parse(details.ConnectionUrl!.Reveal()).Value;

    private static NpgsqlConnectionStringBuilder Build(ConnectionDetails details, PostgresUrl url)
    {
        string? Part(string name) => url.Part(name, details.Username, "");
        var idle = details.MaxIdleConnections < 0 ? 1 : IdleSeconds;
        var settings = new NpgsqlConnectionStringBuilder
        {
            Username = Part("user") ?? details.Username,
            ApplicationName = Part("application_name") ?? "kist",
            Timezone = Part("timezone") ?? "UTC",
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
            // What is not set Npgsql takes from the environment and the files of the server's user.
            ClientEncoding = "UTF8",
            SslNegotiation = SslNegotiation.Postgres,
            TargetSessionAttributes = Part("target_session_attrs") ?? "any",
        };
        SetHosts(settings, Part("host") ?? "localhost", Part("port") ?? "");
        if (Part("dbname") is { } database)
            settings.Database = database;
        // Options that change nothing, and that poolers know, where those of the environment would be sent otherwise.
        settings.Options = Part("options") is { Length: > 0 } options ? options : "-c client_encoding=UTF8";
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
        "require" => hasAuthorities ? SslMode.VerifyCA : SslMode.Require,
        "verify-ca" => SslMode.VerifyCA,
        "verify-full" => SslMode.VerifyFull,
        _ => throw new FormatException("sslmode"),
    };

    private static Failure Invalid(string field, string why) => Failure.Invalid("database.invalid_connection", $"field \"{field}\": {why}");
}
