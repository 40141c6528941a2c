using System.Diagnostics.CodeAnalysis;
using Kist.Auth.Userpass.Stored;
using Kist.Core;
using Kist.Core.Logins;
using Kist.Core.Pipeline;

namespace Kist.Auth.Userpass.Users;

/// <summary>What the tokens of a user may be.</summary>
internal sealed record UserResponse : TokenSettingsResponse
{
    /// <summary>Of a user with these settings.</summary>
    [SetsRequiredMembers]
    public UserResponse(TokenSettings settings)
        : base(settings)
    {
    }
}

/// <summary><c>GET users/name</c>.</summary>
internal static class ReadUser
{
    public static async ValueTask<Outcome<UserResponse>> HandleAsync(UserRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        var name = UserName.Parse(request.Username);
        if (!name.Succeeded)
            return name.Failure;
        return await UserStore.ReadUserAsync(context.Storage, name.Value, cancellationToken) is { Record: var user }
            ? new UserResponse(user.Token)
            : Failure.NotFound();
    }
}
