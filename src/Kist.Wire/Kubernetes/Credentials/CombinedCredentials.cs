namespace Kist.Wire.Kubernetes.Credentials;

/// <summary>A token that changes, and a certificate that does not.</summary>
internal sealed class CombinedCredentials(IKubeCredentials token, KubeCredential certificate) : IKubeCredentials
{
    public bool CanRenew => token.CanRenew;

    public async ValueTask<KubeCredential> GetAsync(KubeCredentialRequest request, CancellationToken cancellationToken) =>
        (await token.GetAsync(request, cancellationToken)).With(certificate.Certificate, certificate.Intermediates);
}
