using Kist.Core.Policies;

namespace Kist.Core.Tokens;

/// <summary>A token that was found valid for this request, with what is computed once a token: its compiled policies and audit hashes.</summary>
public sealed class Authenticated
{
    /// <summary>The token's entry.</summary>
    public required TokenEntry Entry { get; init; }

    /// <summary>The compiled policies.</summary>
    public required Acl Acl { get; init; }
}
