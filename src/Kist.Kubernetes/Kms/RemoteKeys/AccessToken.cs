using System.Globalization;
using System.Text.Json;
using Kist.Core;
using Kist.Crypto;

namespace Kist.Kubernetes.Kms.RemoteKeys;

/// <summary>A bearer token of a cloud, kept until shortly before it ends. Asked for once by all who need it at the same time.</summary>
/// <param name="what">For messages.</param>
/// <param name="http">Carries the request.</param>
/// <param name="createRequest">Makes the request for a new one. Throws <see cref="IOException"/> when its files cannot be read.</param>
/// <param name="time">The clock.</param>
internal sealed class AccessToken(string what, RemoteHttp http, Func<RemoteRequest> createRequest, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(2);

    private readonly SemaphoreSlim gate = new(1);
    private SecretText? token;
    private DateTimeOffset end;

    /// <summary>A token that is good for a while.</summary>
    public async ValueTask<Outcome<SecretText>> GetAsync(CancellationToken cancellationToken)
    {
        await gate.WaitAsync(cancellationToken);
        try
        {
            if (token is not null && time.GetUtcNow() + Margin < end)
                return token;
            var request = createRequest();
            using var body = request.Body;
            using var answer = await http.SendAsync(request, cancellationToken);
            if (!answer.Succeeded)
                return Explain(answer);
            if (answer.Text("access_token") is not { Length: > 0 } text)
                return RemoteFailures.Refused($"{what}: the answer holds no access token");
            // Azure's metadata service writes the number as text.
            var written = long.TryParse(answer.Text("expires_in"), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
            var seconds = answer.Number("expires_in") ?? written;
            token = new SecretText(text);
            end = time.GetUtcNow() + TimeSpan.FromSeconds(Math.Clamp(seconds, 0, 86_400));
            return token;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return RemoteFailures.Out($"{what}: {e.Message}");
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>The token was refused: the next one who asks gets a new one.</summary>
    public void Forget() => end = default;

    /// <inheritdoc/>
    public void Dispose() => gate.Dispose();

    private Failure Explain(RemoteAnswer answer)
    {
        var message = $"{what} answers {(int)answer.Status}: {answer.Text("error_description") ?? answer.Text("error") ?? "no reason given"}";
        return CloudFailure.Of(answer, message);
    }
}

/// <summary>Calls a cloud's interface with a bearer token.</summary>
internal static class BearerCall
{
    /// <summary>Sends; a failure's message is the cloud's own.</summary>
    public static async ValueTask<Outcome<RemoteAnswer>> SendAsync(
        string name, RemoteHttp http, AccessToken tokens, RemoteRequest request, CancellationToken cancellationToken)
    {
        var token = await tokens.GetAsync(cancellationToken);
        if (!token.Succeeded)
            return token.Failure;
        var answer = await http.SendAsync(
            request with { Headers = [.. request.Headers, ("Authorization", $"Bearer {token.Value.Reveal()}")] }, cancellationToken);
        if (answer.Succeeded)
            return answer;
        using var failed = answer;
        if (answer.Status == System.Net.HttpStatusCode.Unauthorized)
            tokens.Forget();
        var message = $"{name} answers {(int)answer.Status} to {request.Url.AbsolutePath}: {answer.Text("error", "message") ?? "no reason given"}";
        return CloudFailure.Of(answer, message);
    }
}

/// <summary>What an answer of Google's or Azure's means that is no success. Both tell their failures under <c>error</c>, as do token services (RFC 6749).</summary>
internal static class CloudFailure
{
    /// <summary>An outage or a refusal.</summary>
    public static Failure Of(RemoteAnswer answer, string message)
    {
        if (RemoteHttp.IsOutage(answer.Status))
            return RemoteFailures.Out(message);
        return answer.Find("error") is { ValueKind: JsonValueKind.Object or JsonValueKind.String }
            ? RemoteFailures.Refused(message)
            : RemoteFailures.NotFromIt(message);
    }
}
