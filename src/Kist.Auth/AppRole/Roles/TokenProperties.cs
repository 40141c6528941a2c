using System.ComponentModel;
using Kist.Auth.AppRole.Stored;

namespace Kist.Auth.AppRole.Roles;

internal sealed record PoliciesRequest : IRolePropertyRequest
{
    [Description("Name of the role.")]
    public required string RoleName { get; init; }

    [Description("Policies of the tokens.")]
    public IReadOnlyList<string>? TokenPolicies { get; init; }

    [Description("The former name of token_policies.")]
    public IReadOnlyList<string>? Policies { get; init; }

    public RoleChange? ToChange() => (TokenPolicies ?? Policies) is { } value ? new RoleChange { TokenPolicies = value } : null;
}

internal sealed record PoliciesResponse
{
    [Description("Policies of the tokens.")]
    public required IReadOnlyList<string> TokenPolicies { get; init; }

    public static PoliciesResponse Of(RoleRecord role) => new() { TokenPolicies = role.Token.TokenPolicies };
}

internal sealed record PeriodRequest : IRolePropertyRequest
{
    [Description("Name of the role.")]
    public required string RoleName { get; init; }

    [Description("Each renewal sets the TTL of a token to this, without a maximum; 0 for none.")]
    public TimeSpan? TokenPeriod { get; init; }

    [Description("The former name of token_period.")]
    public TimeSpan? Period { get; init; }

    public RoleChange? ToChange() => (TokenPeriod ?? Period) is { } value ? new RoleChange { TokenPeriod = value } : null;
}

internal sealed record PeriodResponse
{
    [Description("Each renewal sets the TTL of a token to this, without a maximum; 0 for none.")]
    public required TimeSpan TokenPeriod { get; init; }

    public static PeriodResponse Of(RoleRecord role) => new() { TokenPeriod = role.Token.TokenPeriod };
}

internal sealed record TokenTtlRequest : IRolePropertyRequest
{
    [Description("Name of the role.")]
    public required string RoleName { get; init; }

    [Description("TTL of the tokens; 0 for the mount's default.")]
    public TimeSpan? TokenTtl { get; init; }

    public RoleChange? ToChange() => TokenTtl is { } value ? new RoleChange { TokenTtl = value } : null;
}

internal sealed record TokenTtlResponse
{
    [Description("TTL of the tokens; 0 for the mount's default.")]
    public required TimeSpan TokenTtl { get; init; }

    public static TokenTtlResponse Of(RoleRecord role) => new() { TokenTtl = role.Token.TokenTtl };
}

internal sealed record TokenMaxTtlRequest : IRolePropertyRequest
{
    [Description("Name of the role.")]
    public required string RoleName { get; init; }

    [Description("Longest life of the tokens; 0 for the mount's.")]
    public TimeSpan? TokenMaxTtl { get; init; }

    public RoleChange? ToChange() => TokenMaxTtl is { } value ? new RoleChange { TokenMaxTtl = value } : null;
}

internal sealed record TokenMaxTtlResponse
{
    [Description("Longest life of the tokens; 0 for the mount's.")]
    public required TimeSpan TokenMaxTtl { get; init; }

    public static TokenMaxTtlResponse Of(RoleRecord role) => new() { TokenMaxTtl = role.Token.TokenMaxTtl };
}

internal sealed record TokenBoundCidrsRequest : IRolePropertyRequest
{
    [Description("Name of the role.")]
    public required string RoleName { get; init; }

    [Description("Networks (CIDR) from which one may log in and the tokens may be used; empty for all.")]
    public IReadOnlyList<string>? TokenBoundCidrs { get; init; }

    public RoleChange? ToChange() => TokenBoundCidrs is { } value ? new RoleChange { TokenBoundCidrs = value } : null;
}

internal sealed record TokenBoundCidrsResponse
{
    [Description("Networks (CIDR) from which one may log in and the tokens may be used; empty for all.")]
    public required IReadOnlyList<string> TokenBoundCidrs { get; init; }

    public static TokenBoundCidrsResponse Of(RoleRecord role) => new() { TokenBoundCidrs = role.Token.TokenBoundCidrs };
}
