using System.ComponentModel;
using Kist.Auth.Userpass.Stored;
using Kist.Core;
using Kist.Core.Pipeline;

namespace Kist.Auth.Userpass.Users;

internal sealed record ChangePoliciesRequest
{
    [Description("Name of the user.")]
    public required string Username { get; init; }

    [Description("Policies of the user's tokens.")]
    public IReadOnlyList<string>? TokenPolicies { get; init; }

    [Description("The former name of token_policies.")]
    public IReadOnlyList<string>? Policies { get; init; }
}

/// <summary><c>POST users/name/policies</c>. Tokens that the user holds keep theirs, and can be renewed no more.</summary>
internal sealed class ChangePolicies(Racing racing)
{
    public async ValueTask<Outcome<Nothing>> HandleAsync(ChangePoliciesRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        var name = UserName.Parse(request.Username);
        if (!name.Succeeded)
            return name.Failure;
        if ((request.TokenPolicies ?? request.Policies) is not { } policies)
            return Failure.Invalid("userpass.missing_policies", "missing token_policies");
        return await racing.CommitAsync<Nothing>(context, name.Value, ProposeAsync, cancellationToken);

        async ValueTask<Proposal<Nothing>> ProposeAsync(CancellationToken ct)
        {
            if (await UserStore.ReadUserAsync(context.Storage, name.Value, ct) is not { } was)
                return UserpassFailures.NoUser;
            var token = new WriteUserRequest { Username = name.Value, TokenPolicies = policies }.ApplyTo(was.Record.Token);
            if (!token.Succeeded)
                return token.Failure;
            return new(UserStore.Replace(context.Storage, name.Value, was, was.Record with { Token = token.Value }), default(Nothing));
        }
    }
}
