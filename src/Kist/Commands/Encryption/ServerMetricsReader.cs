using System.Net.Http.Headers;
using Kist.Commands.Arguments;
using Kist.Commands.Cli;
using Kist.Core;
using Kist.Kubernetes.Encryption.Rotation;
using Kist.Wire.Grpc;

namespace Kist.Commands.Encryption;

/// <summary>Asks API servers for their metrics.</summary>
internal sealed class ServerMetricsReader : IApiServers, IDisposable
{
    private const int MaxBytes = 64 * 1024 * 1024;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private readonly HttpClient http;
    private readonly string? token;

    private ServerMetricsReader(IReadOnlyList<string> names, HttpMessageHandler handler, string? token)
    {
        Names = names;
        this.token = token;
        http = new HttpClient(handler) { Timeout = Patience, MaxResponseContentBufferSize = MaxBytes };
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The servers that the flags name.</summary>
    /// <exception cref="ExitException">An address is none, or a file cannot be read.</exception>
    public static ServerMetricsReader Create(Invocation call)
    {
        var names = call.List(RotateFlags.Server);
        foreach (var name in names)
        {
            var isAddress = Uri.TryCreate(name, UriKind.Absolute, out var address);
            if (!isAddress || address is not { Scheme: "https" or "http", PathAndQuery: "/", UserInfo: "" })
                throw ExitException.Usage($"{RotateFlags.Server}: write an API server's address as https://10.0.0.5:6443");
        }
        if (names.Count == 0 && call.Switch(RotateFlags.ServersAreAll))
            throw ExitException.Usage($"{RotateFlags.ServersAreAll} needs {RotateFlags.Server}");
        foreach (var name in names)
            RefusePlain(new Uri(name), call.Has(RotateFlags.ServerToken));
        var bearer = call.Text(RotateFlags.ServerToken) is { } file ? InputText.FromFile(file).Trim() : null;
        return new ServerMetricsReader([.. names.Distinct(StringComparer.Ordinal)], call.Host.Network ?? Handler(call), bearer);
    }

    /// <inheritdoc/>
    public async Task<Outcome<string>> MetricsAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(new Uri(name), "/metrics"));
            if (token is not null)
                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            using var response = await http.SendAsync(request, cancellationToken);
            return response.IsSuccessStatusCode
                ? await response.Content.ReadAsStringAsync(cancellationToken)
                : Failure.Unavailable("rotation.metrics", $"it answers {(int)response.StatusCode} when asked for /metrics");
        }
        catch (Exception e) when (e is HttpRequestException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return Failure.Unavailable("rotation.metrics", $"it does not answer ({e.Message})");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => http.Dispose();

    // What is said in the clear can be read, and what is answered changed: a forged hash would let a key go that is needed still.
    private static void RefusePlain(Uri address, bool hasToken)
    {
        if (address.Scheme is "http" && (hasToken || !address.IsLoopback))
        {
            throw ExitException.Usage(
                $"{RotateFlags.Server}={address.OriginalString} would be asked in the clear: write https; http is for this machine alone, without a "
                    + "token");
        }
    }

    private static SocketsHttpHandler Handler(Invocation call)
    {
        try
        {
            var tls = TlsFiles.Read(
                call.Text(RotateFlags.ServerAuthorities), call.Text(RotateFlags.ServerCertificate), call.Text(RotateFlags.ServerKey));
            return new SocketsHttpHandler { SslOptions = tls, AllowAutoRedirect = false, UseProxy = false, UseCookies = false };
        }
        catch (TlsFileException e)
        {
            throw ExitException.Usage(e.Message);
        }
    }
}
