using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Kist.Wire.Kubernetes.Credentials;

/// <summary>Who asks.</summary>
public interface IKubeCredentials
{
    /// <summary>Whether a new credential can be had when the server refuses one.</summary>
    bool CanRenew { get; }

    /// <summary>What to show to the server now.</summary>
    /// <exception cref="KubeException"><see cref="KubeError.Credentials"/>: there is nothing to show.</exception>
    ValueTask<KubeCredential> GetAsync(KubeCredentialRequest request, CancellationToken cancellationToken);
}

/// <summary>A question for a credential.</summary>
/// <param name="Renew">The server has refused the one that was given last.</param>
public readonly record struct KubeCredentialRequest(bool Renew);

/// <summary>What is shown to the server. Never prints a token or key.</summary>
public sealed class KubeCredential : IKubeCredentials
{
    private readonly AuthenticationHeaderValue? header;

    private KubeCredential(AuthenticationHeaderValue? header) => this.header = header;

    /// <summary>Nobody in particular.</summary>
    public static KubeCredential None { get; } = new(null);

    /// <summary>The client's certificate with its key; null for none.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>The certificate's intermediates.</summary>
    public X509Certificate2Collection Intermediates { get; init; } = [];

    /// <inheritdoc/>
    public bool CanRenew => false;

    /// <summary>A bearer token, and perhaps a certificate.</summary>
    public static KubeCredential Bearer(string token) => new(new AuthenticationHeaderValue("Bearer", token));

    /// <summary>A name and a password.</summary>
    public static KubeCredential Basic(string userName, string password) =>
        new(new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{userName}:{password}"))));

    /// <summary>This credential with a certificate.</summary>
    public KubeCredential With(X509Certificate2? certificate, X509Certificate2Collection intermediates) =>
        new(header) { Certificate = certificate, Intermediates = intermediates };

    /// <inheritdoc/>
    public ValueTask<KubeCredential> GetAsync(KubeCredentialRequest request, CancellationToken cancellationToken) => new(this);

    /// <inheritdoc/>
    public override string ToString() => "[redacted]";

    internal void Apply(HttpRequestMessage message) => message.Headers.Authorization = header;
}
