using System.Net;

namespace Kist.Client.Kv;

/// <summary>A key/value mount and a place below it, as people write it: one path whose first part is the mount.</summary>
/// <param name="MountPath">Where the engine is mounted, with a trailing slash: <c>secret/</c>.</param>
/// <param name="Version">1 or 2.</param>
/// <param name="SecretPath">Path below the mount, without slashes at its ends; empty for the mount itself.</param>
public sealed record KvMount(string MountPath, int Version, string SecretPath)
{
    /// <summary>
    /// Asks the server which mount holds <paramref name="path"/> and what version its engine has (<c>sys/internal/ui/mounts</c>, which any token that
    /// may read something below the mount may ask).
    /// </summary>
    /// <param name="client">The client.</param>
    /// <param name="path">Mount and secret in one, or the secret's path alone when <paramref name="mount"/> is given.</param>
    /// <param name="mount">The mount, or null to take it from <paramref name="path"/>.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="ApiException">The server refused.</exception>
    public static async Task<KvMount> FindAsync(KistClient client, string path, string? mount, CancellationToken cancellation)
    {
        var whole = (mount is null ? path : $"{mount.Trim('/')}/{path.Trim('/')}").Trim('/');
        var asked = (mount ?? path).Trim('/');
        var answer = await client.SendAsync(ApiRequest.Read($"sys/internal/ui/mounts/{asked}"), cancellation);

        // Servers older than the question do not know it, and have version 1 only.
        if (answer.Status == HttpStatusCode.NotFound)
            return Split(whole, mount ?? whole.Split('/')[0], 1);
        var data = answer.EnsureSuccess().Data ?? default;
        var version = data.Object("options")?.Text("version") == "2" ? 2 : 1;
        return Split(whole, data.Text("path") ?? mount ?? whole, version);
    }

    /// <summary>
    /// The API's path for the secret: below <c>data</c>, <c>metadata</c>, <c>delete</c>… in version 2, the plain path in version 1.
    /// </summary>
    public string ApiPath(string kind) =>
        (Version == 2 ? $"{MountPath}{kind}/{SecretPath}" : $"{MountPath}{SecretPath}").TrimEnd('/');

    /// <summary>
    /// The mount of a path, with a trailing slash, by what the server calls it, which may begin with the client's own namespace; null when the path does
    /// not lie there.
    /// </summary>
    internal static string? Find(string path, string mountPath)
    {
        var mount = Shorten(mountPath, path);
        return mount.Length > 0 && IsPrefix(mount, path) ? $"{mount}/" : null;
    }

    private static KvMount Split(string whole, string mountPath, int version)
    {
        var mount = Shorten(mountPath, whole);
        var secret = IsPrefix(mount, whole) ? whole[mount.Length..].Trim('/') : whole;
        return new KvMount($"{mount}/", version, secret);
    }

    // A mount's path may begin with the client's own namespace, which the caller's path leaves out.
    private static string Shorten(string mountPath, string path)
    {
        var mount = mountPath.Trim('/');
        while (!IsPrefix(mount, path) && mount.Contains('/', StringComparison.Ordinal))
            mount = mount[(mount.IndexOf('/', StringComparison.Ordinal) + 1)..];
        return mount;
    }

    private static bool IsPrefix(string mount, string path) =>
        path.StartsWith(mount, StringComparison.Ordinal) && (path.Length == mount.Length || path[mount.Length] == '/');
}
