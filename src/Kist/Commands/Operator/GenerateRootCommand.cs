using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Kist.Client;
using Kist.Commands.Arguments;
using Kist.Commands.Cli;
using Kist.Commands.Rendering;

namespace Kist.Commands.Operator;

/// <summary>
/// <c>operator generate-root</c>: makes a root token with the shares of several people, shown to the one who holds the one-time password only.
/// </summary>
internal static class GenerateRootCommand
{
    private const string Path = "sys/generate-root/attempt";
    private const string Alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    private static readonly Flag Otp = Flag.Text(
        "otp", "password", "The one-time password: with -init to use your own, with -decode to read the token; - reads it from standard input.");
    private static readonly Flag Decode = Flag.Text("decode", "token", "Decode the encoded token with -otp.");
    private static readonly Flag GenerateOtp = Flag.Switch("generate-otp", "Print a one-time password that fits.");

    public static Command GenerateRoot => new("operator generate-root", "Makes a root token with shares of the unseal key.", RunAsync)
    {
        Arguments = "[SHARE]",
        Description = "One person begins with -init and keeps the one-time password; enough people give their shares; the first decodes the result. "
            + "Without an argument, asks for the share; - reads it from standard input.",
        Flags = [AttemptFlags.Init, AttemptFlags.Status, AttemptFlags.Cancel, AttemptFlags.Nonce, Otp, Decode, GenerateOtp],
        Shows = Shows.Fields,
        Example = new("Begin", "operator generate-root -init"),
    };

    private static async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        if (call.Text(Decode) is { } encoded)
            return await DecodeAsync(call, encoded, cancellation);
        if (call.Switch(GenerateOtp))
            return await GenerateOtpAsync(call, cancellation);
        if (call.Switch(AttemptFlags.Cancel))
        {
            await call.DemandAsync(ApiRequest.Delete(Path), cancellation);
            return call.Output.Success("Root token generation canceled (if it was started)");
        }

        if (call.Switch(AttemptFlags.Status))
            return Show(call, await call.DemandAsync(ApiRequest.Read(Path), cancellation));
        return Show(call, call.Switch(AttemptFlags.Init) ? await BeginAsync(call, cancellation) : await GiveAsync(call, cancellation));
    }

    private static async Task<ApiResponse> BeginAsync(Invocation call, CancellationToken cancellation)
    {
        var body = new JsonObject();
        if (call.Text(Otp) is { Length: > 0 } given)
        {
            using var otp = await call.SecretAsync(given, "one-time password", cancellation);
            body["otp"] = otp.Reveal();
        }

        return await call.DemandAsync(ApiRequest.Write(Path, body) with { BodyIsSecret = body.Count > 0 }, cancellation);
    }

    private static async Task<ApiResponse> GiveAsync(Invocation call, CancellationToken cancellation)
    {
        var nonce = await AttemptFlags.NonceAsync(call, Path, cancellation);
        using var share = await call.SecretAsync(call.Argument(0), "unseal key", cancellation);
        var body = new JsonObject { ["key"] = share.Reveal(), ["nonce"] = nonce };
        return await call.DemandAsync(ApiRequest.Write("sys/generate-root/update", body) with { BodyIsSecret = true }, cancellation);
    }

    private static int Show(Invocation call, ApiResponse response)
    {
        call.Output.Warn(response);
        var status = response.Json ?? default;
        return call.Output.Field is { } field
            ? call.Output.ShowField(status.Field(field))
            : call.Output.Document(status, () => Output.KeyValues([.. Rows(status)]));
    }

    private static IEnumerable<IReadOnlyList<string>> Rows(JsonElement status)
    {
        yield return SecretTable.Row("Nonce", status.Text("nonce") ?? "");
        yield return SecretTable.Row("Started", status.IsTrue("started") ? "true" : "false");
        yield return SecretTable.Row("Progress", $"{status.Number("progress")}/{status.Number("required")}");
        yield return SecretTable.Row("Complete", status.IsTrue("complete") ? "true" : "false");
        foreach (var (title, field) in ((string, string)[])[("OTP", "otp"), ("Encoded Token", "encoded_token")])
        {
            if (status.Text(field) is { Length: > 0 } text)
                yield return SecretTable.Row(title, text);
        }

        if (status.Number("otp_length") is { } length and > 0)
            yield return SecretTable.Row("OTP Length", $"{length}");
    }

    private static async Task<int> GenerateOtpAsync(Invocation call, CancellationToken cancellation)
    {
        var status = await call.DemandAsync(ApiRequest.Read(Path), cancellation);
        var length = status.Json?.Number("otp_length") is { } known and > 0 and <= 1024 ? (int)known : 28;
        call.Output.Write(RandomNumberGenerator.GetString(Alphabet, length) + "\n");
        return ExitCode.Done;
    }

    /// <summary>The token is the encoded one, in Base64 without padding, combined with the password by exclusive or.</summary>
    private static async Task<int> DecodeAsync(Invocation call, string encoded, CancellationToken cancellation)
    {
        using var otp = await call.SecretAsync(call.Text(Otp), "one-time password", cancellation);
        var bytes = new byte[encoded.Length];
        var padded = encoded.TrimEnd('=') + new string('=', (4 - encoded.TrimEnd('=').Length % 4) % 4);
        if (!Convert.TryFromBase64String(padded, bytes, out var length) || length != otp.Utf8.Length)
            throw ExitException.Usage("the encoded token and the one-time password do not belong together");
        for (var i = 0; i < length; i++)
            bytes[i] ^= otp.Utf8[i];
        call.Output.Write(Encoding.UTF8.GetString(bytes, 0, length) + "\n");
        return ExitCode.Done;
    }
}
