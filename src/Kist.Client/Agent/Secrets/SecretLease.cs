using Kist.Crypto;

namespace Kist.Client.Agent.Secrets;

/// <summary>What an answer's value hangs on: a lease, or a token that was made.</summary>
/// <param name="Id">The lease's id; empty for a token.</param>
/// <param name="Made">The token that the answer brought, or null.</param>
/// <param name="Owner">The agent's token that asked: with it, the lease ends.</param>
/// <param name="Term">How long it lasts, and when something is to be done about it.</param>
internal sealed record SecretLease(string Id, SecretText? Made, SecretText Owner, LeaseTerm Term)
{
    /// <summary>Nothing of it is to be printed: whoever has the id of a lease may renew it.</summary>
    public override string ToString() => "a lease";

    /// <summary>Asks for more time.</summary>
    public ApiRequest Renewal() => Made is null
        ? ApiRequest.Write("sys/leases/renew", new System.Text.Json.Nodes.JsonObject { ["lease_id"] = Id })
        : ApiRequest.Write("auth/token/renew-self", []) with { Token = Made };

    /// <summary>Ends it at the server.</summary>
    public ApiRequest Revocation() => Made is null
        ? ApiRequest.Write("sys/leases/revoke", new System.Text.Json.Nodes.JsonObject { ["lease_id"] = Id })
        : ApiRequest.Write("auth/token/revoke-self") with { Token = Made };
}
