using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography.X509Certificates;
using Kist.Auth.Keys;
using Kist.Core;
using Kist.Crypto.Jose;
using Kist.Wire.Kubernetes;
using Kist.Wire.Kubernetes.Config;
using Kist.Wire.Kubernetes.Credentials;

namespace Kist.Auth.Kubernetes;

/// <summary>A mount's cluster: connections to its API server, who asks there, and the keys that verify tokens here.</summary>
[SuppressMessage("Design", "CA1001", Justification = "Logins may use it when it has been replaced; connections that idle close by themselves.")]
internal sealed class Cluster
{
    private const string KeySetPath = "/openid/v1/jwks";
    private const int MostAtOnce = 64;
    private const int MostWaiting = 10_000;

    private readonly KubeClient client;

    /// <summary>With what the settings say.</summary>
    /// <param name="config">The settings.</param>
    /// <param name="authorities">Authorities that the API server is trusted by, which may be none; null for the system's.</param>
    /// <param name="reviewer">Who asks; null for each caller.</param>
    /// <param name="clock">Measures time.</param>
    public Cluster(KubernetesConfig config, X509Certificate2Collection? authorities, IKubeCredentials? reviewer, TimeProvider clock)
    {
        Reviewer = reviewer;
        client = new KubeClient(new KubeOptions
        {
            Connection = new KubeConnection
            {
                Server = ClusterAddress.TryParse(config.KubernetesHost, out _)!,
                Authorities = authorities,
                Credentials = reviewer ?? KubeCredential.None,
            },
            // A login waits for it.
            Attempts = 3,
            ConnectTimeout = TimeSpan.FromSeconds(5),
            RequestTimeout = TimeSpan.FromSeconds(15),
            LongestRetryAfter = TimeSpan.FromSeconds(2),
            MaxReceiveBytes = 1024 * 1024,
            Time = clock,
        });
        GivenKeys = config.GivenKeys();
        Keys = GivenKeys ?? new RemoteKeys(FetchKeysAsync, clock);
    }

    /// <summary>How many questions the API server is asked at once.</summary>
    public TurnQueue Turns { get; } = new(MostAtOnce, MostWaiting);

    /// <summary>Who asks the API server; null when each caller does.</summary>
    public IKubeCredentials? Reviewer { get; }

    /// <summary>The keys that an operator has given; null for none.</summary>
    public KeySource? GivenKeys { get; }

    /// <summary>The keys that verify tokens: those given, or those that the API server publishes.</summary>
    public KeySource Keys { get; }

    /// <summary>The client for a login: the reviewer's, or the caller's own.</summary>
    public KubeClient For(string callerToken) => Reviewer is null ? client.As(KubeCredential.Bearer(callerToken)) : client;

    private async Task<Outcome<TrustedKeys>> FetchKeysAsync(CancellationToken cancellationToken)
    {
        try
        {
            var document = await client.GetRawAsync(KeySetPath, cancellationToken);
            var set = JsonWebKeySet.TryParse(document.Span, out var fault);
            return set is null ? Failure.Invalid("jwt.keys_unavailable", fault) : new TrustedKeys(set);
        }
        catch (KubeException e)
        {
            return Failure.Invalid("jwt.keys_unavailable", e.Message);
        }
    }
}
