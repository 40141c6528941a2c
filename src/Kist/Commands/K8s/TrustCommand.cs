using System.Text;
using System.Text.Json.Nodes;
using Kist.Client;
using Kist.Commands.Arguments;
using Kist.Commands.Cli;
using Kist.Commands.Encryption;
using Kist.Commands.Rendering;
using Kist.Wire.Kubernetes;

namespace Kist.Commands.K8s;

/// <summary><c>k8s trust</c>: all that pods need to log in by their service-account tokens.</summary>
internal static class TrustCommand
{
    private const string Hidden = "(hidden)";
    private static readonly TimeSpan TokenPatience = TimeSpan.FromSeconds(30);

    private static readonly Flag Review = Flag.Choice(
        "review",
        ["account", "client", "keys"],
        "Who tells whether a token is good. account (default): the cluster, asked by an account made for that. client: the cluster, asked by the token that "
        + "logs in. keys: the server itself, by the cluster's public keys; the cluster is not asked, so that the token of a deleted pod is good until it expires.");

    private static readonly Flag ReviewerNamespace = Flag.Text("reviewer-namespace", "name", "Namespace of the reviewer's account. Default kube-system.");
    private static readonly Flag Mount = Flag.Text("mount", "path", "Where the auth method is, or is to be, mounted. Default kubernetes.");
    private static readonly Flag ClusterAddress = Flag.Text(
        "cluster-address", "url", "The API server's address as the Kist server reaches it. Default: that of the kubeconfig.");
    private static readonly Flag Role = Flag.Text("role", "name", "Also write this role.");
    private static readonly Flag Accounts = Flag.List("service-accounts", "name", "Service accounts that the role lets in.");
    private static readonly Flag Namespaces = Flag.List("namespaces", "name", "Namespaces of these service accounts.");
    private static readonly Flag Policies = Flag.List("policies", "name", "Policies that the role gives.");
    private static readonly Flag Audience = Flag.Text("audience", "name", "Audience that tokens must name. Without, any token of the account is taken.");
    private static readonly Flag Ttl = Flag.Text("ttl", "duration", "TTL of the tokens that the role gives.");
    private static readonly Flag Apply = Flag.Switch("apply", "Do it. Without, everything is shown and nothing is changed.");

    public static Command Trust => new("k8s trust", "Lets pods of a cluster log in by their service-account tokens.", RunAsync)
    {
        Description = "Shows, and with -apply makes, what that takes: in the cluster an account that may review tokens, on the server the auth method, its "
            + "configuration and, with -role, a role. What is there already is left as it is in the cluster, and set again on the server.",
        Flags =
        [
            Review, ReviewerNamespace, Mount, ClusterAddress, Role, Accounts, Namespaces, Policies, Audience, Ttl, Apply, .. KubernetesFlags.All,
        ],
        Example = new(
            "See what it takes to let in the account web of the namespace shop",
            "k8s trust -role=shop-web -service-accounts=web -namespaces=shop -policies=shop"),
    };

    private static async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        using var cluster = KubernetesFlags.Connect(call);
        var choice = Choose(call, cluster.Options.Connection.Server);
        var objects = TrustPlan.Objects(choice);
        var config = TrustPlan.Config(choice);
        if (cluster.Options.Connection.Authorities is { Count: > 0 } authorities)
            config["kubernetes_ca_cert"] = authorities.ExportCertificatePems();
        try
        {
            if (choice.Reviewer == TokenReviewer.Keys)
            {
                var keys = await ClusterKeys.ReadAsync(cluster, cancellation);
                config["pem_keys"] = JsonText.Array(keys.Pem);
                config["issuer"] = keys.Issuer;
                config["token_verification"] = "local";
            }
            Show(call, choice, objects, config);
            if (!call.Switch(Apply))
                return call.Output.Success($"\nNothing was changed. To do it: the same command with {Apply}");
            await ApplyAsync(call, cluster, choice, objects, config, cancellation);
        }
        catch (KubeException e)
        {
            throw ExitException.Failed(e.Message);
        }
        return call.Output.Success($"Pods of {choice.Server.Authority} can log in at auth/{choice.Mount}/login{(choice.Role is { } role ? $" with the role {role}" : "")}");
    }

    private static TrustChoice Choose(Invocation call, Uri known)
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
            Server = Address(call) ?? known,
            Role = call.Text(Role),
            Accounts = call.List(Accounts),
            Namespaces = call.List(Namespaces),
            Policies = call.List(Policies),
            Audience = call.Text(Audience),
            Ttl = call.Text(Ttl),
        };
        if (choice.Role is not null && (choice.Accounts.Count == 0 || choice.Namespaces.Count == 0))
            throw ExitException.Usage($"{Role} needs {Accounts} and {Namespaces}: whom does it let in?");
        if (choice.Role is null && (choice.Accounts.Count > 0 || choice.Namespaces.Count > 0 || choice.Policies.Count > 0))
            throw ExitException.Usage($"{Accounts}, {Namespaces} and {Policies} belong to a role: give {Role}");
        if (choice.Reviewer == TokenReviewer.Client && choice.Accounts.Concat(choice.Namespaces).Any(n => n.Contains('*', StringComparison.Ordinal)))
            throw ExitException.Usage($"{Review}=client binds each account by its name, so that names and namespaces cannot be patterns");
        return choice;
    }

    private static Uri? Address(Invocation call)
    {
        if (call.Text(ClusterAddress) is not { } text)
            return null;
        return Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme == Uri.UriSchemeHttps
            ? address
            : throw ExitException.Usage($"{ClusterAddress} must be an https address");
    }

    private static void Show(Invocation call, TrustChoice choice, IReadOnlyList<TrustObject> objects, JsonObject config)
    {
        var text = new StringBuilder();
        if (objects.Count > 0)
            text.Append("# In the cluster\n").AppendJoin("---\n", objects.Select(o => YamlText.Render(JsonText.ToElement(o.Json)))).Append('\n');
        text.Append("# On the server\n").Append($"auth/{choice.Mount}: the auth method kubernetes\n");
        var shown = (JsonObject)config.DeepClone();
        if (choice.Reviewer == TokenReviewer.Account)
            shown["token_reviewer_jwt"] = Hidden;
        text.Append($"auth/{choice.Mount}/config:\n").Append(Indented(shown));
        if (TrustPlan.Role(choice) is { } role)
            text.Append($"auth/{choice.Mount}/role/{choice.Role}:\n").Append(Indented(role));
        call.Output.Write(text.ToString());
    }

    private static string Indented(JsonObject value) =>
        string.Concat(YamlText.Render(JsonText.ToElement(value)).TrimEnd('\n').Split('\n').Select(line => $"  {line}\n"));

    private static async Task ApplyAsync(
        Invocation call, KubeClient cluster, TrustChoice choice, IReadOnlyList<TrustObject> objects, JsonObject config, CancellationToken cancellation)
    {
        foreach (var one in objects)
            await MakeAsync(call, cluster, one, cancellation);
        if (choice.Reviewer == TokenReviewer.Account)
            config["token_reviewer_jwt"] = await ReviewerTokenAsync(call, cluster, choice, cancellation);
        await EnableAsync(call, choice, cancellation);
        await call.DemandAsync(ApiRequest.Write($"auth/{choice.Mount}/config", config) with { BodyIsSecret = true }, cancellation);
        call.Host.Tell($"Wrote auth/{choice.Mount}/config");
        if (TrustPlan.Role(choice) is not { } role)
            return;
        call.Output.Warn(await call.DemandAsync(ApiRequest.Write($"auth/{choice.Mount}/role/{choice.Role}", role), cancellation));
        call.Host.Tell($"Wrote auth/{choice.Mount}/role/{choice.Role}");
    }

    private static async Task MakeAsync(Invocation call, KubeClient cluster, TrustObject one, CancellationToken cancellation)
    {
        try
        {
            using var made = await cluster.CreateAsync(one.Resource, one.Namespace, Encoding.UTF8.GetBytes(one.Json.ToJsonString()), cancellation);
            call.Host.Tell($"Made {one.Resource.Kind} {one.Name}");
        }
        catch (KubeException e) when (e.Error == KubeError.Conflict)
        {
            call.Host.Tell($"{one.Resource.Kind} {one.Name} is there already and was left as it is");
        }
    }

    private static async Task<string> ReviewerTokenAsync(Invocation call, KubeClient cluster, TrustChoice choice, CancellationToken cancellation)
    {
        var began = call.Host.Time.GetTimestamp();
        while (true)
        {
            using var secret = await cluster.GetAsync(KubeResource.Secrets, choice.ReviewerNamespace, TrustPlan.ReviewerName, cancellation);
            using var json = secret.Open();
            if (json.RootElement.TryGetProperty("data", out var data) && data.TryGetProperty("token", out var token))
                return Encoding.UTF8.GetString(token.GetBytesFromBase64());
            if (call.Host.Time.GetElapsedTime(began) > TokenPatience)
            {
                throw ExitException.Failed(
                    $"the cluster has not put a token into the Secret {choice.ReviewerNamespace}/{TrustPlan.ReviewerName} within {TokenPatience.TotalSeconds:0} s: "
                    + "does its controller manager run? Call again to go on");
            }
            await Task.Delay(TimeSpan.FromMilliseconds(500), call.Host.Time, cancellation);
        }
    }

    private static async Task EnableAsync(Invocation call, TrustChoice choice, CancellationToken cancellation)
    {
        var mounts = (await call.DemandAsync(ApiRequest.Read("sys/auth"), cancellation)).Data;
        var present = mounts?.Object($"{choice.Mount}/")?.Text("type");
        if (present is "kubernetes")
            return;
        if (present is not null)
            throw ExitException.Failed($"auth/{choice.Mount} is of the type {present}: give another {Mount}");
        await call.DemandAsync(ApiRequest.Write($"sys/auth/{choice.Mount}", new JsonObject { ["type"] = "kubernetes" }), cancellation);
        call.Host.Tell($"Enabled the auth method kubernetes at auth/{choice.Mount}");
    }
}
