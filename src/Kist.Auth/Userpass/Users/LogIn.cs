using System.ComponentModel;
using Kist.Auth.Roles;
using Kist.Auth.Userpass.Passwords;
using Kist.Auth.Userpass.Stored;
using Kist.Core;
using Kist.Core.Logins;
using Kist.Core.Pipeline;
using Kist.Core.Tokens;
using Kist.Crypto;

namespace Kist.Auth.Userpass.Users;

internal sealed record LogInRequest
{
    [Description("Name of the user.")]
    public required string Username { get; init; }

    [Description("Password of the user.")]
    public SecretText? Password { get; init; }
}

/// <summary>
/// <c>POST login/name</c>. Every refusal does the same, whatever its reason: one Argon2id hash, one commit that counts it, one answer. (A bcrypt hash that
/// was brought from elsewhere takes the time of its own cost until the first login replaces it.) What is decided holds only if the store confirms the user
/// and the count that it was decided by, so guesses that are checked at the same time, on any number of nodes, are decided one after the other, and those
/// after the threshold are refused even where they are right.
/// </summary>
internal sealed class LogIn(Racing racing, PasswordHasher hasher, Lockouts lockouts)
{
    private const int Attempts = 4;

    public async ValueTask<Outcome<Login>> HandleAsync(LogInRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        if (request.Password is not { Utf8.IsEmpty: false } password)
            return UserpassFailures.MissingPassword;
        var name = UserName.Parse(request.Username);
        if (!name.Succeeded || password.Utf8.Length > PasswordHasher.MaxBytes)
            return UserpassFailures.Refused;
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var user = await UserStore.ReadUserAsync(context.Storage, name.Value, cancellationToken);
            var matches = await hasher.VerifyAsync(password, user?.Record.Password, cancellationToken);
            if (!matches.Succeeded)
                return matches.Failure;
            var check = new PasswordCheck(user?.Record.Password, matches.Value && user is not null);
            var decided = await racing.CommitAsync(context, name.Value, ct => DecideAsync(name.Value, check, context, ct), cancellationToken);
            if (!decided.Succeeded)
                return decided.Failure;
            if (decided.Value is not { } login)
                continue;
            // Only now: a hash more before the lock and the network were looked at would tell who may not come in that the password is right.
            if (hasher.IsOutdated(check.Password!))
                await RenewHashAsync(name.Value, password, check.Password!, context, cancellationToken);
            return login;
        }
        return Racing.Contention;
    }

    // What does not succeed now is done at the next login: the user is in either way.
    private async ValueTask RenewHashAsync(
        string name, SecretText password, PasswordHash outdated, RequestContext context, CancellationToken cancellationToken)
    {
        if (await hasher.HashAsync(password, cancellationToken) is not { Succeeded: true, Value: var renewed })
            return;
        var user = await UserStore.ReadUserAsync(context.Storage, name, cancellationToken);
        if (user is { } found && found.Record.Password == outdated)
            await UserStore.Replace(context.Storage, name, found, found.Record with { Password = renewed }).CommitAsync(cancellationToken);
    }

    // Null when the password has changed since it was checked, and must be checked again.
    private async ValueTask<Proposal<Login?>> DecideAsync(string name, PasswordCheck check, RequestContext context, CancellationToken cancellationToken)
    {
        var storage = context.Storage;
        var user = await UserStore.ReadUserAsync(storage, name, cancellationToken);
        if (user?.Record.Password != check.Password)
            return new(null, (Login?)null);
        var settings = context.Mount.Config.UserLockout ?? UserLockout.Default;
        // Who comes from where the user cannot be is a stranger, and does not lock the user out.
        var isFromHere = user is { } found && BoundNetworks.Of(found.Record.Token.TokenBoundCidrs).Contain(context.Request.ClientAddress);
        var path = isFromHere ? UserStore.FailedPath(name) : UserStore.StrayPath(storage, name);
        var failures = await UserStore.ReadFailuresAsync(storage, path, cancellationToken);
        var change = storage.Begin().Require(storage, UserStore.UserPath(name), user?.Revision ?? 0).Require(storage, path, failures.Revision);
        if (isFromHere && check.Matches && (settings.Disabled || !failures.Record.IsLocked(lockouts.Now)))
        {
            if (failures.Revision != 0)
                change.Delete(storage, path);
            return new(change, LoginOf(name, user!.Value.Record));
        }
        if (!settings.Disabled)
            change.Put(storage, path, Lockouts.Next(failures.Record, settings, lockouts.Now), UserpassStoredJson.Default.FailureRecord);
        return new(change, UserpassFailures.Refused);
    }

    private static Login LoginOf(string name, UserRecord user) => new()
    {
        Alias = new LoginAlias(name),
        Role = RoleIdentity.Text(name, user.Id),
        Token = user.Token,
        DisplayName = name,
        Metadata = new Dictionary<string, string>(StringComparer.Ordinal) { ["username"] = name },
    };

    /// <param name="Password">What it was checked against; null for a user who does not exist.</param>
    /// <param name="Matches">Whether it is right.</param>
    private sealed record PasswordCheck(PasswordHash? Password, bool Matches);
}
