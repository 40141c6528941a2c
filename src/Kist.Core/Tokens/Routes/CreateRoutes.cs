using Kist.Core.Pipeline;
using Kist.Core.Policies;
using Kist.Core.Routing;

namespace Kist.Core.Tokens.Routes;

/// <summary><c>create</c>, <c>create-orphan</c> and <c>create/ROLE</c>. The rules and words are Vault's.</summary>
internal sealed class CreateRoutes(TokenStore tokens, TimeProvider clock, EntityAliasLookup? aliases)
{
    public void Add(RouteMap map)
    {
        map.Write<CreateTokenRequest, IssuedToken>("create", (r, c, ct) => CreateAsync(r, c, orphan: false, null, ct), "Create a token.");
        map.Write<CreateTokenRequest, IssuedToken>(
            "create-orphan", (r, c, ct) => CreateAsync(r, c, orphan: true, null, ct), "Create a token without a parent.");
        map.Write<CreateTokenRequest, IssuedToken>("create/{role_name}", CreateByRoleAsync, "Create a token by a token role.");
    }

    private async ValueTask<Outcome<IssuedToken>> CreateByRoleAsync(
        CreateTokenRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        var name = request.RoleName ?? "";
        return await tokens.Roles.ReadAsync(context.Request.Namespace, name, cancellationToken) is { } role
            ? await CreateAsync(request, context, orphan: false, role.Record, cancellationToken)
            : Failure.Invalid("token.unknown_role", $"unknown role {name}");
    }

    private async ValueTask<Outcome<IssuedToken>> CreateAsync(
        CreateTokenRequest request, RequestContext context, bool orphan, TokenRole? role, CancellationToken cancellationToken)
    {
        var parent = context.Token!;
        var sudo = parent.Acl.Check(AclQuery.For(context.Request, clock.GetUtcNow())).HasSudo;
        var type = TokenTypes.Choose(request.Type, role);
        if (!type.Succeeded)
            return type.Failure;
        if ((CheckParent(parent) ?? CheckFields(request, type.Value) ?? CheckSudo(request, role, sudo)) is { } refused)
            return refused;
        var policies = TokenPolicyRules.Decide(request.Policies ?? [], request.NoDefaultPolicy ?? false, parent.Entry.Policies, role, sudo);
        if (!policies.Succeeded)
            return policies.Failure;

        var hasParent = role is not null ? !role.Orphan : !orphan && request.NoParent != true;
        var entity = await EntityAsync(request.EntityAlias, hasParent ? parent : null, role, context, cancellationToken);
        if (!entity.Succeeded)
            return entity.Failure;
        var spec = new TokenSpec
        {
            Namespace = context.Request.Namespace,
            Id = request.Id,
            Parent = hasParent ? parent : null,
            Creator = parent,
            Type = type.Value,
            Policies = policies.Value,
            Path = role is { PathSuffix.Length: > 0 } ? $"{context.Request.Path}/{role.PathSuffix}" : context.Request.Path,
            DisplayName = DisplayNameOf(request.DisplayName),
            Metadata = request.Meta ?? new Dictionary<string, string>(StringComparer.Ordinal),
            Ttl = request.Ttl ?? request.Lease ?? TimeSpan.Zero,
            ExplicitMaxTtl = request.ExplicitMaxTtl ?? TimeSpan.Zero,
            Period = request.Period ?? TimeSpan.Zero,
            Renewable = (request.Renewable ?? true) && role is not { Renewable: false },
            NumUses = request.NumUses ?? 0,
            // A role's networks replace the parent's, as its policies do.
            BoundCidrs = role?.TokenBoundCidrs ?? (hasParent ? parent.Entry.BoundCidrs : []),
            Role = role?.Name ?? "",
            EntityId = entity.Value,
            Mount = context.Mount.Config,
        };
        var result = await tokens.IssueAsync(role is null ? spec : ApplyLimits(spec, role, context), cancellationToken);
        return result.ToAnswer(context);
    }

    // A child is who its parent is, unless a role lets its creator say otherwise.
    private async ValueTask<Outcome<string>> EntityAsync(
        string? alias, Authenticated? parent, TokenRole? role, RequestContext context, CancellationToken cancellationToken)
    {
        if (string.IsNullOrEmpty(alias))
            return parent?.Entity?.Id ?? "";
        if (role is null)
            return Failure.Invalid("token.entity_alias_needs_role", "'entity_alias' is only allowed in combination with token role");
        if (aliases is null || !PolicyGlob.AnyMatches(role.AllowedEntityAliases, alias))
            return Failure.Invalid("token.entity_alias_not_allowed", "invalid 'entity_alias' value: the token role does not allow it");
        return await aliases(context, alias, cancellationToken);
    }

    private static Failure? CheckParent(Authenticated parent)
    {
        if (parent.Entry.Type == TokenType.Batch)
            return Failure.Invalid("token.batch_parent", "batch tokens cannot create more tokens");
        // It could escape its restriction otherwise.
        return parent.Entry.NumUses != 0
            ? Failure.Invalid("token.restricted_parent", "restricted use token cannot generate child tokens")
            : null;
    }

    private static Failure? CheckFields(CreateTokenRequest request, TokenType type)
    {
        if (request.NumUses < 0)
            return Failure.Invalid("token.invalid_num_uses", "number of uses cannot be negative");
        if (request.Id is { Utf8.Length: 0 })
            return Failure.Invalid("token.invalid_id", "field \"id\": must not be empty");
        if ((Negative("ttl", request.Ttl) ?? Negative("lease", request.Lease) ?? Negative("period", request.Period)
            ?? Negative("explicit_max_ttl", request.ExplicitMaxTtl)) is { } negative)
            return negative;
        return type == TokenType.Batch
            ? NotForBatch("explicit_max_ttl", request.ExplicitMaxTtl > TimeSpan.Zero) ?? NotForBatch("num_uses", request.NumUses > 0)
                ?? NotForBatch("period", request.Period > TimeSpan.Zero)
            : null;

        static Failure? Negative(string field, TimeSpan? value) =>
            value < TimeSpan.Zero ? Failure.Invalid("token.negative_duration", $"{field} must be positive") : null;

        static Failure? NotForBatch(string field, bool isSet) =>
            isSet ? Failure.Invalid("token.batch_field", $"batch tokens cannot have \"{field}\" set") : null;
    }

    private static Failure? CheckSudo(CreateTokenRequest request, TokenRole? role, bool sudo)
    {
        if (sudo)
            return null;
        if (request.Id is not null)
            return Failure.Invalid("token.sudo_needed", "root or sudo privileges required to specify token id");
        if (request.NoParent == true && role is null)
            return Failure.Invalid("token.sudo_needed", "root or sudo privileges required to create orphan token");
        return request.Period > TimeSpan.Zero
            ? Failure.Invalid("token.sudo_needed", "root or sudo privileges required to create periodic token")
            : null;
    }

    // Where request and role both set a limit, the lesser counts.
    private static TokenSpec ApplyLimits(TokenSpec spec, TokenRole role, RequestContext context)
    {
        if (spec.Type == TokenType.Batch)
            return spec;
        if (spec.ExplicitMaxTtl > TimeSpan.Zero && role.TokenExplicitMaxTtl > TimeSpan.Zero)
            context.Warn(BothSet("Explicit max TTL", TokenTtl.Lesser(spec.ExplicitMaxTtl, role.TokenExplicitMaxTtl)));
        if (spec.Period > TimeSpan.Zero && role.TokenPeriod > TimeSpan.Zero)
            context.Warn(BothSet("Period", TokenTtl.Lesser(spec.Period, role.TokenPeriod)));
        return spec with
        {
            ExplicitMaxTtl = TokenTtl.Lesser(spec.ExplicitMaxTtl, role.TokenExplicitMaxTtl),
            RolePeriod = role.TokenPeriod,
            NumUses = spec.NumUses == 0 || (role.TokenNumUses > 0 && role.TokenNumUses < spec.NumUses) ? role.TokenNumUses : spec.NumUses,
        };

        static string BothSet(string what, TimeSpan value) =>
            $"{what} specified both during creation call and in role; using the lesser value of {(long)value.TotalSeconds} seconds";
    }

    private static string DisplayNameOf(string? name)
    {
        if (string.IsNullOrEmpty(name))
            return "token";
        var clean = name.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '-').ToArray();
        return $"token-{new string(clean)}".TrimEnd('-');
    }
}

/// <summary>The types of tokens by the names that requests and roles use.</summary>
internal static class TokenTypes
{
    /// <summary>What a role may say.</summary>
    public static IReadOnlyList<string> OfRoles { get; } = ["default-service", "default-batch", "service", "batch"];

    /// <summary>The request's wish within what the role leaves open.</summary>
    public static Outcome<TokenType> Choose(string? asked, TokenRole? role)
    {
        var chosen = role?.TokenType switch
        {
            "service" => "service",
            "batch" => "batch",
            "default-batch" when string.IsNullOrEmpty(asked) => "batch",
            _ => asked,
        };
        return chosen switch
        {
            null or "" or "service" => TokenType.Service,
            "batch" => TokenType.Batch,
            _ => Failure.Invalid("token.invalid_type", "invalid 'token_type' value: must be \"service\" or \"batch\""),
        };
    }

    public static string NameOf(TokenType type) => type == TokenType.Batch ? "batch" : "service";
}
