using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Kist.Crypto;
using Kist.Engines.Kv.V2.Rotation.Stored;

namespace Kist.Engines.Kv.V2.Rotation.Targets;

/// <summary>
/// Posts to an address that the configuration allows. Redirects and proxies are not followed, and no more than the status is taken from an answer.
/// </summary>
internal static class HttpTarget
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>What is wrong with authorities in PEM; null for nothing.</summary>
    public static string? CheckAuthorities(string pem)
    {
        try
        {
            var authorities = new X509Certificate2Collection();
            authorities.ImportFromPem(pem);
            return authorities.Count == 0 ? "holds no certificate in PEM" : null;
        }
        catch (CryptographicException)
        {
            return "holds no certificate in PEM";
        }
    }

    public static async ValueTask<TargetAnswer> AskAsync(TargetRecord target, TargetCall call, CancellationToken cancellationToken)
    {
        using var timer = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timer.CancelAfter(Patience);
        using var body = new SecretBuffer();
        call.WriteTo(body);
        try
        {
            using var invoker = new HttpMessageInvoker(Handler(target));
            using var message = new HttpRequestMessage(HttpMethod.Post, target.Url);
            message.Content = new ReadOnlyMemoryContent(body.WrittenMemory);
            message.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            if (target.Token is { } token)
                message.Headers.TryAddWithoutValidation("Authorization", $"Bearer {token.Reveal()}");
            // The headers are all that is read: an answer of any length costs nothing.
            using var response = await invoker.SendAsync(message, timer.Token);
            return Read(call.Action, response.StatusCode);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return TargetAnswer.Unknown($"the target did not answer within {Patience.TotalSeconds:0} seconds");
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return TargetAnswer.Unknown(
                e.InnerException is AuthenticationException
                    ? "the target is not trusted or refuses TLS"
                    : "the target cannot be reached or broke the connection");
        }
    }

    private static TargetAnswer Read(TargetAction action, HttpStatusCode status)
    {
        var asks = action is TargetAction.VerifyNew or TargetAction.VerifyOld;
        return (int)status switch
        {
            >= 200 and < 300 => TargetAnswer.Yes,
            409 or 422 when asks => TargetAnswer.No("the target does not take the value"),
            >= 300 and < 400 => TargetAnswer.Unknown($"the target answers with status {(int)status}: redirects are not followed"),
            _ => TargetAnswer.Unknown($"the target answers with status {(int)status}"),
        };
    }

    private static SocketsHttpHandler Handler(TargetRecord target)
    {
        var trust = new X509ChainPolicy { RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true };
        if (target.CaPem is { } pem)
        {
            trust.TrustMode = X509ChainTrustMode.CustomRootTrust;
            trust.CustomTrustStore.ImportFromPem(pem);
        }
        return new SocketsHttpHandler
        {
            ActivityHeadersPropagator = null,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            MaxResponseHeadersLength = 32,
            MaxResponseDrainSize = 0,
            SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = trust },
            UseCookies = false,
            UseProxy = false,
        };
    }
}
