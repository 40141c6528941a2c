using System.ComponentModel;
using System.Text.Json.Serialization;
using Kist.Core.Logins;
using Kist.Core.Mounts;

namespace Kist.Core.Sys;

/// <summary>Settings of a mount, as shown.</summary>
public sealed record MountConfigResponse
{
    /// <summary>Seconds; zero means the server's.</summary>
    public TimeSpan DefaultLeaseTtl { get; init; }

    /// <summary>Seconds; zero means the server's.</summary>
    public TimeSpan MaxLeaseTtl { get; init; }

    /// <summary>As given at mount time.</summary>
    public bool ForceNoCache { get; init; }

    /// <summary>Audited in clear.</summary>
    public IReadOnlyList<string>? AuditNonHmacRequestKeys { get; init; }

    /// <summary>Audited in clear.</summary>
    public IReadOnlyList<string>? AuditNonHmacResponseKeys { get; init; }

    /// <summary>Who sees the mount in the UI's list.</summary>
    public string? ListingVisibility { get; init; }

    /// <summary>Headers that reach the engine.</summary>
    public IReadOnlyList<string>? PassthroughRequestHeaders { get; init; }

    /// <summary>Headers that the engine may set.</summary>
    public IReadOnlyList<string>? AllowedResponseHeaders { get; init; }

    /// <summary>Kind of tokens that an auth method issues.</summary>
    public string? TokenType { get; init; }

    /// <summary>Wrong passwords that lock a user out, where the mount sets it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? UserLockoutThreshold { get; init; }

    /// <summary>For how long, in seconds, where the mount sets it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public TimeSpan? UserLockoutDuration { get; init; }

    /// <summary>After how many seconds a wrong password counts no more, where the mount sets it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public TimeSpan? UserLockoutCounterResetDuration { get; init; }

    /// <summary>Nobody is locked out, where the mount sets it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? UserLockoutDisable { get; init; }
}

/// <summary>A mount, as shown.</summary>
public sealed record MountResponse
{
    /// <summary>Stays the same for the life of the mount.</summary>
    public string Accessor { get; init; } = "";

    /// <summary>Settings.</summary>
    public MountConfigResponse Config { get; init; } = new();

    /// <summary>For people.</summary>
    public string Description { get; init; } = "";

    /// <summary>Always false; clients expect it.</summary>
    public bool ExternalEntropyAccess { get; init; }

    /// <summary>Always false: there is no replication.</summary>
    public bool Local { get; init; }

    /// <summary>The engine's options.</summary>
    public IReadOnlyDictionary<string, string>? Options { get; init; }

    /// <summary>Always empty: engines are built in.</summary>
    public string PluginVersion { get; init; } = "";

    /// <summary>Always empty: engines are built in.</summary>
    public string RunningPluginVersion { get; init; } = "";

    /// <summary>Always empty: engines are built in.</summary>
    public string RunningSha256 { get; init; } = "";

    /// <summary>Always false; the barrier encrypts everything.</summary>
    public bool SealWrap { get; init; }

    /// <summary>The engine or method.</summary>
    public string Type { get; init; } = "";

    /// <summary>Random UUID.</summary>
    public string Uuid { get; init; } = "";

    internal static MountResponse Of(Mount mount) => new()
    {
        Accessor = mount.Accessor,
        Description = mount.Description,
        Options = mount.Options.Count == 0 ? null : mount.Options,
        Type = mount.TypeName,
        Uuid = mount.Uuid,
        Config = new MountConfigResponse
        {
            DefaultLeaseTtl = mount.Config.DefaultLeaseTtl,
            MaxLeaseTtl = mount.Config.MaxLeaseTtl,
            ForceNoCache = mount.Config.ForceNoCache,
            AuditNonHmacRequestKeys = NullIfEmpty(mount.Config.AuditNonHmacRequestKeys),
            AuditNonHmacResponseKeys = NullIfEmpty(mount.Config.AuditNonHmacResponseKeys),
            ListingVisibility = mount.Config.ListingVisibility.Length == 0 ? null : mount.Config.ListingVisibility,
            PassthroughRequestHeaders = NullIfEmpty(mount.Config.PassthroughRequestHeaders),
            AllowedResponseHeaders = NullIfEmpty(mount.Config.AllowedResponseHeaders),
            TokenType = TokenTypeOf(mount),
            UserLockoutThreshold = mount.Config.UserLockout?.Threshold,
            UserLockoutDuration = mount.Config.UserLockout?.Duration,
            UserLockoutCounterResetDuration = mount.Config.UserLockout?.CounterReset,
            UserLockoutDisable = mount.Config.UserLockout?.Disabled,
        },
    };

    private static string? TokenTypeOf(Mount mount)
    {
        if (mount.Kind != MountKind.Auth)
            return null;
        return mount.Config.TokenType.Length == 0 ? "default-service" : mount.Config.TokenType;
    }

    private static IReadOnlyList<string>? NullIfEmpty(IReadOnlyList<string> list) => list.Count == 0 ? null : list;
}

/// <summary>Fields of the <c>config</c> object of a new mount, and of tuning. Absent fields stay as they are.</summary>
public record MountConfigFields
{
    /// <summary>Default lease and token TTL.</summary>
    [Description("Default lease and token TTL; 0 or \"system\" is the server's, empty leaves it as it is.")]
    [JsonConverter(typeof(LeaseTtlConverter))]
    public TimeSpan? DefaultLeaseTtl { get; set; }

    /// <summary>Longest lease and token TTL.</summary>
    [Description("Longest lease and token TTL; 0 or \"system\" is the server's, empty leaves it as it is.")]
    [JsonConverter(typeof(LeaseTtlConverter))]
    public TimeSpan? MaxLeaseTtl { get; set; }

    /// <summary>Accepted for compatibility; the cache holds encrypted entries and is always coherent.</summary>
    [Description("Accepted for compatibility.")]
    public bool? ForceNoCache { get; set; }

    /// <summary>Request fields that the audit shows in clear.</summary>
    [Description("Request fields whose values audit records show in clear.")]
    public IReadOnlyList<string>? AuditNonHmacRequestKeys { get; set; }

    /// <summary>Response fields that the audit shows in clear.</summary>
    [Description("Response fields whose values audit records show in clear.")]
    public IReadOnlyList<string>? AuditNonHmacResponseKeys { get; set; }

    /// <summary>Who sees the mount in the UI's list.</summary>
    [Description("\"unauth\" shows the mount to everybody in sys/internal/ui/mounts; \"hidden\" or empty does not.")]
    public string? ListingVisibility { get; set; }

    /// <summary>Headers that reach the engine.</summary>
    [Description("Request headers that reach the engine.")]
    public IReadOnlyList<string>? PassthroughRequestHeaders { get; set; }

    /// <summary>Headers that the engine may set.</summary>
    [Description("Response headers that the engine may set.")]
    public IReadOnlyList<string>? AllowedResponseHeaders { get; set; }

    /// <summary>Kind of tokens that an auth method issues.</summary>
    [Description("Kind of token that an auth method issues: default-service, default-batch, service or batch.")]
    public string? TokenType { get; set; }

    /// <summary>When an auth method locks users out.</summary>
    [Description("When an auth method with passwords locks users out: lockout_threshold, lockout_duration, lockout_counter_reset, lockout_disable.")]
    public UserLockoutFields? UserLockoutConfig { get; set; }

    internal Outcome<MountConfig> Over(MountConfig current)
    {
        if (ListingVisibility is not (null or "" or "hidden" or "unauth"))
            return Failure.Invalid("mount.invalid_visibility", "field \"listing_visibility\": expected \"unauth\", \"hidden\" or nothing");
        if (TokenType is not (null or "" or "default-service" or "default-batch" or "service" or "batch"))
            return Failure.Invalid("mount.invalid_token_type", "field \"token_type\": expected default-service, default-batch, service or batch");
        if (UserLockoutConfig?.Check() is { } badLockout)
            return badLockout;
        return current with
        {
            DefaultLeaseTtl = DefaultLeaseTtl ?? current.DefaultLeaseTtl,
            MaxLeaseTtl = MaxLeaseTtl ?? current.MaxLeaseTtl,
            ForceNoCache = ForceNoCache ?? current.ForceNoCache,
            AuditNonHmacRequestKeys = AuditNonHmacRequestKeys ?? current.AuditNonHmacRequestKeys,
            AuditNonHmacResponseKeys = AuditNonHmacResponseKeys ?? current.AuditNonHmacResponseKeys,
            ListingVisibility = ListingVisibility ?? current.ListingVisibility,
            PassthroughRequestHeaders = PassthroughRequestHeaders ?? current.PassthroughRequestHeaders,
            AllowedResponseHeaders = AllowedResponseHeaders ?? current.AllowedResponseHeaders,
            TokenType = TokenType ?? current.TokenType,
            UserLockout = UserLockoutConfig?.Over(current.UserLockout ?? UserLockout.Default) ?? current.UserLockout,
        };
    }
}

/// <summary>The fields of <c>user_lockout_config</c>. Absent fields stay as they are.</summary>
public sealed record UserLockoutFields
{
    /// <summary>After how many wrong passwords.</summary>
    [Description("How many wrong passwords lock a user out.")]
    public int? LockoutThreshold { get; set; }

    /// <summary>For how long.</summary>
    [Description("For how long a user is locked out.")]
    public TimeSpan? LockoutDuration { get; set; }

    /// <summary>How long a wrong password counts.</summary>
    [Description("How long after a wrong password it counts no more.")]
    public TimeSpan? LockoutCounterReset { get; set; }

    /// <summary>Another name of <see cref="LockoutCounterReset"/>.</summary>
    [Description("The same as lockout_counter_reset, as clients of Vault send it.")]
    public TimeSpan? LockoutCounterResetDuration { get; set; }

    /// <summary>Nobody is locked out.</summary>
    [Description("Locks nobody out.")]
    public bool? LockoutDisable { get; set; }

    internal Failure? Check()
    {
        if (LockoutThreshold < 1)
            return Invalid("lockout_threshold", "must be at least 1");
        if (LockoutDuration is { } duration && !IsInRange(duration))
            return Invalid("lockout_duration", "must be 1 second to 365 days");
        return (LockoutCounterReset ?? LockoutCounterResetDuration) is { } reset && !IsInRange(reset) ? Invalid("lockout_counter_reset", "must be 1 second to 365 days") : null;
    }

    internal UserLockout Over(UserLockout current) => new()
    {
        Threshold = LockoutThreshold ?? current.Threshold,
        Duration = LockoutDuration ?? current.Duration,
        CounterReset = LockoutCounterReset ?? LockoutCounterResetDuration ?? current.CounterReset,
        Disabled = LockoutDisable ?? current.Disabled,
    };

    private static bool IsInRange(TimeSpan time) => time >= TimeSpan.FromSeconds(1) && time <= TimeSpan.FromDays(365);

    private static Failure Invalid(string field, string what) =>
        Failure.Invalid("mount.invalid_lockout", $"field \"user_lockout_config.{field}\": {what}");
}

/// <summary>Mounts an engine or method.</summary>
public sealed record EnableMountRequest
{
    /// <summary>Where.</summary>
    [Description("Where to mount it.")]
    public string Path { get; set; } = "";

    /// <summary>What.</summary>
    [Description("The engine or auth method, such as \"kv\".")]
    public string Type { get; set; } = "";

    /// <summary>For people.</summary>
    [Description("A description for people.")]
    public string Description { get; set; } = "";

    /// <summary>Settings.</summary>
    [Description("Settings, as for tune.")]
    public MountConfigFields? Config { get; set; }

    /// <summary>The engine's options.</summary>
    [Description("Options of the engine, such as version=2 for kv.")]
    public IReadOnlyDictionary<string, string>? Options { get; set; }

    /// <summary>Accepted for compatibility.</summary>
    [Description("Accepted for compatibility: there is no replication.")]
    public bool Local { get; set; }

    /// <summary>Accepted for compatibility.</summary>
    [Description("Accepted for compatibility: the barrier encrypts everything.")]
    public bool SealWrap { get; set; }
}

/// <summary>Changes a mount's settings.</summary>
public sealed record TuneMountRequest : MountConfigFields
{
    /// <summary>Which.</summary>
    [Description("The mount.")]
    public string Path { get; set; } = "";

    /// <summary>For people.</summary>
    [Description("A description for people.")]
    public string? Description { get; set; }

    /// <summary>The engine's options; those not named stay.</summary>
    [Description("Options of the engine to change.")]
    public IReadOnlyDictionary<string, string>? Options { get; set; }
}

/// <summary>A mount's settings with what the server's defaults make of them.</summary>
public sealed record TuneMountResponse
{
    /// <summary>In force, in seconds.</summary>
    public TimeSpan DefaultLeaseTtl { get; init; }

    /// <summary>In force, in seconds.</summary>
    public TimeSpan MaxLeaseTtl { get; init; }

    /// <summary>For people.</summary>
    public string Description { get; init; } = "";

    /// <summary>As given at mount time.</summary>
    public bool ForceNoCache { get; init; }

    /// <summary>The engine's options.</summary>
    public IReadOnlyDictionary<string, string>? Options { get; init; }

    /// <summary>Audited in clear.</summary>
    public IReadOnlyList<string>? AuditNonHmacRequestKeys { get; init; }

    /// <summary>Audited in clear.</summary>
    public IReadOnlyList<string>? AuditNonHmacResponseKeys { get; init; }

    /// <summary>Who sees the mount in the UI's list.</summary>
    public string? ListingVisibility { get; init; }

    /// <summary>Headers that reach the engine.</summary>
    public IReadOnlyList<string>? PassthroughRequestHeaders { get; init; }

    /// <summary>Headers that the engine may set.</summary>
    public IReadOnlyList<string>? AllowedResponseHeaders { get; init; }

    /// <summary>Kind of tokens that an auth method issues.</summary>
    public string? TokenType { get; init; }

    /// <summary>Wrong passwords that lock a user out, where the mount sets it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? UserLockoutThreshold { get; init; }

    /// <summary>For how long, in seconds, where the mount sets it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public TimeSpan? UserLockoutDuration { get; init; }

    /// <summary>After how many seconds a wrong password counts no more, where the mount sets it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public TimeSpan? UserLockoutCounterResetDuration { get; init; }

    /// <summary>Nobody is locked out, where the mount sets it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? UserLockoutDisable { get; init; }
}

/// <summary>A mount path in a route.</summary>
public sealed record MountPathRequest
{
    /// <summary>The mount.</summary>
    [Description("The mount.")]
    public string Path { get; set; } = "";
}
