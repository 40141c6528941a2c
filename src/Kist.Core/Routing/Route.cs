using System.Text.Json.Serialization.Metadata;
using Kist.Core.Audit;
using Kist.Core.Pipeline;

namespace Kist.Core.Routing;

/// <summary>Answers a request of one route.</summary>
public delegate ValueTask<Outcome<TResponse>> Handler<TRequest, TResponse>(
    TRequest request, RequestContext context, CancellationToken cancellationToken);

/// <summary>Tells whether something stands at the request's path, which decides between create and update.</summary>
public delegate ValueTask<bool> ExistenceCheck(RequestContext context, CancellationToken cancellationToken);

/// <summary>Who may call a route.</summary>
public enum Access
{
    /// <summary>A token whose policies grant the operation.</summary>
    Authorized,

    /// <summary>Also the <c>sudo</c> capability.</summary>
    Sudo,

    /// <summary>Anybody. Listed in the approved file of the tests.</summary>
    Unauthenticated,
}

/// <summary>One declared route: verb, template, types, handler, access, audit marks and summary, and nowhere else.</summary>
public sealed class Route
{
    internal Route(string template, Operation operation, string summary, JsonTypeInfo request, JsonTypeInfo response, RouteInvoker invoker)
    {
        Template = template;
        Operation = operation;
        Summary = summary;
        RequestType = request;
        ResponseType = response;
        Invoker = invoker;
        PlainRequestKeys = PlainKeys.Of(request);
        PlainResponseKeys = PlainKeys.Of(response);
        OpenRequestKeys = PlainKeys.AllButSecrets(request);
        OpenResponseKeys = PlainKeys.AllButSecrets(response);
        Fields = RouteField.Of(request);
        ResponseFields = RouteField.Of(response);
    }

    /// <summary>Segments with parameters: <c>data/{path**}</c>.</summary>
    public string Template { get; }

    /// <summary>The operation; a write route has <see cref="Operation.Update"/> and serves creates as well.</summary>
    public Operation Operation { get; }

    /// <summary>One sentence for help, OpenAPI and the reference.</summary>
    public string Summary { get; }

    /// <summary>The request record; fields, help and validation come from it.</summary>
    public JsonTypeInfo RequestType { get; }

    /// <summary>The request's fields by name.</summary>
    public IReadOnlyDictionary<string, RouteField> Fields { get; }

    /// <summary>The response's fields by name.</summary>
    public IReadOnlyDictionary<string, RouteField> ResponseFields { get; }

    /// <summary>True when the handler takes a request record.</summary>
    internal bool HasFields => RequestType.Type != typeof(Nothing);

    /// <summary>The response record.</summary>
    public JsonTypeInfo ResponseType { get; }

    /// <summary>Request values that the audit shows in clear.</summary>
    public PlainKeys PlainRequestKeys { get; }

    /// <summary>Response values that the audit shows in clear.</summary>
    public PlainKeys PlainResponseKeys { get; }

    /// <summary>Request values that settings may make the audit show in clear.</summary>
    internal PlainKeys OpenRequestKeys { get; }

    /// <summary>Response values that settings may make the audit show in clear.</summary>
    internal PlainKeys OpenResponseKeys { get; }

    /// <summary>Who may call it.</summary>
    public Access Access { get; private set; }

    /// <summary>Answers while the barrier is sealed (unseal, health).</summary>
    public bool WorksSealed { get; private set; }

    /// <summary>The answer holds what exists nowhere else (new key shares): it goes out even when its response record cannot be written.</summary>
    public bool IsIrreplaceable { get; private set; }

    /// <summary>Makes something, whatever the operation: a read of new credentials is no read.</summary>
    public bool MakesSecrets { get; private set; }

    /// <summary>The body is the user's own data, not fields: nothing is bound, converted or warned about.</summary>
    public bool FreeBody { get; private set; }

    /// <summary>How the answer is laid out.</summary>
    public ResponseShape Shape { get; private set; }

    /// <summary>Decides between create and update, or null when every write is an update.</summary>
    public ExistenceCheck? Exists { get; private set; }

    /// <summary>True when there is no body to answer.</summary>
    public bool AnswersNothing { get; internal init; }

    internal RouteInvoker Invoker { get; }

    /// <summary>Anybody may call it.</summary>
    public Route AllowUnauthenticated()
    {
        Access = Access.Unauthenticated;
        return this;
    }

    /// <summary>Needs the <c>sudo</c> capability as well.</summary>
    public Route RequireSudo()
    {
        Access = Access.Sudo;
        return this;
    }

    /// <summary>Answers while sealed.</summary>
    public Route AllowSealed()
    {
        WorksSealed = true;
        return this;
    }

    /// <summary>The answer must arrive: the audit's request record is demanded, its response record is not. Listed in the approved file of the tests.</summary>
    public Route AnswersIrreplaceably()
    {
        IsIrreplaceable = true;
        return this;
    }

    /// <summary>
    /// Makes a secret under a lease each time it is called, also where it is a read: what is asked is recorded before it is done, and help, OpenAPI and clients
    /// see the operation as declared.
    /// </summary>
    public Route IssuesSecrets()
    {
        MakesSecrets = true;
        return this;
    }

    /// <summary>Takes the body as the user's own data; the handler reads <see cref="Request.Body"/>.</summary>
    public Route TakesFreeBody()
    {
        FreeBody = true;
        return this;
    }

    /// <summary>Lays the answer out in another shape.</summary>
    public Route Answers(ResponseShape shape)
    {
        Shape = shape;
        return this;
    }

    /// <summary>A write where <paramref name="exists"/> is false needs <c>create</c>, otherwise <c>update</c>.</summary>
    public Route CreatesUnless(ExistenceCheck exists)
    {
        Exists = exists;
        return this;
    }
}
