using System.Text.Json.Nodes;
using Kist.Commands.Arguments;
using Kist.Commands.Cli;
using Kist.Commands.Rendering;

namespace Kist.Commands.Mounts;

/// <summary>The settings of a mount, as flags and in the API's form.</summary>
internal static class MountFlags
{
    public static readonly Flag Path = Flag.Text("path", "path", "Where to mount it. Default: its type.");
    public static readonly Flag Description = Flag.Text("description", "text", "What it is for.");
    public static readonly Flag Local = Flag.Switch("local", "Do not replicate it.");
    public static readonly Flag SealWrap = Flag.Switch("seal-wrap", "Encrypt its critical values by the seal too.");
    public static readonly Flag Version = Flag.Number("version", "number", "The engine's version: 1 or 2 for kv.");
    private static readonly Flag Options = Flag.Map("options", "An option of its type; may be repeated.");
    private static readonly Flag DefaultLeaseTtl = Flag.Text("default-lease-ttl", "duration", "How long its leases and tokens live by default.");
    private static readonly Flag MaxLeaseTtl = Flag.Text("max-lease-ttl", "duration", "How long they can live at most.");
    private static readonly Flag ListingVisibility = Flag.Choice(
        "listing-visibility", ["", "hidden", "unauth"], "unauth shows it to callers without a token.");
    private static readonly Flag TokenType = Flag.Text(
        "token-type", "type", "The kind of tokens it issues: default-service, default-batch, service or batch.");

    private static readonly Flag AuditRequestKeys = Flag.List(
        "audit-non-hmac-request-keys", "keys", "Fields of requests that audit records show in clear.");

    private static readonly Flag AuditResponseKeys = Flag.List(
        "audit-non-hmac-response-keys", "keys", "Fields of answers that audit records show in clear.");

    private static readonly Flag RequestHeaders = Flag.List("passthrough-request-headers", "names", "Headers that it sees of requests.");
    private static readonly Flag ResponseHeaders = Flag.List("allowed-response-headers", "names", "Headers that it may set on answers.");

    private static readonly Flag LockoutThreshold = Flag.Number(
        "user-lockout-threshold", "number", "How many wrong passwords lock a user out.");

    private static readonly Flag LockoutDuration = Flag.Text("user-lockout-duration", "duration", "For how long a user is locked out.");
    private static readonly Flag LockoutCounterReset = Flag.Text(
        "user-lockout-counter-reset-duration", "duration", "How long after a wrong password it counts no more.");

    private static readonly Flag LockoutDisable = Flag.Switch("user-lockout-disable", "Lock nobody out.");

    /// <summary>When users are locked out; with those of <see cref="Tunable"/>, what <c>auth tune</c> takes.</summary>
    public static IReadOnlyList<Flag> Lockout { get; } = [LockoutThreshold, LockoutDuration, LockoutCounterReset, LockoutDisable];

    /// <summary>Settings that can be changed later.</summary>
    public static IReadOnlyList<Flag> Tunable(MountKind kind) =>
    [
        DefaultLeaseTtl, MaxLeaseTtl, Description, Options, Version, ListingVisibility, AuditRequestKeys, AuditResponseKeys, RequestHeaders,
        ResponseHeaders,
        .. kind == MountKind.Auth ? (ReadOnlySpan<Flag>)[TokenType] : [],
    ];

    /// <summary>The settings that were given, under the API's names.</summary>
    public static JsonObject Config(Invocation call, MountKind kind)
    {
        var config = new JsonObject();
        foreach (var flag in Tunable(kind).Where(call.Has).Where(static f => f != Description && f != Options && f != Version))
        {
            var name = flag.Name.Replace('-', '_');
            config[name] = flag.Kind == FlagKind.List ? JsonText.Array(call.List(flag)) : JsonValue.Create(call.Text(flag));
        }

        return config;
    }

    /// <summary>When users are locked out, as far as it was given. Vault takes numbers as texts here.</summary>
    public static JsonObject LockoutConfig(Invocation call)
    {
        var config = new JsonObject();
        foreach (var flag in Lockout.Where(call.Has))
        {
            var name = flag.Name["user-".Length..].Replace('-', '_');
            config[name] = flag.Kind == FlagKind.Switch ? JsonValue.Create(call.Switch(flag)) : JsonValue.Create(call.Text(flag));
        }

        return config;
    }

    /// <summary>The type's options that were given.</summary>
    public static JsonObject TypeOptions(Invocation call)
    {
        var options = new JsonObject();
        foreach (var (key, value) in call.Map(Options))
            options[key] = value;
        if (call.Text(Version) is { } version)
            options["version"] = version;
        return options;
    }
}
