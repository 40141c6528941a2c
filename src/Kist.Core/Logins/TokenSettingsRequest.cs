using System.ComponentModel;

namespace Kist.Core.Logins;

/// <summary>The token parameters of a request that makes or changes a role or user. Records of auth methods inherit them.</summary>
public abstract record TokenSettingsRequest
{
    /// <summary>TTL.</summary>
    [Description("TTL of the tokens; the mount's default if not given.")]
    public TimeSpan? TokenTtl { get; init; }

    /// <summary>Longest life.</summary>
    [Description("Longest life of the tokens, renewals included; the mount's if not given.")]
    public TimeSpan? TokenMaxTtl { get; init; }

    /// <summary>Policies.</summary>
    [Description("Policies of the tokens.")]
    public IReadOnlyList<string>? TokenPolicies { get; init; }

    /// <summary>Networks.</summary>
    [Description("Networks (CIDR) from which one may log in and the tokens may be used; all if not given.")]
    public IReadOnlyList<string>? TokenBoundCidrs { get; init; }

    /// <summary>The longest age.</summary>
    [Description("No renewal of the tokens reaches beyond this age.")]
    public TimeSpan? TokenExplicitMaxTtl { get; init; }

    /// <summary>Leaves out <c>default</c>.</summary>
    [Description("The tokens do not get the policy \"default\" by themselves.")]
    public bool? TokenNoDefaultPolicy { get; init; }

    /// <summary>Uses.</summary>
    [Description("How many requests the tokens are good for; 0 is unlimited.")]
    public int? TokenNumUses { get; init; }

    /// <summary>The period.</summary>
    [Description("Makes the tokens periodic: each renewal sets the TTL to this, without a maximum.")]
    public TimeSpan? TokenPeriod { get; init; }

    /// <summary>The type.</summary>
    [Description("default (the mount's), service, batch, default-service or default-batch.")]
    public string? TokenType { get; init; }

    /// <summary>Authorities of the second proof.</summary>
    [Description("PEM certificates of authorities: who logs in must also show a client certificate that one of them vouches for, on the same connection.")]
    public string? LoginCertificateAuthorities { get; init; }

    /// <summary>Names in the second proof.</summary>
    [Description("Patterns of which one must match an alternative name (DNS, mail or URI) of that certificate; all names if not given.")]
    public IReadOnlyList<string>? LoginCertificateNames { get; init; }

    /// <summary>Hours.</summary>
    [Description("Hours, in UTC, in which one may log in and renew: \"08:00-18:00\" or \"Mon-Fri 08:00-18:00\"; always if not given.")]
    public IReadOnlyList<string>? LoginHours { get; init; }

    /// <summary>The settings with the given fields changed, or what is wrong with them.</summary>
    public Outcome<TokenSettings> ApplyTo(TokenSettings settings)
    {
        var changed = settings with
        {
            TokenTtl = TokenTtl ?? settings.TokenTtl,
            TokenMaxTtl = TokenMaxTtl ?? settings.TokenMaxTtl,
            TokenPolicies = TokenPolicies is { } policies ? Tokens.TokenPolicyRules.Names(policies) : settings.TokenPolicies,
            TokenBoundCidrs = TokenBoundCidrs ?? settings.TokenBoundCidrs,
            TokenExplicitMaxTtl = TokenExplicitMaxTtl ?? settings.TokenExplicitMaxTtl,
            TokenNoDefaultPolicy = TokenNoDefaultPolicy ?? settings.TokenNoDefaultPolicy,
            TokenNumUses = TokenNumUses ?? settings.TokenNumUses,
            TokenPeriod = TokenPeriod ?? settings.TokenPeriod,
            TokenType = TokenType is "" ? LoginTokenType.Default : TokenType ?? settings.TokenType,
            AlsoRequires = Change(settings.AlsoRequires ?? new LoginRequirement()),
        };
        return changed.Check() is { } bad ? bad : changed;
    }

    private LoginRequirement? Change(LoginRequirement required)
    {
        var changed = required with
        {
            CertificateAuthorities = LoginCertificateAuthorities?.Trim() ?? required.CertificateAuthorities,
            CertificateNames = LoginCertificateNames ?? required.CertificateNames,
            Hours = LoginHours ?? required.Hours,
        };
        return changed.IsEmpty ? null : changed;
    }
}
