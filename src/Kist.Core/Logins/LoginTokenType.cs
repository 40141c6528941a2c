using Kist.Core.Tokens;

namespace Kist.Core.Logins;

/// <summary>Which type of token a login issues: the role's wish within what the mount leaves open. The rules are Vault's.</summary>
internal static class LoginTokenType
{
    /// <summary>Leaves it to the mount.</summary>
    public const string Default = "default";

    /// <summary>What a role may say.</summary>
    public static IReadOnlyList<string> All { get; } = [Default, "service", "batch", "default-service", "default-batch"];

    /// <summary>Decides.</summary>
    /// <param name="mount">The mount's <c>token_type</c>; empty for <c>default-service</c>.</param>
    /// <param name="role">The role's.</param>
    public static TokenType Choose(string mount, string role) => mount switch
    {
        "service" => TokenType.Service,
        "batch" => TokenType.Batch,
        _ => role switch
        {
            "service" or "default-service" => TokenType.Service,
            "batch" or "default-batch" => TokenType.Batch,
            _ => mount == "default-batch" ? TokenType.Batch : TokenType.Service,
        },
    };
}
