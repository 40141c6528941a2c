namespace Kist.Core.Policies;

/// <summary>
/// What the policy <c>default</c> says when a namespace is made. For compatibility it grants paths that are not served yet as well (<c>identity/oidc/provider/</c>,
/// <c>sys/internal/ui/resultant-acl</c>): a request there is answered as not found, and the grant opens nothing.
/// </summary>
internal static class DefaultPolicy
{
    public const string Text =
        """
        # What a token may do with itself
        path "auth/token/lookup-self" {
          capabilities = ["read"]
        }
        path "auth/token/renew-self" {
          capabilities = ["update"]
        }
        path "auth/token/revoke-self" {
          capabilities = ["update"]
        }
        path "sys/capabilities-self" {
          capabilities = ["update"]
        }

        # What its own identity entity is
        path "identity/entity/id/{{identity.entity.id}}" {
          capabilities = ["read"]
        }
        path "identity/entity/name/{{identity.entity.name}}" {
          capabilities = ["read"]
        }

        # The paths that its policies reach, for user interfaces
        path "sys/internal/ui/resultant-acl" {
          capabilities = ["read"]
        }

        # Leases that it knows the id of
        path "sys/renew" {
          capabilities = ["update"]
        }
        path "sys/leases/renew" {
          capabilities = ["update"]
        }
        path "sys/leases/lookup" {
          capabilities = ["update"]
        }

        # Notice of changes of what it may read
        path "sys/watch" {
          capabilities = ["read"]
        }

        # Its private storage
        path "cubbyhole/*" {
          capabilities = ["create", "read", "update", "delete", "list"]
        }

        # Wrapping and unwrapping of data
        path "sys/wrapping/wrap" {
          capabilities = ["update"]
        }
        path "sys/wrapping/lookup" {
          capabilities = ["update"]
        }
        path "sys/wrapping/unwrap" {
          capabilities = ["update"]
        }

        # Hashing
        path "sys/tools/hash" {
          capabilities = ["update"]
        }
        path "sys/tools/hash/*" {
          capabilities = ["update"]
        }

        # Sign-in to other programs by OpenID Connect
        path "identity/oidc/provider/+/authorize" {
          capabilities = ["read", "update"]
        }

        """;
}
