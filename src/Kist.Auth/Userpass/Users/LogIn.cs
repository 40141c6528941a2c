using System.ComponentModel;
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
/// <c>POST login/name</c>. Every refusal does the same, whatever its reason: one Argon2id hash, one commit that counts it, one answer. What is decided holds
/// only if the store confirms the user and the count that it was decided by, so guesses that are checked at the same time, on any number of nodes, are
/// decided one after the other, and those after the threshold are refused even where they are right.
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
            var check = await CheckAsync(password, user?.Record, cancellationToken);
            if (!check.Succeeded)
                return check.Failure;
            var decided = await racing.CommitAsync(context, name.Value, ct => DecideAsync(name.Value, check.Value, context, ct), cancellationToken);
            if (!decided.Succeeded)
                return decided.Failure;
            if (decided.Value is { } login)
                return login;
        }
        return Racing.Contention;
    }

    private async ValueTask<Outcome<PasswordCheck>> CheckAsync(SecretText password, UserRecord? user, CancellationToken cancellationToken)
    {
        var matches = await hasher.VerifyAsync(password, user?.Password, cancellationToken);
        if (!matches.Succeeded)
            return matches.Failure;
        if (!matches.Value || user is null || !hasher.IsOutdated(user.Password))
            return new PasswordCheck(user?.Password, matches.Value && user is not null, null);
        var renewed = await hasher.HashAsync(password, cancellationToken);
        return renewed.Succeeded ? new PasswordCheck(user.Password, true, renewed.Value) : renewed.Failure;
    }

    // Null when the password has changed since it was checked, and must be checked again.
    private async ValueTask<Proposal<Login?>> DecideAsync(string name, PasswordCheck check, RequestContext context, CancellationToken cancellationToken)
    {
        var storage = context.Storage;
        var user = await UserStore.ReadUserAsync(storage, name, cancellationToken);
        if (user?.Record.Password != check.Password)
            return new(null, (Login?)null);
        var path = user is null ? UserStore.StrayPath(storage, name) : UserStore.FailedPath(name);
        var failures = await UserStore.ReadFailuresAsync(storage, path, cancellationToken);
        var settings = context.Mount.Config.UserLockout ?? UserLockout.Default;
        var change = storage.Begin().Require(storage, UserStore.UserPath(name), user?.Revision ?? 0).Require(storage, path, failures.Revision);
        if (user is { Record: var found } && check.Matches && IsAdmitted(found, failures.Record, settings, context))
        {
            if (failures.Revision != 0)
                change.Delete(storage, path);
            if (check.Renewed is { } hash)
                change.Put(storage, UserStore.UserPath(name), found with { Password = hash }, UserpassStoredJson.Default.UserRecord);
            return new(change, LoginOf(name, found));
        }
        if (!settings.Disabled)
            change.Put(storage, path, Lockouts.Next(failures.Record, settings, lockouts.Now), UserpassStoredJson.Default.FailureRecord);
        return new(change, UserpassFailures.Refused);
    }

    private bool IsAdmitted(UserRecord user, FailureRecord failures, UserLockout settings, RequestContext context) =>
        (settings.Disabled || !failures.IsLocked(lockouts.Now)) && BoundNetworks.Of(user.Token.TokenBoundCidrs).Contain(context.Request.ClientAddress);

    private static Login LoginOf(string name, UserRecord user) => new()
    {
        Alias = new LoginAlias(name),
        Role = UserIdentity.Text(name, user.Id),
        Token = user.Token,
        DisplayName = name,
        Metadata = new Dictionary<string, string>(StringComparer.Ordinal) { ["username"] = name },
    };

    /// <param name="Password">What it was checked against; null for a user who does not exist.</param>
    /// <param name="Matches">Whether it is right.</param>
    /// <param name="Renewed">A hash of today's cost to put in the place of an outdated one; null when it is not.</param>
    private sealed record PasswordCheck(PasswordHash? Password, bool Matches, PasswordHash? Renewed);
}
