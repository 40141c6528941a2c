using System.Text.Json.Nodes;
using Kist.Client;
using Kist.Commands.Arguments;
using Kist.Commands.Cli;
using Kist.Commands.Rendering;

namespace Kist.Commands;

/// <summary><c>token create</c>.</summary>
internal static class TokenCreateCommand
{
    private static readonly Flag Id = Flag.Text(
        "id", "token", "The token itself, in place of a random one. Needs sudo; other users of the machine may see it in the arguments.");
    private static readonly Flag DisplayName = Flag.Text("display-name", "name", "A name for audit records.");
    private static readonly Flag Ttl = Flag.Text("ttl", "duration", "How long the token lives unless renewed.");
    private static readonly Flag ExplicitMaxTtl = Flag.Text("explicit-max-ttl", "duration", "The token dies after this long, renewed or not.");
    private static readonly Flag Period = Flag.Text("period", "duration", "Every renewal gives this long again, without end.");
    private static readonly Flag Renewable = Flag.Switch("renewable", "Whether the token can be renewed. Default true.");
    private static readonly Flag Orphan = Flag.Switch("orphan", "The token outlives the one that creates it.");
    private static readonly Flag NoDefaultPolicy = Flag.Switch("no-default-policy", "Leave the policy \"default\" out.");
    private static readonly Flag UseLimit = Flag.Number("use-limit", "count", "The token can be used this often; 0 for no limit.");
    private static readonly Flag Role = Flag.Text("role", "name", "Create the token against this token role.");
    private static readonly Flag Type = Flag.Choice("type", ["service", "batch"], "The kind of token.");
    private static readonly Flag EntityAlias = Flag.Text("entity-alias", "name", "The entity alias to be; needs -role.");
    private static readonly Flag Policy = Flag.List("policy", "name", "A policy of the token; may be repeated. Default: yours.");
    private static readonly Flag Metadata = Flag.Map("metadata", "A note for audit records; may be repeated.");

    public static Command Create => new("token create", "Creates a token.", RunAsync)
    {
        Flags =
        [
            Id, DisplayName, Ttl, ExplicitMaxTtl, Period, Renewable, Orphan, NoDefaultPolicy, UseLimit, Role, Type, EntityAlias, Policy, Metadata,
        ],
        Shows = Shows.Fields,
        Example = new("Create a token for a deployment that lives an hour", "token create -policy=deploy -ttl=1h"),
    };

    private static async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var path = call.Text(Role) is { } role ? $"auth/token/create/{role}" : "auth/token/create";
        var request = ApiRequest.Write(path, Body(call)) with { BodyIsSecret = call.Has(Id) };
        return call.Output.Show(await call.DemandAsync(request, cancellation));
    }

    private static JsonObject Body(Invocation call)
    {
        var body = new JsonObject { ["renewable"] = !call.Has(Renewable) || call.Switch(Renewable) };
        foreach (var (flag, name) in (ReadOnlySpan<(Flag, string)>)
        [
            (Id, "id"), (DisplayName, "display_name"), (Ttl, "ttl"), (ExplicitMaxTtl, "explicit_max_ttl"), (Period, "period"), (Type, "type"),
            (EntityAlias, "entity_alias"),
        ])
        {
            if (call.Text(flag) is { Length: > 0 } text)
                body[name] = text;
        }

        if (call.Switch(Orphan))
            body["no_parent"] = true;
        if (call.Switch(NoDefaultPolicy))
            body["no_default_policy"] = true;
        if (call.Number(UseLimit) is { } uses)
            body["num_uses"] = uses;
        if (call.List(Policy) is { Count: > 0 } policies)
            body["policies"] = JsonText.Array(policies);
        if (call.Map(Metadata) is { Count: > 0 } metadata)
            body["meta"] = new JsonObject(metadata.Select(static m => KeyValuePair.Create(m.Key, (JsonNode?)JsonValue.Create(m.Value))));
        return body;
    }
}
