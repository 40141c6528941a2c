using System.Text.Json;
using Kist.Core.Barrier;
using Kist.Core.Namespaces;
using Kist.Core.Pipeline;
using Kist.Core.Storage;
using Kist.Core.Tokens;
using Kist.Crypto;

namespace Kist.Core.Wrapping;

/// <summary>
/// Response wrapping: an answer waits in the store under a token of its own kind that opens it once. Token and answer appear in one commit and go in
/// one commit, whose precondition decides which of several callers gets the answer.
/// </summary>
public sealed class WrappingService
{
    private const int Attempts = 16;
    private const string Policy = "response-wrapping";

    private readonly TokenStore tokens;
    private readonly TimeProvider clock;

    /// <summary>Over the token store.</summary>
    public WrappingService(TokenStore tokens, TimeProvider clock)
    {
        this.tokens = tokens;
        this.clock = clock;
    }

    // The words are Vault's. One answer for unknown, used, expired and other tokens.
    private static Failure NotValid { get; } = Failure.Invalid("wrapping.invalid_token", "wrapping token is not valid or does not exist");

    /// <summary>Wraps a successful answer.</summary>
    /// <param name="ns">The namespace of the request.</param>
    /// <param name="path">The request's path, which lookup shows.</param>
    /// <param name="response">The answer.</param>
    /// <param name="ttl">How long it can be unwrapped; more than zero, at most the server's longest TTL.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async ValueTask<Outcome<WrapInfo>> WrapAsync(
        NamespaceId ns, string path, Response response, TimeSpan ttl, CancellationToken cancellationToken)
    {
        if (ttl <= TimeSpan.Zero)
            return Failure.Invalid("wrapping.invalid_ttl", "the wrapping TTL must be more than zero");
        if (response.Body is TextBody)
            return Failure.Invalid("wrapping.not_json", "this answer is not JSON and cannot be wrapped");
        var payload = JsonSerializer.SerializeToUtf8Bytes(WrappedRecord.Of(response), WrappedJson.Default.WrappedRecord);
        if (payload.Length > EntryWriter.MaxValueBytes)
            return new Failure(FailureKind.TooLarge, "wrapping.too_large", $"the answer exceeds {EntryWriter.MaxValueBytes} bytes");
        var records = tokens.Space.Of(ns);
        var transaction = records.Begin();
        var info = Add(records, transaction, path, payload, ttl, response.Auth?.Accessor);
        var outcome = await transaction.CommitAsync(cancellationToken);
        return outcome.Succeeded ? info with { Revision = outcome.Revision } : TokenFailures.UnknownOutcome;
    }

    /// <summary>Opens a wrapped answer. Of any number of callers at most one gets it; when the commit's outcome is unknown, none does.</summary>
    public async ValueTask<Outcome<Response>> UnwrapAsync(SecretText token, CancellationToken cancellationToken)
    {
        var taken = await TakeAsync(token, static (_, _, _, _) => default, cancellationToken);
        return taken.Succeeded ? taken.Value.Wrapped.ToResponse() with { Index = taken.Value.Revision } : taken.Failure;
    }

    /// <summary>Moves a wrapped answer to a new token with the same path and a full TTL; the old token is used up.</summary>
    public async ValueTask<Outcome<WrapInfo>> RewrapAsync(SecretText token, CancellationToken cancellationToken)
    {
        var taken = await TakeAsync(token, Readd, cancellationToken);
        return taken.Succeeded ? taken.Value.Rewrapped! with { Revision = taken.Value.Revision } : taken.Failure;

        WrapInfo? Readd(TokenRecords records, Transaction transaction, TokenEntry old, Payload payload) =>
            Add(records, transaction, old.Path, payload.Json, old.CreationTtl, payload.Wrapped.Auth?.Accessor);
    }

    /// <summary>Shows what a wrapping token is without using it.</summary>
    public async ValueTask<Outcome<WrappingLookup>> LookupAsync(SecretText token, CancellationToken cancellationToken) =>
        await FindAsync(token, cancellationToken) is { Entry: var entry }
            ? new WrappingLookup { CreationPath = entry.Path, CreationTime = entry.IssuedAt, CreationTtl = entry.CreationTtl }
            : NotValid;

    private WrapInfo Add(
        TokenRecords records, Transaction transaction, string path, ReadOnlyMemory<byte> payload, TimeSpan ttl, string? wrappedAccessor)
    {
        var now = clock.GetUtcNow();
        var life = TokenTtl.AtMostLongest(TokenTtl.Lesser(ttl, tokens.Limits.MaxTtl));
        var id = TokenId.New(TokenType.Wrapping, records.Namespace);
        var entry = new TokenEntry
        {
            Type = TokenType.Wrapping,
            Accessor = TokenIssuer.NewAccessor(),
            Policies = [Policy],
            Path = path,
            IssuedAt = now,
            ExpiresAt = now + life,
            CreationTtl = life,
            NumUses = 1,
        };
        var hash = records.Hash(id.Utf8);
        records.Add(transaction, hash, entry);
        transaction.Put(records.Wrapped, hash, payload);
        return new WrapInfo(id, entry.Accessor, life, now, path, wrappedAccessor);
    }

    private async ValueTask<Outcome<Taken>> TakeAsync(
        SecretText token, Func<TokenRecords, Transaction, TokenEntry, Payload, WrapInfo?> alsoDo, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            if (await FindAsync(token, cancellationToken) is not { } found)
                return NotValid;
            var records = tokens.Space.Of(found.Namespace);
            if (await records.Wrapped.ReadAsync(found.Hash, cancellationToken) is not { } stored)
                return NotValid;
            var wrapped = JsonSerializer.Deserialize(stored.Value.Span, WrappedJson.Default.WrappedRecord)!;
            var transaction = records.Begin();
            records.Remove(transaction, found);
            var rewrapped = alsoDo(records, transaction, found.Entry, new Payload(stored.Value, wrapped));
            var outcome = await transaction.CommitAsync(cancellationToken);
            if (outcome.Succeeded)
                return new Taken(wrapped, rewrapped, outcome.Revision);
            if (outcome.Kind == CommitKind.Unknown)
                return Failure.Unavailable("wrapping.unknown_outcome", "the store did not confirm that the wrapping token was used; take it as used");
        }
        return NotValid;
    }

    private async ValueTask<StoredToken?> FindAsync(SecretText token, CancellationToken cancellationToken) =>
        await tokens.FindAsync(token, cancellationToken) is { Entry.Type: TokenType.Wrapping } found ? found : null;

    private readonly record struct Payload(ReadOnlyMemory<byte> Json, WrappedRecord Wrapped);

    private readonly record struct Taken(WrappedRecord Wrapped, WrapInfo? Rewrapped, long Revision);
}

/// <summary>What a wrapping token is.</summary>
public sealed record WrappingLookup
{
    /// <summary>The path whose answer is inside.</summary>
    public required string CreationPath { get; init; }

    /// <summary>When it was wrapped.</summary>
    public required DateTimeOffset CreationTime { get; init; }

    /// <summary>How long it could be unwrapped from then on.</summary>
    public required TimeSpan CreationTtl { get; init; }
}
