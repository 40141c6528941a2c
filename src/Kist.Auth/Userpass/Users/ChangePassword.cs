using System.ComponentModel;
using Kist.Auth.Userpass.Passwords;
using Kist.Auth.Userpass.Stored;
using Kist.Core;
using Kist.Core.Pipeline;
using Kist.Crypto;

namespace Kist.Auth.Userpass.Users;

internal sealed record ChangePasswordRequest
{
    [Description("Name of the user.")]
    public required string Username { get; init; }

    [Description("The new password.")]
    public SecretText? Password { get; init; }

    [Description("Instead of the password: its bcrypt hash, made elsewhere.")]
    public SecretText? PasswordHash { get; init; }
}

/// <summary><c>POST users/name/password</c>. Tokens that the user holds stay.</summary>
internal sealed class ChangePassword(Racing racing, PasswordHasher hasher)
{
    public async ValueTask<Outcome<Nothing>> HandleAsync(ChangePasswordRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        var name = UserName.Parse(request.Username);
        if (!name.Succeeded)
            return name.Failure;
        var password = await NewPassword.OfAsync(hasher, request.Password, request.PasswordHash, cancellationToken);
        if (!password.Succeeded)
            return password.Failure;
        if (password.Value is not { } hash)
            return UserpassFailures.MissingPassword;
        return await racing.CommitAsync<Nothing>(context, name.Value, ProposeAsync, cancellationToken);

        async ValueTask<Proposal<Nothing>> ProposeAsync(CancellationToken ct)
        {
            if (await UserStore.ReadUserAsync(context.Storage, name.Value, ct) is not { } was)
                return UserpassFailures.NoUser;
            var change = UserStore.Replace(context.Storage, name.Value, was, was.Record with { Password = hash });
            return new(change.Delete(context.Storage, UserStore.FailedPath(name.Value)), default(Nothing));
        }
    }
}
