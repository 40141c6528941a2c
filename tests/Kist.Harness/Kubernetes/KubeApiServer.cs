using System.Diagnostics.CodeAnalysis;
using System.Net;

namespace Kist.Harness.Kubernetes;

/// <summary>
/// One kube-apiserver (1.20.2, built by <c>tests/tools/kube-apiserver</c>) on a port of its own, over restarts. Like every release before 1.26, it
/// reads the encryption configuration once, at its start.
/// </summary>
public sealed class KubeApiServer : IAsyncDisposable
{
    /// <summary>How long a start may take. It takes five seconds when nobody else works.</summary>
    public static readonly TimeSpan PatienceAtStart = TimeSpan.FromMinutes(2);

    private readonly KubeCluster cluster;
    private readonly string home;
    private KistProcess? process;
    private volatile bool ready;
    private int generation;

    internal KubeApiServer(KubeCluster cluster, string home, KubeClusterOptions options)
    {
        this.cluster = cluster;
        this.home = home;
        Arguments = options.Arguments;
        Address = KistServer.FreeAddress(tls: true);
        EncryptionFile = Path.Combine(home, "encryption.yaml");
        Http = new KubeHttp(Address, cluster.Certificates.AuthorityFile, KubeCluster.AdminToken);
    }

    /// <summary>Where <c>tests/tools/kube-apiserver</c> puts what it builds: outside the tree, beside other caches.</summary>
    public static string Program { get; } = Path.Combine(CacheFolder(), "kist", "kube-apiserver", "1.20.2", "kube-apiserver");

    /// <summary>True when it is built, and etcd is there.</summary>
    public static bool Installed => File.Exists(Program) && EtcdServer.Installed;

    /// <summary>Where it listens, with TLS.</summary>
    public Uri Address { get; }

    /// <summary>The encryption configuration that the next start reads, when the file exists.</summary>
    public string EncryptionFile { get; }

    /// <summary>Further flags of the next start.</summary>
    public IReadOnlyList<string> Arguments { get; set; }

    /// <summary>False from the moment at which it is told to end until it is ready again.</summary>
    public bool IsReady => ready;

    /// <summary>How often it was started.</summary>
    public int Generation => Volatile.Read(ref generation);

    /// <summary>Calls it as the administrator.</summary>
    public KubeHttp Http { get; }

    /// <summary>The current run.</summary>
    public KistProcess Process => process ?? throw new InvalidOperationException("the API server is not started");

    /// <summary>Starts it without waiting.</summary>
    public void Launch()
    {
        List<string> arguments =
        [
            $"--etcd-servers={cluster.Etcd.Endpoint.GetLeftPart(UriPartial.Authority)}",
            $"--secure-port={Address.Port}", "--bind-address=127.0.0.1", $"--cert-dir={home}", "--endpoint-reconciler-type=none",
            $"--tls-cert-file={cluster.Certificates.CertificateFile}", $"--tls-private-key-file={cluster.Certificates.KeyFile}",
            $"--client-ca-file={cluster.Certificates.AuthorityFile}", $"--token-auth-file={cluster.TokenFile}", "--authorization-mode=RBAC",
            "--service-account-issuer=https://kubernetes.default.svc",
            $"--service-account-key-file={cluster.ServiceAccountKeyFile}", $"--service-account-signing-key-file={cluster.ServiceAccountKeyFile}",
            "--service-cluster-ip-range=10.0.0.0/24",
            // There are no service accounts without the controllers that make them.
            "--disable-admission-plugins=ServiceAccount", "--profiling=false",
        ];
        if (cluster.Etcd.Certificates is { } etcd)
            arguments.AddRange([$"--etcd-cafile={etcd.AuthorityFile}", $"--etcd-certfile={etcd.CertificateFile}", $"--etcd-keyfile={etcd.KeyFile}"]);
        if (File.Exists(EncryptionFile))
            arguments.Add($"--encryption-provider-config={EncryptionFile}");
        Interlocked.Increment(ref generation);
        process = KistProcess.Start(Guardian.Start(Program, [.. arguments, .. Arguments]));
    }

    /// <summary>Starts it and waits until it is ready.</summary>
    public async Task StartAsync()
    {
        Launch();
        await ReadyAsync();
    }

    /// <summary>Ends it in order, and starts it with what the encryption configuration now says.</summary>
    public async Task RestartAsync()
    {
        ready = false;
        await Process.StopAsync();
        await Process.DisposeAsync();
        await StartAsync();
    }

    /// <summary>Waits until it is ready.</summary>
    /// <exception cref="InvalidOperationException">It ended, or did not become ready; the message holds what it printed.</exception>
    public async Task ReadyAsync()
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!Process.HasExited && TimeProvider.System.GetElapsedTime(began) < PatienceAtStart)
        {
            try
            {
                if ((await Http.GetAsync("readyz")).Status == HttpStatusCode.OK)
                {
                    ready = true;
                    return;
                }
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }
            await Task.Delay(50);
        }
        throw new InvalidOperationException(Process.HasExited
            ? $"the API server ended with {Process.ExitCode}:\n{Process.Output}"
            : $"the API server did not become ready within {PatienceAtStart}:\n{Process.Output}");
    }

    /// <summary>Kills it.</summary>
    public async ValueTask DisposeAsync()
    {
        if (process is not null)
            await process.DisposeAsync();
        Http.Dispose();
    }

    [SuppressMessage("ApiDesign", "RS0030", Justification = "It lies where ./test has put it.")]
    internal static string CacheFolder() => Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } cache
        ? cache
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
}
