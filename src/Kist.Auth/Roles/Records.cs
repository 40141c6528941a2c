using System.Text.Json.Serialization.Metadata;
using Kist.Core;
using Kist.Core.Pipeline;
using Kist.Core.Storage;

namespace Kist.Auth.Roles;

/// <summary>Writes one record, whose new state depends on the one before. Operators write roles and settings, so races are rare and their losers few.</summary>
internal static class Records
{
    private const int Attempts = 16;

    private static readonly Failure UnknownOutcome = Failure.Unavailable(
        "store.unknown_outcome", "the store did not confirm the change, which may have been made: look at what is there before you try again");

    /// <summary>Changes a record.</summary>
    /// <param name="context">Gets the commit's revision as its index.</param>
    /// <param name="path">Where it lies.</param>
    /// <param name="type">How it is stored.</param>
    /// <param name="change">Makes the new record of the one that is there, null for none, or says what is wrong; called once an attempt.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static async ValueTask<Outcome<Nothing>> ChangeAsync<T>(
        RequestContext context, string path, JsonTypeInfo<T> type, Func<T?, Outcome<T>> change, CancellationToken cancellationToken)
        where T : class
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var stored = await context.Storage.ReadRecordAsync(path, type, cancellationToken);
            var next = change(stored?.Record);
            if (!next.Succeeded)
                return next.Failure;
            var written = context.Storage.Begin().Require(context.Storage, path, stored?.Revision ?? 0).Put(context.Storage, path, next.Value, type);
            var outcome = await written.CommitAsync(cancellationToken);
            if (outcome.Kind == CommitKind.Unknown)
                return UnknownOutcome;
            if (!outcome.Succeeded)
                continue;
            context.Index = outcome.Revision;
            return Outcome.Done;
        }
        return Racing.Contention;
    }

    /// <summary>Writes a record, whatever was there.</summary>
    public static async ValueTask<Outcome<Nothing>> PutAsync<T>(
        RequestContext context, string path, JsonTypeInfo<T> type, T record, CancellationToken cancellationToken)
        where T : class => Done(context, await context.Storage.Begin().Put(context.Storage, path, record, type).CommitAsync(cancellationToken));

    /// <summary>Deletes a record; none is no error.</summary>
    public static async ValueTask<Outcome<Nothing>> DeleteAsync(RequestContext context, string path, CancellationToken cancellationToken) =>
        Done(context, await context.Storage.Begin().Delete(context.Storage, path).CommitAsync(cancellationToken));

    private static Outcome<Nothing> Done(RequestContext context, CommitOutcome outcome)
    {
        if (!outcome.Succeeded)
            return UnknownOutcome;
        context.Index = outcome.Revision;
        return Outcome.Done;
    }
}
