using Kist.Core.Audit;
using Kist.Core.Barrier;
using Kist.Core.Logins;
using Kist.Core.Mounts;
using Kist.Core.Policies;
using Kist.Core.Routing;
using Kist.Core.Storage;
using Kist.Core.Tokens;

namespace Kist.Core.Pipeline;

/// <summary>The one way a request takes: resolve, authenticate, authorise, audit, dispatch, wrap, audit.</summary>
public sealed class RequestPipeline
{
    private static readonly TimeSpan IndexWait = TimeSpan.FromSeconds(2);
    private static readonly ReadOnlyMemory<byte> Unreadable = "!"u8.ToArray();

    private readonly Node node;
    private readonly RequestDeadlines deadlines;

    internal RequestPipeline(Node node)
    {
        this.node = node;
        deadlines = new RequestDeadlines(node.Options.MaxRequestDuration, TimeProvider.System);
    }

    /// <summary>
    /// Answers a request. Expected failures are answers too; what is a bug or broken infrastructure is told to <see cref="NodeOptions.Observer"/> and answered
    /// without detail. <paramref name="cancellationToken"/> is the server's lifetime, not the client's: a disconnect aborts nothing half way. A request that
    /// takes longer than <see cref="NodeOptions.MaxRequestDuration"/> is ended where it waits, and then what it has not committed does not happen. A commit
    /// under way is awaited, however long it takes.
    /// </summary>
    public async ValueTask<Response> HandleAsync(Request request, CancellationToken cancellationToken)
    {
        node.InFlight.Enter(request);
        var started = node.Time.GetTimestamp();
        Response response;
        try
        {
            response = await GuardAsync(
                request,
                node.IsServing ? AnswerAsync(request, deadlines.Next(cancellationToken), cancellationToken) : AnswerSealedAsync(request, cancellationToken),
                cancellationToken);
        }
        finally
        {
            node.InFlight.Leave(request);
        }
        node.Metrics.Count(request, response, node.Time.GetElapsedTime(started));
        return response;
    }

    /// <summary>Records and answers what a dialect could not read as a request.</summary>
    public async ValueTask<Response> RefuseAsync(Request request, Failure failure, CancellationToken cancellationToken) => !node.IsServing
        ? Refusal(failure)
        : await RefuseAsync(new AuditEvent { Request = request, ReceivedAt = node.Time.GetUtcNow(), BodyMalformed = true }, failure, cancellationToken);

    /// <summary>The help of a path (<c>?help=1</c>): for holders of a valid token only, since it tells what is mounted.</summary>
    public ValueTask<Response> HelpAsync(Request request, CancellationToken cancellationToken) =>
        node.IsServing
            ? GuardAsync(request, ExplainAsync(request, deadlines.Next(cancellationToken), cancellationToken), cancellationToken)
            : new(Refusal(SealedFailure()));

    private static Response Refusal(Failure failure) => new() { Failure = failure };

    private async ValueTask<Response> GuardAsync(Request request, ValueTask<Response> answer, CancellationToken lifetime)
    {
        try
        {
            return await answer;
        }
        catch (Exception e) when (IsAnswered(e, lifetime))
        {
            return Refusal(FailureOf(request, e));
        }
    }

    // Only the server's end leaves a request without an answer.
    private static bool IsAnswered(Exception error, CancellationToken lifetime) =>
        error is not OperationCanceledException || !lifetime.IsCancellationRequested;

    private async ValueTask<Response> ExplainAsync(Request request, CancellationToken deadline, CancellationToken lifetime)
    {
        request.AsksForHelp = true;
        await node.AuditService.FollowAsync(deadline);
        var entry = new AuditEvent { Request = request, ReceivedAt = node.Time.GetUtcNow() };
        var help = await FindHelpAsync(entry, deadline, lifetime);
        return help.Succeeded ? await SettleAsync(entry, help.Value, lifetime) : await RefuseAsync(entry, help.Failure, lifetime);
    }

    private async ValueTask<Outcome<Response>> FindHelpAsync(AuditEvent entry, CancellationToken deadline, CancellationToken lifetime)
    {
        try
        {
            var caller = await AuthenticateAsync(entry.Request, deadline);
            if (!caller.Succeeded)
                return caller.Failure;
            entry.Token = caller.Value;
            if (caller.Value.Entry.Type == TokenType.Wrapping)
                return Failure.Denied;
            var path = entry.Request.Path;
            var table = await node.Mounts.CurrentAsync(deadline);
            if (!table.TryResolve(path, out var mount))
                return Resolution.NoRoute(path);
            var relative = path.Length > mount.Path.Length ? path[mount.Path.Length..] : "";
            return HelpResponse.Of(RouteHelp.Of(mount, relative));
        }
        catch (Exception e) when (IsAnswered(e, lifetime))
        {
            return FailureOf(entry.Request, e);
        }
    }

    // Under the deadline until the request has been answered; what it did is recorded in any case.
    private async ValueTask<Response> AnswerAsync(Request request, CancellationToken deadline, CancellationToken lifetime)
    {
        // Probes: not worth a record each, and to be answered whatever else does not work.
        if (request.Operation == Operation.Read && request.Path.StartsWith(node.SystemMount.Path, StringComparison.Ordinal)
            && ContextOf(request, Resolution.In(request, node.SystemMount)) is { Route: { Access: Access.Unauthenticated, WorksSealed: true } } probe)
            return await DispatchAsync(probe, JsonBody.None, deadline);
        if (request.RequiredIndex is { } index && !await node.ReachedAsync(index, IndexWait, deadline))
            return Refusal(new Failure(FailureKind.NotYetConsistent, "store.not_yet_consistent", $"this node has not yet seen index {index}; try again"));

        await node.AuditService.FollowAsync(deadline);
        var target = Resolution.Of(request, await node.Mounts.CurrentAsync(deadline));
        var context = ContextOf(request, target);
        var entry = new AuditEvent { Request = request, ReceivedAt = node.Time.GetUtcNow(), Mount = target.Mount, Route = target.Route };
        var admitted = await AdmitAsync(entry, context, target.Failure, deadline, lifetime);
        if (!admitted.Succeeded)
            return await RefuseAsync(entry, admitted.Failure, lifetime);

        // A read changes nothing, so its two records may reach the devices together, before the answer.
        var changesState = request.Operation is not (Operation.Read or Operation.List or Operation.Scan)
            || request.WrapTtl is not null || IsLimited(entry) || target.Route is { MakesSecrets: true };
        if (changesState)
        {
            var accepted = await node.Audit.RecordRequestAsync(entry, lifetime);
            if (!accepted.Succeeded)
                return Refusal(accepted.Failure);
        }
        var response = await RunAsync(entry, context!, admitted.Value, deadline, lifetime);
        entry.Response = response;
        // Sealing closes the devices: its request record stands alone.
        if (changesState && node.Barrier.IsSealed)
            return response;
        var recorded = changesState
            ? await node.Audit.RecordResponseAsync(entry, lifetime)
            : await node.Audit.RecordBothAsync(entry, lifetime);
        if (recorded.Succeeded || context!.Route.IsIrreplaceable)
            return response;
        await AbandonAsync(context);
        return Refusal(recorded.Failure);
    }

    // The checked body of a request that may go on, or the reason to refuse it, in the order in which they may be told to a stranger.
    private async ValueTask<Outcome<JsonBody>> AdmitAsync(
        AuditEvent entry, RequestContext? context, Failure? unresolved, CancellationToken deadline, CancellationToken lifetime)
    {
        try
        {
            var caller = await AuthenticateAsync(entry.Request, deadline);
            if (caller.Succeeded)
            {
                entry.Token = caller.Value;
                if (context is not null)
                    context.Token = caller.Value;
            }
            var open = entry.Route is { Access: Access.Unauthenticated };
            if (!caller.Succeeded && !open)
                return caller.Failure;
            var body = JsonBody.Check(entry.Request.Body);
            entry.BodyMalformed = !body.Succeeded;
            var refused = open ? null : await AuthoriseAsync(entry, caller.Value, context, body.Succeeded, deadline);
            return (refused ?? unresolved) is { } failure ? failure : body;
        }
        catch (Exception e) when (IsAnswered(e, lifetime))
        {
            return FailureOf(entry.Request, e);
        }
    }

    private static async ValueTask<Failure?> AuthoriseAsync(
        AuditEvent entry, Authenticated caller, RequestContext? context, bool bodyIsSound, CancellationToken cancellationToken)
    {
        // A wrapping token opens its answer and is good for nothing else, whatever policy may have its policy's name.
        if (caller.Entry.Type == TokenType.Wrapping)
            return Failure.Denied;
        var request = entry.Request;
        if (request.Operation == Operation.Update && entry.Route?.Exists is { } exists && !await exists(context!, cancellationToken))
            request.Operation = Operation.Create;
        var query = AclQuery.For(request, entry.ReceivedAt);
        // A body beyond its bounds is not read for its parameters either: a rule that asks for some then does not hold.
        var decision = caller.Acl.Check(bodyIsSound ? query : query with { Body = Unreadable });
        entry.GrantingPolicies = decision.GrantingPolicies;
        entry.Allowed = decision.Allowed && (entry.Route?.Access != Access.Sudo || decision.HasSudo);
        return entry.Allowed.Value ? null : Failure.Denied;
    }

    // A use counts where the token decides. A wrapping token's is taken by the handler that opens its answer.
    private static bool IsLimited(AuditEvent entry) =>
        entry.Token is { Entry: { NumUses: not 0, Type: not TokenType.Wrapping } } && entry.Route is not { Access: Access.Unauthenticated };

    // From here on the request is admitted. A failure below still gets its response record.
    private async ValueTask<Response> RunAsync(
        AuditEvent entry, RequestContext context, JsonBody body, CancellationToken deadline, CancellationToken lifetime)
    {
        try
        {
            try
            {
                return IsLimited(entry)
                    ? await RunLimitedAsync(entry.Token!, context, body, deadline, lifetime)
                    : await DispatchAsync(context, body, deadline);
            }
            catch (MountChangedException)
            {
                // Answered as if it came in now, and not run again: what a handler did before this commit, it may not do twice.
                var table = await node.Mounts.CurrentAsync(lifetime);
                return Refusal(Resolution.Of(context.Request, table).Failure ?? MountFailures.Changed);
            }
        }
        catch (Exception e) when (IsAnswered(e, lifetime))
        {
            return Refusal(FailureOf(context.Request, e));
        }
    }

    // The use is taken before the request is dispatched: a crash in between costs a use and never gives one away.
    private async ValueTask<Response> RunLimitedAsync(
        Authenticated token, RequestContext context, JsonBody body, CancellationToken deadline, CancellationToken lifetime)
    {
        var used = await node.Tokens.UseAsync(token, deadline);
        if (!used.Succeeded)
            return Refusal(used.Failure);
        context.Token = used.Value;
        try
        {
            return await DispatchAsync(context, body, deadline);
        }
        finally
        {
            await EndUseAsync(context.Request, used.Value, lifetime);
        }
    }

    // The use is taken; a token that cannot be removed now serves nothing more, and the answer must not get lost for that.
    private async ValueTask EndUseAsync(Request request, Authenticated used, CancellationToken lifetime)
    {
        try
        {
            await node.Tokens.EndUseAsync(used, lifetime);
        }
        catch (Exception e) when (IsAnswered(e, lifetime))
        {
            _ = FailureOf(request, e);
        }
    }

    private async ValueTask<Response> AnswerSealedAsync(Request request, CancellationToken cancellationToken)
    {
        var context = ContextOf(request, Resolution.In(request, node.SystemMount));
        if (context is not { Route.WorksSealed: true })
            return Refusal(SealedFailure());
        var body = JsonBody.Check(request.Body);
        return body.Succeeded ? await DispatchAsync(context, body.Value, cancellationToken) : Refusal(body.Failure);
    }

    // Clients know these words.
    private static Failure SealedFailure() => new(FailureKind.Sealed, "sealed", "Vault is sealed");

    private RequestContext? ContextOf(Request request, Resolution target) => target.Route is null ? null : new RequestContext
    {
        Request = request,
        Mount = target.Mount!,
        Storage = node.Barrier.ForMount(target.Mount!),
        Route = target.Route,
        Parameters = target.Values,
        Leases = node.Leases.Issuer,
    };

    private ValueTask<Outcome<Authenticated>> AuthenticateAsync(Request request, CancellationToken cancellationToken) =>
        request.Token is { } token
            ? node.Tokens.AuthenticateAsync(token, request.ClientAddress, cancellationToken)
            : new(new Failure(FailureKind.Unauthenticated, "token.missing", "permission denied"));

    private async ValueTask<Response> DispatchAsync(RequestContext context, JsonBody body, CancellationToken cancellationToken)
    {
        var outcome = await context.Route.Invoker(context, FieldBinder.Bind(context, body), cancellationToken);
        if (outcome is { Succeeded: true, Value: { Body: Login login } result })
        {
            var issued = await node.Logins.CompleteAsync(login, context, cancellationToken);
            outcome = issued.Succeeded ? result with { Body = issued.Value } : issued.Failure;
        }
        if (!outcome.Succeeded)
            return new Response { Failure = outcome.Failure, Warnings = context.Warnings, Index = context.Index };
        var response = ResponseBuilder.Build(context, outcome.Value);
        if (context.Request.WrapTtl is not { } ttl || response.Wrap is not null || !MayWrap(context, response))
            return response;
        try
        {
            var wrapped = await node.Wrapping.WrapAsync(context.Request.Namespace, context.Request.Path, response, ttl, cancellationToken);
            if (wrapped.Succeeded)
                return new Response { Wrap = wrapped.Value, MountType = response.MountType, Index = wrapped.Value.Revision };
            await AbandonAsync(context);
            return Refusal(wrapped.Failure);
        }
        catch
        {
            await AbandonAsync(context);
            throw;
        }
    }

    // A secret that nobody receives ends.
    private ValueTask AbandonAsync(RequestContext context) =>
        context.Lease is { Id.Length: > 0 } lease ? node.Leases.Issuer.EndUndeliveredAsync(lease.Id) : default;

    // What works sealed has no store to be kept in, what exists nowhere else would be lost with a failed wrap, and what no policy is asked for must not let
    // its caller write: a login's answer is the exception, but not one that only says what is still to be proved.
    private static bool MayWrap(RequestContext context, Response response) =>
        context.Route is { WorksSealed: false, IsIrreplaceable: false } && response.Auth?.MfaRequirement is null
        && (context.Route.Access != Access.Unauthenticated || response.Auth is not null);

    private async ValueTask<Response> RefuseAsync(AuditEvent entry, Failure failure, CancellationToken cancellationToken)
    {
        entry.Refusal = failure;
        return await SettleAsync(entry, Refusal(failure), cancellationToken);
    }

    // What is answered without a handler. It is a use too: otherwise a token for one request could try any number of paths.
    private async ValueTask<Response> SettleAsync(AuditEvent entry, Response answer, CancellationToken cancellationToken)
    {
        entry.Response = answer;
        var recorded = IsLimited(entry) ? await CountAsync(entry, cancellationToken) : await node.Audit.RecordBothAsync(entry, cancellationToken);
        return recorded.Succeeded ? entry.Response : Refusal(recorded.Failure);
    }

    private async ValueTask<Outcome<Nothing>> CountAsync(AuditEvent entry, CancellationToken cancellationToken)
    {
        var accepted = await node.Audit.RecordRequestAsync(entry, cancellationToken);
        if (!accepted.Succeeded)
            return accepted;
        if (await PayAsync(entry, cancellationToken) is { } unpaid)
            entry.Response = Refusal(entry.Refusal = unpaid);
        return await node.Audit.RecordResponseAsync(entry, cancellationToken);
    }

    // Null when the use was taken.
    private async ValueTask<Failure?> PayAsync(AuditEvent entry, CancellationToken lifetime)
    {
        try
        {
            var used = await node.Tokens.UseAsync(entry.Token!, lifetime);
            if (used.Succeeded)
                await EndUseAsync(entry.Request, used.Value, lifetime);
            return used.Failure;
        }
        catch (Exception e) when (IsAnswered(e, lifetime))
        {
            return FailureOf(entry.Request, e);
        }
    }

    private Failure FailureOf(Request request, Exception error)
    {
        switch (error)
        {
            case BarrierSealedException:
                return SealedFailure();
            case StoreLimitException:
                return new Failure(FailureKind.TooLarge, "store.too_large", "the path or what is to be stored is larger than an entry may be");
            case OperationCanceledException:
                return Failure.Unavailable(
                    "request.timeout", $"the request took longer than {deadlines.Bound.TotalSeconds:0.#} s and was ended; look at what it did before you try again");
            case StoreUnavailableException:
                node.Options.Observer.StoreUnavailable(request.Id, error);
                return Failure.Unavailable("store.unavailable", $"the store does not answer; request {request.Id}");
            default:
                node.Options.Observer.Fault(request.Id, error);
                return new Failure(FailureKind.Internal, "internal", $"internal error; request {request.Id}");
        }
    }
}
