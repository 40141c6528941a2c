using Kist.Core.Policies;
using Kist.Core.Tokens;

namespace Kist.Core.Identity;

/// <summary>The expected failures of identities. Where Vault has words for them, they are these.</summary>
internal static class IdentityFailures
{
    public static Failure NoEntity { get; } = Failure.Invalid("identity.no_entity", "entity not found from id");

    public static Failure NoGroup { get; } = Failure.Invalid("identity.no_group", "invalid group ID");

    public static Failure NoAlias { get; } = Failure.Invalid("identity.no_alias", "invalid alias ID");

    public static Failure TooManyAliases { get; } =
        Failure.Invalid("identity.too_many_aliases", $"an entity has at most {Stored.IdentityRecords.MaxAliases} aliases; delete one first");

    public static Failure Missing(string field) => Failure.Invalid("identity.missing_field", $"field \"{field}\" is required");

    public static Failure NameInUse(string what) => Failure.Invalid("identity.name_in_use", $"{what} name is already in use");

    public static Failure NoMount(string accessor) =>
        Failure.Invalid("identity.no_mount", $"invalid mount accessor \"{accessor}\": no auth method has it");

    /// <summary>Policies that no token may get by what it is; null when there are none.</summary>
    public static Failure? CheckPolicies(IReadOnlyList<string> policies)
    {
        if (policies.Contains(PolicyName.Root, StringComparer.Ordinal))
            return Failure.Invalid("identity.root_policy", "policies cannot contain root");
        return TokenPolicyRules.NotAssignableIn(policies) is { } reserved
            ? Failure.Invalid("token.policy_not_assignable", $"cannot assign policy \"{reserved}\"")
            : null;
    }
}
