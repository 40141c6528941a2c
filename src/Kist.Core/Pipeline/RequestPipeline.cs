using Kist.Core.Audit;
using Kist.Core.Barrier;
using Kist.Core.Policies;
using Kist.Core.Routing;
using Kist.Core.Storage;
using Kist.Core.Tokens;

namespace Kist.Core.Pipeline;

/// <summary>The one way a request takes: resolve, authenticate, authorise, audit, dispatch, wrap, audit.</summary>
public sealed class RequestPipeline
{
    private static readonly TimeSpan IndexWait = TimeSpan.FromSeconds(2);

    private readonly Node node;

    internal RequestPipeline(Node node) => this.node = node;

    /// <summary>
    /// Answers a request. Expected failures are answers too; what is a bug or broken infrastructure is told to <see cref="NodeOptions.Observer"/> and answered
    /// without detail. <paramref name="cancellationToken"/> is the server's lifetime, not the client's: a disconnect aborts nothing half way.
    /// </summary>
    public async ValueTask<Response> HandleAsync(Request request, CancellationToken cancellationToken)
    {
        node.InFlight.Enter(request);
        var started = node.Time.GetTimestamp();
        Response response;
        try
        {
            response = !node.IsServing
                ? await AnswerSealedAsync(request, cancellationToken)
                : await AnswerAsync(request, cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            response = Refusal(FailureOf(request, e));
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
    public async ValueTask<Response> HelpAsync(Request request, CancellationToken cancellationToken)
    {
        if (!node.IsServing)
            return Refusal(SealedFailure());
        var caller = await AuthenticateAsync(request, cancellationToken);
        if (!caller.Succeeded)
            return Refusal(caller.Failure);
        var table = await node.Mounts.CurrentAsync(cancellationToken);
        if (!table.TryResolve(request.Path, out var mount))
            return Refusal(Resolution.NoRoute(request.Path));
        var relative = request.Path.Length > mount.Path.Length ? request.Path[mount.Path.Length..] : "";
        return HelpResponse.Of(RouteHelp.Of(mount, relative));
    }

    private static Response Refusal(Failure failure) => new() { Failure = failure };

    private async ValueTask<Response> AnswerAsync(Request request, CancellationToken cancellationToken)
    {
        if (request.RequiredIndex is { } index && !await node.ReachedAsync(index, IndexWait, cancellationToken))
            return Refusal(new Failure(FailureKind.NotYetConsistent, "store.not_yet_consistent", $"this node has not yet seen index {index}; try again"));

        await node.AuditService.FollowAsync(cancellationToken);
        var target = Resolution.Of(request, await node.Mounts.CurrentAsync(cancellationToken));
        var context = ContextOf(request, target);
        if (context is { Route: { Access: Access.Unauthenticated, WorksSealed: true, Operation: Operation.Read } })
            return await DispatchAsync(context, JsonBody.None, cancellationToken); // Probes: not worth a record each.

        var entry = new AuditEvent { Request = request, ReceivedAt = node.Time.GetUtcNow(), Mount = target.Mount, Route = target.Route };
        var body = JsonBody.Check(request.Body);
        entry.BodyMalformed = !body.Succeeded;
        var refused = await AdmitAsync(entry, context, cancellationToken) ?? body.Failure ?? target.Failure;
        if (refused is not null)
            return await RefuseAsync(entry, refused, cancellationToken);

        // A read changes nothing, so its two records may reach the devices together, before the answer.
        var changesState = request.Operation is not (Operation.Read or Operation.List or Operation.Scan)
            || request.WrapTtl is not null || context!.Token is { Entry.NumUses: not 0 };
        if (changesState)
        {
            var accepted = await node.Audit.RecordRequestAsync(entry, cancellationToken);
            if (!accepted.Succeeded)
                return Refusal(accepted.Failure);
        }
        var response = await RunAsync(context!, body.Value, cancellationToken);
        entry.Response = response;
        // Sealing closes the devices: its request record stands alone.
        if (changesState && node.Barrier.IsSealed)
            return response;
        var recorded = changesState
            ? await node.Audit.RecordResponseAsync(entry, cancellationToken)
            : await node.Audit.RecordBothAsync(entry, cancellationToken);
        return recorded.Succeeded ? response : Refusal(recorded.Failure);
    }

    // The reasons to refuse, in the order in which they may be told to a stranger.
    private async ValueTask<Failure?> AdmitAsync(AuditEvent entry, RequestContext? context, CancellationToken cancellationToken)
    {
        var request = entry.Request;
        var caller = await AuthenticateAsync(request, cancellationToken);
        if (caller.Succeeded)
        {
            entry.Token = caller.Value;
            if (context is not null)
                context.Token = caller.Value;
        }
        if (entry.Route is { Access: Access.Unauthenticated })
            return null;
        if (!caller.Succeeded)
            return caller.Failure;
        // A wrapping token opens its answer and is good for nothing else, whatever policy may have its policy's name.
        if (caller.Value.Entry.Type == TokenType.Wrapping)
            return Failure.Denied;
        if (request.Operation == Operation.Update && entry.Route?.Exists is { } exists && !await exists(context!, cancellationToken))
            request.Operation = Operation.Create;
        var decision = caller.Value.Acl.Check(AclQuery.For(request, entry.ReceivedAt));
        entry.GrantingPolicies = decision.GrantingPolicies;
        entry.Allowed = decision.Allowed && (entry.Route?.Access != Access.Sudo || decision.HasSudo);
        return entry.Allowed.Value ? null : Failure.Denied;
    }

    // From here on the request is admitted. A failure below still gets its response record.
    private async ValueTask<Response> RunAsync(RequestContext context, JsonBody body, CancellationToken cancellationToken)
    {
        try
        {
            return context.Token is { Entry.NumUses: not 0 } limited
                ? await RunLimitedAsync(limited, context, body, cancellationToken)
                : await DispatchAsync(context, body, cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            return Refusal(FailureOf(context.Request, e));
        }
    }

    // The use is taken before the request is dispatched: a crash in between costs a use and never gives one away.
    private async ValueTask<Response> RunLimitedAsync(Authenticated token, RequestContext context, JsonBody body, CancellationToken cancellationToken)
    {
        var used = await node.Tokens.UseAsync(token, cancellationToken);
        if (!used.Succeeded)
            return Refusal(used.Failure);
        context.Token = used.Value;
        var response = await DispatchAsync(context, body, cancellationToken);
        await node.Tokens.EndUseAsync(used.Value, cancellationToken);
        return response;
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
    };

    private ValueTask<Outcome<Authenticated>> AuthenticateAsync(Request request, CancellationToken cancellationToken) =>
        request.Token is { } token
            ? node.Tokens.AuthenticateAsync(token, request.ClientAddress, cancellationToken)
            : new(new Failure(FailureKind.Unauthenticated, "token.missing", "permission denied"));

    private async ValueTask<Response> DispatchAsync(RequestContext context, JsonBody body, CancellationToken cancellationToken)
    {
        var outcome = await context.Route.Invoker(context, FieldBinder.Bind(context, body), cancellationToken);
        if (!outcome.Succeeded)
            return new Response { Failure = outcome.Failure, Warnings = context.Warnings, Index = context.Index };
        var response = ResponseBuilder.Build(context, outcome.Value);
        if (context.Request.WrapTtl is not { } ttl || response.Wrap is not null)
            return response;
        var wrapped = await node.Wrapping.WrapAsync(context.Request.Namespace, context.Request.Path, response, ttl, cancellationToken);
        return wrapped.Succeeded
            ? new Response { Wrap = wrapped.Value, MountType = response.MountType, Index = response.Index }
            : Refusal(wrapped.Failure);
    }

    private async ValueTask<Response> RefuseAsync(AuditEvent entry, Failure failure, CancellationToken cancellationToken)
    {
        entry.Refusal = failure;
        entry.Response = Refusal(failure);
        var recorded = await node.Audit.RecordBothAsync(entry, cancellationToken);
        return recorded.Succeeded ? entry.Response : Refusal(recorded.Failure);
    }

    private Failure FailureOf(Request request, Exception error)
    {
        switch (error)
        {
            case BarrierSealedException:
                return SealedFailure();
            case StoreUnavailableException:
                node.Options.Observer.StoreUnavailable(request.Id, error);
                return Failure.Unavailable("store.unavailable", $"the store does not answer; request {request.Id}");
            default:
                node.Options.Observer.Fault(request.Id, error);
                return new Failure(FailureKind.Internal, "internal", $"internal error; request {request.Id}");
        }
    }
}
