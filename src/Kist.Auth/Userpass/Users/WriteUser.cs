using System.ComponentModel;
using Kist.Auth.Roles;
using Kist.Auth.Userpass.Passwords;
using Kist.Auth.Userpass.Stored;
using Kist.Core;
using Kist.Core.Logins;
using Kist.Core.Pipeline;
using Kist.Crypto;

namespace Kist.Auth.Userpass.Users;

internal sealed record WriteUserRequest : TokenSettingsRequest
{
    [Description("Name of the user: letters, digits, underscores, hyphens and dots; upper and lower case are the same.")]
    public required string Username { get; init; }

    [Description("Password of the user; required for a new one.")]
    public SecretText? Password { get; init; }

    [Description("Instead of the password: its bcrypt hash, made elsewhere.")]
    public SecretText? PasswordHash { get; init; }

    [Description("The former name of token_policies.")]
    public IReadOnlyList<string>? Policies { get; init; }

    [Description("The former name of token_ttl.")]
    public TimeSpan? Ttl { get; init; }

    [Description("The former name of token_max_ttl.")]
    public TimeSpan? MaxTtl { get; init; }

    [Description("The former name of token_bound_cidrs.")]
    public IReadOnlyList<string>? BoundCidrs { get; init; }

    /// <summary>With what was given by its former name under the name of today.</summary>
    public WriteUserRequest Modernised() => this with
    {
        TokenPolicies = TokenPolicies ?? Policies,
        TokenTtl = TokenTtl ?? Ttl,
        TokenMaxTtl = TokenMaxTtl ?? MaxTtl,
        TokenBoundCidrs = TokenBoundCidrs ?? BoundCidrs,
    };
}

/// <summary><c>POST users/name</c>: what is given is set, the rest stays.</summary>
internal sealed class WriteUser(Racing racing, PasswordHasher hasher)
{
    public static async ValueTask<bool> ExistsAsync(RequestContext context, CancellationToken cancellationToken)
    {
        var name = UserName.Parse(context.Parameters["username"]);
        return name.Succeeded && await UserStore.ReadUserAsync(context.Storage, name.Value, cancellationToken) is not null;
    }

    public async ValueTask<Outcome<Nothing>> HandleAsync(WriteUserRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        var name = UserName.Parse(request.Username);
        if (!name.Succeeded)
            return name.Failure;
        var settings = request.Modernised();
        var password = await NewPassword.OfAsync(hasher, request.Password, request.PasswordHash, cancellationToken);
        if (!password.Succeeded)
            return password.Failure;
        return await racing.CommitAsync<Nothing>(context, name.Value, ProposeAsync, cancellationToken);

        async ValueTask<Proposal<Nothing>> ProposeAsync(CancellationToken ct)
        {
            var was = await UserStore.ReadUserAsync(context.Storage, name.Value, ct);
            // The caller's policies were asked for the one or for the other.
            if (was is null != (context.Request.Operation == Operation.Create))
                return Racing.Contention;
            if ((password.Value ?? was?.Record.Password) is not { } hash)
                return UserpassFailures.MissingPassword;
            var token = settings.ApplyTo(was?.Record.Token ?? new TokenSettings());
            if (!token.Succeeded)
                return token.Failure;
            var id = was?.Record.Id ?? RoleIdentity.NewId();
            var next = new UserRecord { Id = id, Password = hash, Token = token.Value };
            var change = UserStore.Replace(context.Storage, name.Value, was, next);
            return new(password.Value is null ? change : change.Delete(context.Storage, UserStore.FailedPath(name.Value)), default(Nothing));
        }
    }
}
