using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using Kist.Harness.Kubernetes;

namespace Kist.Auth.Tests.Kubernetes;

/// <summary>A real API server with a reviewer, and short ways to make accounts, pods and tokens.</summary>
public sealed class AccountCluster : IAsyncLifetime
{
    /// <summary>What the API server's tokens say.</summary>
    public const string Issuer = "https://kubernetes.default.svc";

    private KubeCluster? cluster;
    private int made;

    public KubeCluster Cluster => cluster ?? throw new InvalidOperationException("kube-apiserver is not built");

    public string Host => Cluster.ApiServer.Address.AbsoluteUri;

    public string Authority => File.ReadAllText(Cluster.Certificates.AuthorityFile);

    /// <summary>A token of an account that may review tokens and read namespaces.</summary>
    public string Reviewer { get; private set; } = "";

    /// <summary>The public key that tokens are signed by.</summary>
    public string PublicKey
    {
        get
        {
            using var key = ECDsa.Create();
            key.ImportFromPem(File.ReadAllText(KeyFile));
            return key.ExportSubjectPublicKeyInfoPem();
        }
    }

    /// <summary>The private key that tokens are signed by.</summary>
    public string KeyFile => Path.Combine(Cluster.Home, "service-account.key");

    private KubeHttp Http => Cluster.ApiServer.Http;

    public async Task InitializeAsync()
    {
        if (!KubeCluster.Installed)
            return;
        cluster = await KubeCluster.StartAsync(new KubeClusterOptions());
        await Http.CreateNamespaceAsync("kist");
        await PostAsync("apis/rbac.authorization.k8s.io/v1/clusterroles", new
        {
            apiVersion = "rbac.authorization.k8s.io/v1",
            kind = "ClusterRole",
            metadata = new { name = "namespace-reader" },
            rules = new[] { new { apiGroups = new[] { "" }, resources = new[] { "namespaces" }, verbs = new[] { "get" } } },
        });
        await MakeReviewerAsync();
    }

    public async Task DisposeAsync()
    {
        if (cluster is not null)
            await cluster.DisposeAsync();
    }

    /// <summary>Another reviewer, or the first.</summary>
    public async Task<string> MakeReviewerAsync()
    {
        var name = NewName("reviewer");
        _ = await AccountAsync("kist", name);
        await BindAsync("system:auth-delegator", "kist", name);
        await BindAsync("namespace-reader", "kist", name);
        return Reviewer = await TokenAsync("kist", name);
    }

    /// <summary>Lets an account do what a cluster role allows.</summary>
    public Task BindAsync(string role, string ns, string account) => PostAsync("apis/rbac.authorization.k8s.io/v1/clusterrolebindings", new
    {
        apiVersion = "rbac.authorization.k8s.io/v1",
        kind = "ClusterRoleBinding",
        metadata = new { name = NewName("binding") },
        roleRef = new { apiGroup = "rbac.authorization.k8s.io", kind = "ClusterRole", name = role },
        subjects = new[] { new { kind = "ServiceAccount", name = account, @namespace = ns } },
    });

    /// <summary>A namespace of the test's own.</summary>
    public async Task<string> NamespaceAsync(string label = "")
    {
        var name = NewName("ns");
        var labels = label.Length == 0 ? new Dictionary<string, string>() : new Dictionary<string, string> { ["team"] = label };
        await PostAsync("api/v1/namespaces", new { apiVersion = "v1", kind = "Namespace", metadata = new { name, labels } });
        return name;
    }

    /// <summary>Makes an account; answers its uid.</summary>
    public Task<string> AccountAsync(string ns, string name) =>
        PostAsync($"api/v1/namespaces/{ns}/serviceaccounts", new { apiVersion = "v1", kind = "ServiceAccount", metadata = new { name } });

    /// <summary>Makes a pod of an account, which nobody starts; answers its uid.</summary>
    public Task<string> PodAsync(string ns, string name, string account) => PostAsync($"api/v1/namespaces/{ns}/pods", new
    {
        apiVersion = "v1",
        kind = "Pod",
        metadata = new { name },
        spec = new { serviceAccountName = account, containers = new[] { new { name = "main", image = "none" } } },
    });

    /// <summary>A token as kubelets ask for it.</summary>
    public async Task<string> TokenAsync(string ns, string account, string? audience = null, (string Name, string Uid)? pod = null)
    {
        var spec = new Dictionary<string, object>(StringComparer.Ordinal) { ["expirationSeconds"] = 3600, ["audiences"] = audience is null ? [] : new[] { audience } };
        if (pod is { } bound)
            spec["boundObjectRef"] = new { apiVersion = "v1", kind = "Pod", name = bound.Name, uid = bound.Uid };
        var answer = await Http.PostAsync(
            $"api/v1/namespaces/{ns}/serviceaccounts/{account}/token", new { apiVersion = "authentication.k8s.io/v1", kind = "TokenRequest", spec });
        return answer.Good().Json.GetProperty("status").GetProperty("token").GetString()!;
    }

    /// <summary>Deletes something at once.</summary>
    public async Task DeleteAsync(string path) => (await Http.SendAsync(HttpMethod.Delete, $"api/v1/namespaces/{path}?gracePeriodSeconds=0", null)).Good();

    /// <summary>Gives the API server another key to sign by, and none of the old.</summary>
    public async Task RotateKeyAsync()
    {
        using (var key = ECDsa.Create(ECCurve.NamedCurves.nistP256))
            await File.WriteAllTextAsync(KeyFile, key.ExportECPrivateKeyPem());
        await Cluster.ApiServer.RestartAsync();
        _ = await MakeReviewerAsync();
    }

    public string NewName(string kind) => $"{kind}{Interlocked.Increment(ref made).ToString(CultureInfo.InvariantCulture)}";

    private async Task<string> PostAsync(string path, object body)
    {
        var answer = await Http.PostAsync(path, body);
        return answer.Status == HttpStatusCode.Conflict ? "" : answer.Good().Json.GetProperty("metadata").GetProperty("uid").GetString()!;
    }
}

[CollectionDefinition(Name)]
public sealed class AccountClusterCollection : ICollectionFixture<AccountCluster>
{
    public const string Name = "accounts of a kube-apiserver";
}
