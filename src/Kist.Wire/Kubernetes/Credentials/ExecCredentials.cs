using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Kist.Wire.Kubernetes.Config;

namespace Kist.Wire.Kubernetes.Credentials;

/// <summary>How a kubeconfig's plugin is called.</summary>
/// <param name="Command">The program: a path, or a name to look for.</param>
/// <param name="ApiVersion">Of the ExecCredential.</param>
public sealed record ExecPlugin(string Command, string ApiVersion)
{
    /// <summary>Its arguments.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>Further variables of its environment.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Environment { get; init; } = [];

    /// <summary>What the kubeconfig says about getting the program; empty for nothing.</summary>
    public string InstallHint { get; init; } = "";

    /// <summary>The <c>spec.cluster</c> that it is told, as JSON; null when it is not to know.</summary>
    public string? ClusterJson { get; init; }
}

/// <summary>
/// Credentials from a program, as kubeconfigs of clouds have it. The program is run when there are none, when they have expired and when the server
/// refuses them; it cannot ask anybody anything.
/// </summary>
public sealed class ExecCredentials(ExecPlugin plugin, TimeProvider time) : IKubeCredentials, IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private const int LongestComplaint = 500;

    private readonly SemaphoreSlim mutex = new(1);
    private KubeCredential? current;
    private DateTimeOffset expires = DateTimeOffset.MaxValue;

    /// <inheritdoc/>
    public bool CanRenew => true;

    /// <inheritdoc/>
    public async ValueTask<KubeCredential> GetAsync(KubeCredentialRequest request, CancellationToken cancellationToken)
    {
        await mutex.WaitAsync(cancellationToken);
        try
        {
            if (current is null || request.Renew || time.GetUtcNow() >= expires)
                (current, expires) = Parse(await RunAsync(cancellationToken));
            return current;
        }
        finally
        {
            mutex.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => mutex.Dispose();

    private async Task<string> RunAsync(CancellationToken cancellationToken)
    {
        using var timer = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timer.CancelAfter(Patience);
        using var process = Start();
        try
        {
            process.StandardInput.Close();
            var output = process.StandardOutput.ReadToEndAsync(timer.Token);
            var errors = process.StandardError.ReadToEndAsync(timer.Token);
            await process.WaitForExitAsync(timer.Token);
            if (process.ExitCode != 0)
                throw Failed($"ended with exit code {process.ExitCode}: {Shorten(await errors)}");
            return await output;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            process.Kill(entireProcessTree: true);
            throw Failed($"did not end within {Patience.TotalSeconds.ToString(CultureInfo.InvariantCulture)} seconds");
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }

    private Process Start()
    {
        var start = new ProcessStartInfo(plugin.Command, plugin.Arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (var (name, value) in plugin.Environment)
            start.Environment[name] = value;
        start.Environment["KUBERNETES_EXEC_INFO"] = Question();
        try
        {
            return Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            var hint = plugin.InstallHint.Length > 0 ? $"\n{plugin.InstallHint}" : "";
            throw Failed($"cannot be run: {e.Message}{hint}");
        }
    }

    private string Question()
    {
        var cluster = plugin.ClusterJson is { } json ? $",\"cluster\":{json}" : "";
        return $$$"""{"kind":"ExecCredential","apiVersion":"{{{plugin.ApiVersion}}}","spec":{"interactive":false{{{cluster}}}}}""";
    }

    private (KubeCredential Credential, DateTimeOffset Expires) Parse(string output)
    {
        try
        {
            using var document = JsonDocument.Parse(output);
            var root = document.RootElement;
            if (Text(root, "kind") != "ExecCredential" || Text(root, "apiVersion") != plugin.ApiVersion)
                throw Failed($"did not answer with an ExecCredential of {plugin.ApiVersion}");
            return root.TryGetProperty("status", out var status) && status.ValueKind == JsonValueKind.Object
                ? Read(status)
                : throw Failed("answered without a status");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            // The parser's message may quote the answer, and so a token.
            throw Failed("answered with something that is no ExecCredential");
        }
    }

    private (KubeCredential Credential, DateTimeOffset Expires) Read(JsonElement status)
    {
        var token = Text(status, "token");
        var certificate = Text(status, "clientCertificateData");
        var key = Text(status, "clientKeyData");
        if (token.Length == 0 && (certificate.Length == 0 || key.Length == 0))
            throw Failed("answered with neither a token nor a certificate and its key");
        var credential = token.Length > 0 ? KubeCredential.Bearer(token) : KubeCredential.None;
        if (certificate.Length > 0 && key.Length > 0)
            credential = KubePem.WithCertificate(credential, certificate, key, $"the credential plugin \"{plugin.Command}\"");
        var expiry = Text(status, "expirationTimestamp");
        return (credential, expiry.Length == 0 ? DateTimeOffset.MaxValue : DateTimeOffset.Parse(expiry, CultureInfo.InvariantCulture));
    }

    private static string Text(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";

    private static string Shorten(string complaint)
    {
        complaint = complaint.Trim();
        return complaint.Length > LongestComplaint ? complaint[..LongestComplaint] + "…" : complaint;
    }

    private KubeException Failed(string how) => new(KubeError.Credentials, $"the kubeconfig's credential plugin \"{plugin.Command}\" {how}");
}
