using Kist.Commands.Cli;
using Kist.Commands.Rendering;
using Kist.Kubernetes;
using Kist.Kubernetes.AtRest;
using Kist.Kubernetes.Etcd;
using Kist.Wire.Etcd;
using Kist.Wire.Etcd.Snapshot;
using Kist.Wire.Grpc;

namespace Kist.Commands.Etcd;

/// <summary>What one <c>kist etcd</c> command works with: the source, the configuration, the chosen resources.</summary>
internal sealed class EtcdSession : IDisposable
{
    private EtcdSession(Invocation call, ResourceSelection? named, LoadedConfiguration? configuration, IObjectSource source)
    {
        Call = call;
        Named = named;
        Configuration = configuration;
        Source = source;
        Prefix = PrefixOf(call);
    }

    /// <summary>The call.</summary>
    public Invocation Call { get; }

    /// <summary>The configuration; null when none was given.</summary>
    public LoadedConfiguration? Configuration { get; }

    /// <summary>Where the objects lie.</summary>
    public IObjectSource Source { get; }

    /// <summary>The API server's <c>--etcd-prefix</c>.</summary>
    public string Prefix { get; }

    /// <summary>Opens a session, runs a command with it, and turns whatever etcd, files and certificates fail by into exit code 2.</summary>
    public static async Task<int> RunAsync(
        Invocation call, Func<EtcdSession, CancellationToken, Task<int>> run, CancellationToken cancellation)
    {
        try
        {
            using var session = await OpenAsync(call, cancellation);
            return await run(session, cancellation);
        }
        catch (Exception e) when (e is EtcdException or EtcdSnapshotException or TlsFileException or IOException)
        {
            throw ExitException.Failed(e.Message);
        }
    }

    /// <summary>What was named on the command line; null when nothing was.</summary>
    public ResourceSelection? Named { get; }

    /// <summary>The chosen resources; by default those that the configuration names, else Secrets and ConfigMaps.</summary>
    public ResourceSelection Selection() => this switch
    {
        { Named: { } selection } => selection,
        { Configuration: { } configuration } => ResourceSelection.Of(Prefix, configuration.Configuration),
        _ => ResourceSelection.Parse(Prefix, ["secrets", "configmaps"]).Value,
    };

    /// <summary>What judges values.</summary>
    public ObjectInspector Inspector(InspectionDepth depth) => new(Configuration?.Chains, depth);

    /// <summary>Fails when not a single key lies under the prefix: a wrong prefix must not look like a cluster without findings.</summary>
    /// <exception cref="ExitException">There is none.</exception>
    public Task RequireKeysAsync(CancellationToken cancellation) => RequireKeysAsync(Source, Prefix, cancellation);

    /// <summary>The same when keys lie there, but not those of a cluster: a part of the prefix, or too much of it.</summary>
    /// <exception cref="ExitException">There is no key, or no namespace.</exception>
    public Task RequireClusterAsync(CancellationToken cancellation) => RequireClusterAsync(Source, Prefix, cancellation);

    /// <summary>The same for any source and prefix.</summary>
    /// <exception cref="ExitException">There is no key, or no namespace.</exception>
    public static async Task RequireClusterAsync(IObjectSource source, string prefix, CancellationToken cancellation)
    {
        await RequireKeysAsync(source, prefix, cancellation);
        if (!await source.HasKeysAsync(StorageKey.PrefixOf(prefix, new GroupResource("namespaces", "")), cancellation))
        {
            throw ExitException.Failed(
                $"no namespace lies under {prefix.TrimEnd('/')}/ in {source.Description}, and every API server keeps some: "
                + "give its --etcd-prefix as -prefix, or the etcd that holds what you look for");
        }
    }

    /// <summary>
    /// Tells of resources that have no object. Fails for one that was named and that nothing defines: a slip of the pen must not look like a cluster
    /// without findings.
    /// </summary>
    /// <param name="absent">Those of the chosen resources that have none.</param>
    /// <param name="tellAll">Also of what was not named, but chosen by default.</param>
    /// <param name="cancellation">Ends the search for definitions.</param>
    /// <exception cref="ExitException">There is such a name.</exception>
    public async Task TellAbsentAsync(IReadOnlyList<GroupResource> absent, bool tellAll, CancellationToken cancellation)
    {
        if (absent.Count == 0 || (Named is null && !tellAll))
            return;
        var unknown = Named is null ? [] : await AbsentResources.UnknownAsync(Source, Prefix, absent, cancellation);
        if (unknown.Count > 0)
        {
            var names = string.Join(", ", unknown.Select(u => $"\"{u.Resource}\"{u.Hint}"));
            throw ExitException.Failed($"no object of {names} lies in {Source.Description}, nothing there defines it, and it is not built in");
        }
        Call.Host.Tell($"Note: there is no object of {string.Join(", ", absent)}.");
    }

    /// <summary>Says that objects lie under names of resources that are not known here, and how they were judged.</summary>
    public void TellUnknown(SeenResources seen)
    {
        if (seen.UnknownObjects == 0)
            return;
        var names = string.Join(", ", seen.Unknown.Select(name => Printable.Cell(name)));
        Call.Host.Tell(
            $"Warning: {seen.UnknownObjects} objects lie under names that this program does not know ({names}): most likely of a newer Kubernetes. "
            + "Their keys do not tell the group"
            + (Configuration is null ? "." : ": they were judged by the one that they name themselves, or as of the core group where they could not be read."));
    }

    /// <summary>Says that not all of what was read is of one moment, when it is not.</summary>
    public void TellRevisions(IReadOnlyList<long> revisions)
    {
        if (revisions.Count > 1)
        {
            Call.Host.Tell(
                $"Note: etcd was compacted meanwhile; each object was read once, at one of the revisions {string.Join(", ", revisions)}, in order of the keys.");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Configuration?.Dispose();
        Source.Dispose();
    }

    private static async Task RequireKeysAsync(IObjectSource source, string prefix, CancellationToken cancellation)
    {
        if (!await source.HasKeysAsync(System.Text.Encoding.UTF8.GetBytes(prefix.TrimEnd('/') + "/"), cancellation))
            throw ExitException.Failed($"no key begins with {prefix.TrimEnd('/')}/ in {source.Description}: give the API server's --etcd-prefix as -prefix");
    }

    private static async Task<EtcdSession> OpenAsync(Invocation call, CancellationToken cancellation)
    {
        // What is wrong with the command line is told before anything is opened.
        var open = SourceOf(call);
        var chosen = NamedBy(call);
        LoadedConfiguration? configuration = null;
        try
        {
            if (call.Text(EtcdFlags.Config) is { } path)
                configuration = await LoadedConfiguration.LoadAsync(call, path, cancellation);
            return new EtcdSession(call, chosen, configuration, open(cancellation));
        }
        catch
        {
            configuration?.Dispose();
            throw;
        }
    }

    /// <summary>The API server's <c>--etcd-prefix</c>.</summary>
    public static string PrefixOf(Invocation call) => "/" + (call.Text(EtcdFlags.Prefix) ?? StorageKey.DefaultPrefix).Trim('/');

    private static ResourceSelection? NamedBy(Invocation call)
    {
        if (EtcdFlags.NamedResources(call) is not { Count: > 0 } names)
            return null;
        var parsed = ResourceSelection.Parse(PrefixOf(call), names);
        return parsed.Succeeded ? parsed.Value : throw ExitException.Usage(parsed.Failure.Message);
    }

    private static Func<CancellationToken, IObjectSource> SourceOf(Invocation call)
    {
        var (snapshot, endpoints) = (call.Text(EtcdFlags.Snapshot), call.List(EtcdFlags.Endpoints));
        if (snapshot is not null && endpoints.Count > 0)
            throw ExitException.Usage("give -endpoints or -snapshot, not both");
        if (snapshot is not null)
            return cancellation => SnapshotSource.Open(snapshot, cancellation);
        if (endpoints.Count == 0)
            throw ExitException.Usage("say where the objects lie: -endpoints=https://127.0.0.1:2379 (with -cacert, -cert, -key) or -snapshot=FILE");
        var options = Options(call, endpoints);
        return _ => new LiveSource(options());
    }

    /// <summary>How to reach etcd. What is wrong with the flags is told at once, what is wrong with the files when the result is called.</summary>
    public static Func<EtcdOptions> Options(Invocation call, IReadOnlyList<string> endpoints)
    {
        var (authorities, certificate, key) = (call.Text(EtcdFlags.Authorities), call.Text(EtcdFlags.Certificate), call.Text(EtcdFlags.Key));
        if (certificate is null != key is null)
            throw ExitException.Usage("-cert and -key go together: one of them is missing");
        IReadOnlyList<Uri> addresses;
        try
        {
            addresses = EtcdOptions.ParseEndpoints(string.Join(',', endpoints), tls: authorities is not null || certificate is not null);
        }
        catch (FormatException e)
        {
            throw ExitException.Usage(e.Message);
        }
        return () => new EtcdOptions { Endpoints = addresses, Tls = TlsFiles.Read(authorities, certificate, key) };
    }
}
