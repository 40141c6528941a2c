using Kist.Core;
using Kist.Crypto;
using Kist.Engines.Database.Stored;

namespace Kist.Engines.Database.Plugins;

/// <summary>A kind of database.</summary>
internal interface IDatabasePlugin
{
    /// <summary>As clients name it: <c>postgresql-database-plugin</c>.</summary>
    string Name { get; }

    /// <summary>How users are named where the connection does not say.</summary>
    string UsernameTemplate { get; }

    /// <summary>What is wrong with a connection's settings; null for nothing. It does not connect.</summary>
    Failure? Check(ConnectionDetails details);

    /// <summary>The settings' address without a password in it, and whether one was.</summary>
    (string Text, bool HadPassword) Redact(string connectionUrl);

    /// <summary>True when statements can have a name put into them. A user that could not be ended must not be made.</summary>
    bool CanName(string username, IReadOnlyList<string> statements) => true;

    /// <summary>A database that connects when it is first used.</summary>
    /// <param name="details">Settings that <see cref="Check"/> finds good.</param>
    /// <param name="password">The user's password; null for none.</param>
    IDatabase Open(ConnectionDetails details, SecretText? password);
}

/// <summary>
/// A database, as users are made in it. All threads may use it. A failure of kind <see cref="FailureKind.Unavailable"/> says that it did not answer: then it is
/// unknown what was done. Any other says that it refused, and that nothing was done. No failure has a password in it.
/// </summary>
internal interface IDatabase : IAsyncDisposable
{
    /// <summary>Connects.</summary>
    ValueTask<Outcome<Nothing>> PingAsync(CancellationToken cancellationToken);

    /// <summary>Whether there is a user of that name.</summary>
    ValueTask<Outcome<bool>> UserExistsAsync(string username, CancellationToken cancellationToken);

    /// <summary>Makes a user.</summary>
    ValueTask<Outcome<Nothing>> CreateUserAsync(NewUser user, CancellationToken cancellationToken);

    /// <summary>Lets a user live until another time.</summary>
    ValueTask<Outcome<Nothing>> ExtendUserAsync(string username, DateTimeOffset expiresAt, IReadOnlyList<string> statements, CancellationToken cancellationToken);

    /// <summary>Sets the password of a user.</summary>
    ValueTask<Outcome<Nothing>> SetPasswordAsync(string username, SecretText password, IReadOnlyList<string> statements, CancellationToken cancellationToken);

    /// <summary>Ends a user; one that is not there is no failure.</summary>
    ValueTask<Outcome<Nothing>> DropUserAsync(string username, IReadOnlyList<string> statements, CancellationToken cancellationToken);

    /// <summary>Tries a password.</summary>
    ValueTask<Outcome<LoginAnswer>> TryLoginAsync(string username, SecretText password, CancellationToken cancellationToken);
}

/// <summary>What a database says to a password.</summary>
internal enum LoginAnswer
{
    /// <summary>It is not this one.</summary>
    Refused,

    /// <summary>It is this one.</summary>
    Accepted,

    /// <summary>It lets the user in with any password, or not at all from here.</summary>
    Unclear,
}

/// <summary>A user to be made.</summary>
internal sealed record NewUser
{
    /// <summary>Its name.</summary>
    public required string Username { get; init; }

    /// <summary>Its password.</summary>
    public required SecretText Password { get; init; }

    /// <summary>When it ends.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>How it is made.</summary>
    public required IReadOnlyList<string> Statements { get; init; }

    /// <summary>True once it must not be made any more; asked last thing before it is.</summary>
    public required Func<bool> IsVoid { get; init; }
}
