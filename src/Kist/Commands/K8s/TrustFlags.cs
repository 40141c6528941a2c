using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Kist.Commands.Arguments;
using Kist.Commands.Cli;
using Kist.Commands.Encryption;
using Kist.Wire.Kubernetes.Config;

namespace Kist.Commands.K8s;

/// <summary>The flags of <c>k8s trust</c>, and what they choose.</summary>
internal static class TrustFlags
{
    public static readonly Flag Apply = Flag.Switch("apply", "Do it. Without, everything is shown and nothing is changed.");
    public static readonly Flag Mount = Flag.Text("mount", "path", "Where the auth method is, or is to be, mounted. Default kubernetes.");

    private static readonly Flag Review = Flag.Choice(
        "review",
        ["account", "client", "keys"],
        "Who tells whether a token is good. account (default): the cluster, asked by an account made for that. client: the cluster, asked by the "
        + "token that logs in. keys: the server itself, by the cluster's public keys; the cluster is not asked, so that the token of a deleted pod "
        + "is good until it expires.");

    private static readonly Flag ReviewerNamespace = Flag.Text(
        "reviewer-namespace", "name", "Namespace of the reviewer's account. Default kube-system.");

    private static readonly Flag ClusterAddress = Flag.Text(
        "cluster-address", "url", "The API server's address as the Kist server reaches it. Default: that of the kubeconfig.");

    private static readonly Flag ClusterCa = Flag.Text(
        "cluster-ca", "file", "PEM file of the authorities that the Kist server knows the API server by. Default: those of the kubeconfig.");

    private static readonly Flag Role = Flag.Text("role", "name", "Also write this role.");
    private static readonly Flag Accounts = Flag.List("service-accounts", "name", "Service accounts that the role lets in.");
    private static readonly Flag Namespaces = Flag.List("namespaces", "name", "Namespaces of these service accounts.");
    private static readonly Flag Policies = Flag.List("policies", "name", "Policies that the role gives.");

    private static readonly Flag Audience = Flag.Text(
        "audience", "name", "Audience that tokens must name. Without, any token of the account is taken.");

    private static readonly Flag Ttl = Flag.Text("ttl", "duration", "TTL of the tokens that the role gives. Default: that of the mount.");

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Flag> All { get; } =
    [
        Review, ReviewerNamespace, Mount, ClusterAddress, ClusterCa, Role, Accounts, Namespaces, Policies, Audience, Ttl, Apply,
        .. KubernetesFlags.All,
    ];

    /// <summary>What was chosen.</summary>
    /// <exception cref="ExitException">It makes no sense, or would trust whom nothing vouches for.</exception>
    public static TrustChoice Read(Invocation call, KubeConnection connection)
    {
        var choice = new TrustChoice
        {
            Reviewer = call.Text(Review) switch
            {
                "client" => TokenReviewer.Client,
                "keys" => TokenReviewer.Keys,
                _ => TokenReviewer.Account,
            },
            ReviewerNamespace = call.Text(ReviewerNamespace) ?? "kube-system",
            Mount = (call.Text(Mount) ?? "kubernetes").Trim('/'),
            Server = Address(call) ?? connection.Server,
            Authorities = Authorities(call) ?? (connection.Authorities is { Count: > 0 } known ? known.ExportCertificatePems() : null),
            Role = call.Text(Role),
            Accounts = call.List(Accounts),
            Namespaces = call.List(Namespaces),
            Policies = call.List(Policies),
            Audience = call.Text(Audience),
            Ttl = call.Text(Ttl),
        };
        if ((RoleFault(choice) ?? ClusterFault(choice, connection)) is { } fault)
            throw ExitException.Usage(fault);
        return choice;
    }

    private static string? RoleFault(TrustChoice choice) => choice switch
    {
        { Role: not null } when choice.Accounts.Count == 0 || choice.Namespaces.Count == 0 =>
            $"{Role} needs {Accounts} and {Namespaces}: whom does it let in?",
        { Role: null } when choice.Accounts.Count > 0 || choice.Namespaces.Count > 0 || choice.Policies.Count > 0 =>
            $"{Accounts}, {Namespaces} and {Policies} belong to a role: give {Role}",
        { Role: null } when choice.Audience is not null || choice.Ttl is not null => $"{Audience} and {Ttl} belong to a role: give {Role}",
        { Reviewer: TokenReviewer.Client, Audience: not null } =>
            $"{Review}=client asks the API server by the token itself, which must be for the API server: {Audience} does not go with it",
        { Reviewer: TokenReviewer.Client } when choice.Accounts.Concat(choice.Namespaces).Any(n => n.Contains('*', StringComparison.Ordinal)) =>
            $"{Review}=client binds each account by its name, so that names and namespaces cannot be patterns",
        _ => null,
    };

    private static string? ClusterFault(TrustChoice choice, KubeConnection connection) => choice switch
    {
        { Reviewer: TokenReviewer.Keys } when connection.TrustsAnyServer || connection.Server.Scheme != Uri.UriSchemeHttps =>
            $"{Review}=keys trusts the keys that {connection.Server} gives, and the kubeconfig takes them from anybody who answers there: "
            + "name its certificate-authority, and neither http nor insecure-skip-tls-verify",
        _ when choice.Server.Scheme != Uri.UriSchemeHttps =>
            $"the kubeconfig reaches the API server without TLS, and tokens would be sent there: give {ClusterAddress}=https://...",
        { Reviewer: not TokenReviewer.Keys, Authorities: null } =>
            $"the kubeconfig names no certificate-authority that the Kist server could know the API server by: give {ClusterCa}=FILE",
        _ => null,
    };

    private static Uri? Address(Invocation call)
    {
        if (call.Text(ClusterAddress) is not { } text)
            return null;
        return Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme == Uri.UriSchemeHttps
            && address is { UserInfo.Length: 0, Query.Length: 0, Fragment.Length: 0 }
            ? address
            : throw ExitException.Usage($"{ClusterAddress} must be an https address, without user, query and fragment");
    }

    private static string? Authorities(Invocation call)
    {
        if (call.Text(ClusterCa) is not { } file)
            return null;
        var found = new X509Certificate2Collection();
        try
        {
            found.ImportFromPem(InputText.FromFile(file));
        }
        catch (CryptographicException)
        {
            found.Clear();
        }

        return found.Count > 0 ? found.ExportCertificatePems() : throw ExitException.Usage($"{ClusterCa}: there is no certificate in PEM in {file}");
    }
}
