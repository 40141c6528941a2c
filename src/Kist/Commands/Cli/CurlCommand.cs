using System.Text;
using Kist.Client;
using Kist.Client.Settings;
using Kist.Commands.Rendering;

namespace Kist.Commands.Cli;

/// <summary>
/// Prints a request as a curl command. The token is fetched by the shell when the command runs, and a secret body is left to standard input.
/// </summary>
internal static class CurlCommand
{
    /// <summary>One line for a POSIX shell.</summary>
    public static string Render(ApiRequest request, ClientSettings settings, string program)
    {
        var line = new StringBuilder("curl");
        if (request.Method != HttpMethod.Get)
            line.Append(" -X ").Append(request.Method);
        AddConnection(line, settings);
        Header(line, "X-Vault-Request: true");
        if (request.Token is not null)
            line.Append(" -H \"X-Vault-Token: $TOKEN\"");
        else if (settings.Token is not null)
            line.Append(" -H \"X-Vault-Token: $(").Append(program).Append(" print token)\"");
        if (settings.Namespace.Length > 0 && !request.WithoutNamespace)
            Header(line, $"X-Vault-Namespace: {settings.Namespace}/");
        if (request.WrapTtl is { } ttl)
            Header(line, $"X-Vault-Wrap-TTL: {ttl}");
        foreach (var (name, _) in settings.Headers)
            line.Append(" -H \"").Append(name).Append(": $HEADER_VALUE\"");
        AddBody(line, request);
        return line.Append(' ').Append(Quote(new Uri(settings.Address.Root, request.Target).AbsoluteUri)).ToString();
    }

    private static void AddConnection(StringBuilder line, ClientSettings settings)
    {
        Option(line, "--unix-socket", settings.Address.SocketPath);
        Option(line, "--cacert", settings.Tls.CaCertificate);
        Option(line, "--capath", settings.Tls.CaCertificate is null ? settings.Tls.CaPath : null);
        Option(line, "--cert", settings.Tls.ClientCertificate);
        Option(line, "--key", settings.Tls.ClientKey);
        if (settings.Tls.SkipVerify)
            line.Append(" --insecure");
        if (settings.Tls.ServerName is { } name)
            Header(line, $"Host: {name}");
    }

    private static void AddBody(StringBuilder line, ApiRequest request)
    {
        if (request.Body is not { } body)
            return;
        Header(line, $"Content-Type: {request.ContentType}");
        Option(line, "--data", request.BodyIsSecret ? "@-" : JsonText.Line(JsonText.ToElement(body)));
    }

    private static void Header(StringBuilder line, string header) => Option(line, "-H", header);

    private static void Option(StringBuilder line, string name, string? value)
    {
        if (value is not null)
            line.Append(' ').Append(name).Append(' ').Append(Quote(value));
    }

    private static string Quote(string text) => $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
