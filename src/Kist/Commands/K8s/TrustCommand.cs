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

    public static Command Trust => new("k8s trust", "Lets pods of a cluster log in by their service-account tokens.", RunAsync)
    {
        Description = "Shows, and with -apply makes, what that takes: in the cluster an account that may review tokens and nothing else, on the "
            + "server the auth method, its configuration and, with -role, a role. What the cluster has already is compared: accounts that a binding "
            + "lacks are added to it, and anything else that differs is refused before anything is changed. On the server, the configuration is "
            + "replaced, and of the role what is shown; its other fields stay.",
        Flags = TrustFlags.All,
        Example = new(
            "See what it takes to let in the account web of the namespace shop",
            "k8s trust -role=shop-web -service-accounts=web -namespaces=shop -policies=shop"),
    };

    private static async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        // It would show one of several requests, after the cluster was changed.
        if (call.Switch(CommonFlags.OutputCurlString))
            throw ExitException.Usage($"k8s trust sends several requests, to two servers, and cannot be shown by {CommonFlags.OutputCurlString}");
        using var cluster = KubernetesFlags.Connect(call);
        var connection = cluster.Options.Connection;
        var choice = TrustFlags.Read(call, connection);
        var objects = TrustPlan.Objects(choice);
        var config = TrustPlan.Config(choice);
        try
        {
            if (choice.Reviewer == TokenReviewer.Keys)
            {
                var keys = await ClusterKeys.ReadAsync(cluster, cancellation);
                config["pem_keys"] = JsonText.Array(keys.Pem);
                config["issuer"] = keys.Issuer;
                config["token_verification"] = "local";
            }

            Show(call, connection.Server, choice, objects, config);
            if (!call.Switch(TrustFlags.Apply))
            {
                call.Output.Write($"\nNothing was changed. To do it: the same command with {TrustFlags.Apply}\n");
                return ExitCode.Done;
            }

            await ApplyAsync(call, cluster, choice, objects, config, cancellation);
        }
        catch (KubeException e)
        {
            throw ExitException.Failed(e.Message);
        }

        var role = choice.Role is null ? "" : $" with the role {choice.Role}";
        return call.Output.Success($"Pods of {choice.Address} can log in at auth/{choice.Mount}/login{role}");
    }

    private static void Show(Invocation call, Uri cluster, TrustChoice choice, IReadOnlyList<TrustObject> objects, JsonObject config)
    {
        var text = new StringBuilder($"# In the cluster {cluster.AbsoluteUri.TrimEnd('/')}{(objects.Count == 0 ? ": nothing" : "")}\n");
        text.AppendJoin("---\n", objects.Select(o => YamlText.Render(JsonText.ToElement(o.Json)))).Append('\n');
        var ns = call.Settings.Namespace;
        text.Append($"# On the server {call.Settings.Address}{(ns.Length > 0 ? $", in the namespace {ns}" : "")}\n");
        text.Append($"auth/{choice.Mount}: the auth method kubernetes\n");
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

    // All that can be refused is looked at before the first change.
    private static async Task ApplyAsync(
        Invocation call,
        KubeClient client,
        TrustChoice choice,
        IReadOnlyList<TrustObject> objects,
        JsonObject config,
        CancellationToken cancellation)
    {
        var cluster = new TrustCluster(call, client);
        var isMounted = await IsMountedAsync(call, choice, cancellation);
        await cluster.WriteAsync(await cluster.CompareAsync(objects, cancellation), cancellation);
        if (choice.Reviewer == TokenReviewer.Account)
            config["token_reviewer_jwt"] = await cluster.ReviewerTokenAsync(choice.ReviewerNamespace, cancellation);
        if (!isMounted)
        {
            await SendAsync(call, ApiRequest.Write($"sys/auth/{choice.Mount}", new JsonObject { ["type"] = "kubernetes" }), cancellation);
            call.Host.Tell($"Enabled the auth method kubernetes at auth/{choice.Mount}");
        }

        var configured = await SendAsync(call, ApiRequest.Write($"auth/{choice.Mount}/config", config), cancellation);
        // That each account must be allowed to ask is what has just been seen to.
        if (choice.Reviewer != TokenReviewer.Client)
            call.Output.Warn(configured);
        call.Host.Tell($"Wrote auth/{choice.Mount}/config");
        if (TrustPlan.Role(choice) is not { } role)
            return;
        call.Output.Warn(await SendAsync(call, ApiRequest.Write($"auth/{choice.Mount}/role/{choice.Role}", role), cancellation));
        call.Host.Tell($"Wrote auth/{choice.Mount}/role/{choice.Role}");
    }

    private static async Task<bool> IsMountedAsync(Invocation call, TrustChoice choice, CancellationToken cancellation)
    {
        var mounts = (await SendAsync(call, ApiRequest.Read("sys/auth"), cancellation)).Data;
        var present = mounts?.Object($"{choice.Mount}/")?.Text("type");
        return present is null or "kubernetes"
            ? present is not null
            : throw ExitException.Failed($"auth/{choice.Mount} is of the type {present}: give another {TrustFlags.Mount}");
    }

    // Not wrapped, whatever the environment asks for: the answers are read here.
    private static async Task<ApiResponse> SendAsync(Invocation call, ApiRequest request, CancellationToken cancellation) =>
        (await call.Client.SendAsync(request, cancellation)).EnsureSuccess();
}
