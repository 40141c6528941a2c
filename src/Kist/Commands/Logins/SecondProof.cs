using System.Text.Json;
using System.Text.Json.Nodes;
using Kist.Client;
using Kist.Commands.Cli;

namespace Kist.Commands.Logins;

/// <summary>What a login was answered that lacks a second proof (<c>mfa_requirement</c>): no token before somebody has given the codes.</summary>
/// <param name="RequestId">Names the login.</param>
/// <param name="Constraints">Of each, one method must be proved.</param>
internal sealed record SecondProof(string RequestId, IReadOnlyList<IReadOnlyList<ProofMethod>> Constraints)
{
    /// <summary>The methods, as messages name them.</summary>
    public string Methods => string.Join(" and ", Constraints.Select(static any => string.Join(" or ", any.Select(static m => m.Name))));

    /// <summary>Reads it; null when the login lacks nothing.</summary>
    public static SecondProof? Of(JsonElement secret)
    {
        if (secret.Object("auth")?.Object("mfa_requirement") is not { } requirement || requirement.Text("mfa_request_id") is not { } id)
            return null;
        var constraints = requirement.Object("mfa_constraints")?.EnumerateObject().Select(static c => Any(c.Value)) ?? [];
        return new SecondProof(id, [.. constraints.Where(static any => any.Count > 0)]);
    }

    /// <summary>Asks for the codes, and makes the request that completes the login.</summary>
    /// <exception cref="ExitException">No code was given.</exception>
    public async Task<ApiRequest> AskAsync(Invocation call, CancellationToken cancellation)
    {
        var codes = new JsonObject();
        foreach (var any in Constraints.Where(any => !any.Any(m => codes.ContainsKey(m.Id))))
        {
            var (method, code) = await AskAsync(call, any, cancellation);
            codes[method.Id] = new JsonArray(JsonValue.Create(code));
        }

        var body = new JsonObject { ["mfa_request_id"] = RequestId, ["mfa_payload"] = codes };
        return ApiRequest.Write("sys/mfa/validate", body) with { BodyIsSecret = true };
    }

    private static async Task<(ProofMethod Method, string Code)> AskAsync(
        Invocation call, IReadOnlyList<ProofMethod> any, CancellationToken cancellation)
    {
        foreach (var method in any.Where(static m => m.TakesCode))
        {
            var hint = any.Count > 1 ? "will be hidden; Enter for another method" : "will be hidden";
            // Apps show codes in groups.
            var typed = (await call.AskAsync($"Code of {method.Name} ({hint}): ", cancellation)).Replace(" ", "", StringComparison.Ordinal);
            if (typed.Length > 0)
                return (method, typed);
        }

        var other = any.FirstOrDefault(static m => !m.TakesCode) ?? throw ExitException.Failed("The login is not complete: no code was given");
        call.Host.Tell($"{other.Name} asks you on your own device");
        return (other, "");
    }

    private static List<ProofMethod> Any(JsonElement constraint) =>
        constraint.Field("any") is { ValueKind: JsonValueKind.Array } any ? [.. any.EnumerateArray().Select(Method).OfType<ProofMethod>()] : [];

    private static ProofMethod? Method(JsonElement method)
    {
        if (method.Text("id") is not { } id)
            return null;
        var name = method.Text("name") is { Length: > 0 } given ? given : $"{method.Text("type")} {id}";
        return new ProofMethod(id, name, method.IsTrue("uses_passcode"));
    }
}

/// <summary>A method of second proofs.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">What people call it.</param>
/// <param name="TakesCode">Somebody types a code; otherwise the method asks by itself.</param>
internal sealed record ProofMethod(string Id, string Name, bool TakesCode);
