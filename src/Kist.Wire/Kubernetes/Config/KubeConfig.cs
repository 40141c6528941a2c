using Kist.Wire.Yaml;

namespace Kist.Wire.Kubernetes.Config;

/// <summary>
/// A kubeconfig, of one or several files. As with kubectl, the first file that has a cluster, user, context or current context counts, and paths are
/// relative to the file that holds them.
/// </summary>
public sealed class KubeConfig
{
    private readonly IReadOnlyList<KubeConfigPart> parts;

    private KubeConfig(IReadOnlyList<KubeConfigPart> parts) => this.parts = parts;

    /// <summary>The current context's name; empty when there is none.</summary>
    public string CurrentContext => parts.Select(p => p.Text(p.Root, "current-context")).FirstOrDefault(name => name.Length > 0) ?? "";

    /// <summary>All contexts' names, in the files' order.</summary>
    public IReadOnlyList<string> Contexts => [.. parts.SelectMany(p => p.Names("contexts")).Distinct(StringComparer.Ordinal)];

    /// <summary>The files that the <c>KUBECONFIG</c> variable names, or else the one in the home folder.</summary>
    public static IReadOnlyList<string> DefaultFiles(Func<string, string?> variable, string homeFolder)
    {
        var listed = variable("KUBECONFIG")?.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries) ?? [];
        return listed.Length > 0 ? listed : [Path.Combine(homeFolder, ".kube", "config")];
    }

    /// <summary>Reads files; those that do not exist are passed over when there are several.</summary>
    /// <exception cref="KubeException"><see cref="KubeError.Credentials"/>: one cannot be read. Messages do not repeat it.</exception>
    public static KubeConfig Load(IReadOnlyList<string> files)
    {
        var present = files.Count > 1 ? [.. files.Where(File.Exists)] : files;
        return new KubeConfig([.. present.Select(path => KubeConfigPart.Read(path, KubeFile.Read(path)))]);
    }

    /// <summary>The connection of a context.</summary>
    /// <param name="context">Its name; null for the current one.</param>
    /// <param name="time">Tells when credentials expire.</param>
    /// <exception cref="KubeException"><see cref="KubeError.Credentials"/>: something it needs is missing or unusable.</exception>
    public KubeConnection Connect(string? context, TimeProvider time)
    {
        var name = context ?? CurrentContext;
        if (name.Length == 0)
            throw Unusable("the kubeconfig has no current context: name one");
        var (part, found) = Find("contexts", "context", name)
            ?? throw Unusable($"the kubeconfig has no context \"{name}\"; it has: {string.Join(", ", Contexts)}");
        var clusterName = part.Text(found, "cluster");
        var cluster = Find("clusters", "cluster", clusterName) ?? throw Unusable($"context \"{name}\": there is no cluster \"{clusterName}\"");
        var connection = new KubeConfigCluster(cluster.Part, cluster.Value, clusterName).Read();
        if (part.Text(found, "namespace") is { Length: > 0 } ns)
            connection = connection with { Namespace = ns };
        var userName = part.Text(found, "user");
        if (userName.Length == 0)
            return connection;
        var user = Find("users", "user", userName) ?? throw Unusable($"context \"{name}\": there is no user \"{userName}\"");
        return new KubeConfigUser(user.Part, user.Value, userName, time).Apply(connection, cluster);
    }

    private (KubeConfigPart Part, YamlMap Value)? Find(string list, string field, string name)
    {
        foreach (var part in parts)
        {
            if (part.Find(list, field, name) is { } found)
                return (part, found);
        }
        return null;
    }

    internal static KubeException Unusable(string message) => new(KubeError.Credentials, message);
}
