using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace Kist.Core.Logins;

/// <summary>The token parameters of a role or user that is shown. Records of auth methods inherit them.</summary>
public abstract record TokenSettingsResponse
{
    /// <summary>With the settings of a role.</summary>
    [SetsRequiredMembers]
    protected TokenSettingsResponse(TokenSettings settings)
    {
        TokenTtl = settings.TokenTtl;
        TokenMaxTtl = settings.TokenMaxTtl;
        TokenPolicies = settings.TokenPolicies;
        TokenBoundCidrs = settings.TokenBoundCidrs;
        TokenExplicitMaxTtl = settings.TokenExplicitMaxTtl;
        TokenNoDefaultPolicy = settings.TokenNoDefaultPolicy;
        TokenNumUses = settings.TokenNumUses;
        TokenPeriod = settings.TokenPeriod;
        TokenType = settings.TokenType;
        LoginCertificateAuthorities = settings.AlsoRequires?.CertificateAuthorities;
        LoginCertificateNames = settings.AlsoRequires?.CertificateNames;
        LoginHours = settings.AlsoRequires?.Hours;
    }

    /// <summary>TTL; 0 for the mount's default.</summary>
    public TimeSpan TokenTtl { get; }

    /// <summary>Longest life; 0 for the mount's.</summary>
    public TimeSpan TokenMaxTtl { get; }

    /// <summary>Policies.</summary>
    public IReadOnlyList<string> TokenPolicies { get; }

    /// <summary>Networks; empty for all.</summary>
    public IReadOnlyList<string> TokenBoundCidrs { get; }

    /// <summary>No renewal reaches beyond this age; 0 for none.</summary>
    public TimeSpan TokenExplicitMaxTtl { get; }

    /// <summary>Tokens do not get <c>default</c> by themselves.</summary>
    public bool TokenNoDefaultPolicy { get; }

    /// <summary>Uses; 0 is unlimited.</summary>
    public int TokenNumUses { get; }

    /// <summary>The period; 0 for none.</summary>
    public TimeSpan TokenPeriod { get; }

    /// <summary>default, service, batch, default-service or default-batch.</summary>
    public string TokenType { get; }

    /// <summary>Authorities of the second proof; left out, as the next two, when the role requires none of the three.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? LoginCertificateAuthorities { get; }

    /// <summary>Patterns of names in the second proof.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? LoginCertificateNames { get; }

    /// <summary>Hours in which one may log in and renew.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? LoginHours { get; }
}
