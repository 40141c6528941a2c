using Kist.Commands.Cli;

namespace Kist.Commands.Arguments;

/// <summary>The flags that many commands share.</summary>
internal static class CommonFlags
{
    public static readonly Flag Format = Flag.Choice(
        "format",
        ["table", "json", "yaml", "raw"],
        "How to print the result. raw is the server's answer as it came. Default table; also KIST_FORMAT.");

    public static readonly Flag Field = Flag.Text(
        "field", "name", "Print only this field, without decoration, and without a line end when standard output is not a terminal.");

    public static readonly Flag Address = Flag.Text(
        "address", "url", "ADDR", "The server's address: https://host:port, http://host:port or unix:///path. Default https://127.0.0.1:8200.");

    public static readonly Flag Namespace = Flag.Text("namespace", "path", "NAMESPACE", "The tenant namespace. Only the root namespace exists yet.", "ns");

    public static readonly Flag CaCertificate = Flag.Text("ca-cert", "file", "CACERT", "PEM file of authorities to trust in place of the system's.");

    public static readonly Flag CaPath = Flag.Text("ca-path", "folder", "CAPATH", "Folder of PEM files of authorities; -ca-cert goes first.");

    public static readonly Flag ClientCertificate = Flag.Text("client-cert", "file", "CLIENT_CERT", "PEM file of the client's certificate.");

    public static readonly Flag ClientKey = Flag.Text("client-key", "file", "CLIENT_KEY", "PEM file of the key to -client-cert.");

    public static readonly Flag TlsServerName = Flag.Text(
        "tls-server-name", "name", "TLS_SERVER_NAME", "The name that the server's certificate must bear when it is not the address's.");

    public static readonly Flag TlsSkipVerify = Flag.Switch(
        "tls-skip-verify", "SKIP_VERIFY", "Accept any certificate. Whoever sits on the wire can then read your token: for experiments only.");

    public static readonly Flag DisableRedirects = Flag.Switch(
        "disable-redirects", "DISABLE_REDIRECTS", "Do not follow the server to another of its ports. To another host, requests never follow it.");

    public static readonly Flag WrapTtl = Flag.Text(
        "wrap-ttl", "duration", "WRAP_TTL", "Get a single-use token that unwraps the answer within this time, in place of the answer.");

    public static readonly Flag Header = Flag.Map("header", "A further header of the request; may be repeated.");

    public static readonly Flag OutputCurlString = Flag.Switch(
        "output-curl-string", "Print the request as a curl command and do not send it. The token is left to the shell.");

    public static readonly Flag NonInteractive = Flag.Switch("non-interactive", "Never prompt; what is missing is an error.");

    /// <summary>The flags of every command that calls a server.</summary>
    public static readonly IReadOnlyList<Flag> Connection =
    [
        Address, Namespace, CaCertificate, CaPath, ClientCertificate, ClientKey, TlsServerName, TlsSkipVerify, DisableRedirects, WrapTtl, Header,
        OutputCurlString, NonInteractive,
    ];

    /// <summary>The flags that shape a result.</summary>
    public static IReadOnlyList<Flag> ForOutput(Shows shows) => shows switch
    {
        Shows.Fields => [Format, Field],
        Shows.Format => [Format],
        _ => [],
    };
}
