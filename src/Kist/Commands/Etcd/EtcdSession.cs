using Kist.Commands.Cli;
using Kist.Kubernetes.AtRest;
using Kist.Kubernetes.Etcd;
using Kist.Wire.Etcd;
using Kist.Wire.Etcd.Snapshot;
using Kist.Wire.Grpc;

namespace Kist.Commands.Etcd;

/// <summary>What one <c>kist etcd</c> command works with: the source, the configuration, the chosen resources.</summary>
internal sealed class EtcdSession : IDisposable
{
    private readonly ResourceSelection? named;

    private EtcdSession(Invocation call, ResourceSelection? named, LoadedConfiguration? configuration, IObjectSource source)
    {
        Call = call;
        this.named = named;
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

    /// <summary>The chosen resources; by default those that the configuration names, else Secrets and ConfigMaps.</summary>
    public ResourceSelection Selection() => this switch
    {
        { named: { } selection } => selection,
        { Configuration: { } configuration } => ResourceSelection.Of(Prefix, configuration.Configuration),
        _ => ResourceSelection.Parse(Prefix, ["secrets", "configmaps"]).Value,
    };

    /// <summary>What judges values.</summary>
    public ObjectInspector Inspector(InspectionDepth depth) => new(Configuration?.Chains, depth);

    /// <summary>Fails when not a single key lies under the prefix: a wrong prefix must not look like a cluster without findings.</summary>
    /// <exception cref="ExitException">There is none.</exception>
    public async Task RequireKeysAsync(CancellationToken cancellation)
    {
        if (!await Source.HasKeysAsync(System.Text.Encoding.UTF8.GetBytes(Prefix.TrimEnd('/') + "/"), cancellation))
            throw ExitException.Failed($"no key begins with {Prefix.TrimEnd('/')}/ in {Source.Description}: give the API server's --etcd-prefix as -prefix");
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

    private static async Task<EtcdSession> OpenAsync(Invocation call, CancellationToken cancellation)
    {
        // What is wrong with the command line is told before anything is opened.
        var open = SourceOf(call);
        var chosen = Named(call);
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

    private static ResourceSelection? Named(Invocation call)
    {
        if (!call.Command.Flags.Contains(EtcdFlags.Resources) || call.List(EtcdFlags.Resources) is not { Count: > 0 } names)
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
