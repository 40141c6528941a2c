using Kist.Client;
using Kist.Client.Run;
using Kist.Client.Run.Providers;
using Kist.Client.Run.Watching;
using Kist.Client.Watching;
using Kist.Commands.Cli;
using Kist.Core.Storage;

namespace Kist.Commands.Run;

/// <summary>Where the values of one run come from: the server, and a provider of Summon's where one is asked for.</summary>
internal sealed class RunSources
{
    /// <summary>Kist as its own provider, in a folder that has none of this name.</summary>
    private const string OwnName = "kist";

    private readonly CliHost host;
    private readonly RunOptions options;
    private readonly Lazy<KistClient> client;
    private ISecretSource? ofFile;
    private ServerChangeWatch? watch;

    public RunSources(Invocation call, RunOptions options)
    {
        host = call.Host;
        this.options = options;
        client = new Lazy<KistClient>(() => call.Client);
        // Leases end also while the machine is suspended.
        Leases = new LeaseKeeper(() => client.Value, BootClock.Instance);
        Kist = new KistSource(() => client.Value, Leases, Versions) { Told = () => watch?.Index };
    }

    /// <summary>The leases that come with values.</summary>
    public LeaseKeeper Leases { get; }

    /// <summary>What was read.</summary>
    public ReadVersions Versions { get; } = new();

    /// <summary>The server.</summary>
    public KistSource Kist { get; }

    /// <summary>Where Summon's providers are looked for.</summary>
    public ProviderSettings Settings => new()
    {
        Provider = Chosen,
        Folder = host.Variable("SUMMON_PROVIDER_PATH"),
        ProgramFolder = Path.GetDirectoryName(Environment.ProcessPath) ?? AppContext.BaseDirectory,
        Patience = ProviderSettings.ReadPatience(host.Variable("CONJUR_HTTP_TIMEOUT")),
    };

    /// <summary>Hears of changes, and looks for them.</summary>
    public IChangeWatch Watch => watch ??= new ServerChangeWatch(
        () => client.Value, new PollingWatch(() => client.Value, options.WatchInterval, host.Time), host.Time);

    // A variable that names a program to run is obeyed only where Summon's ways are asked for.
    private string? Chosen => options.Provider ?? (options.LikeSummon ? host.Variable("SUMMON_PROVIDER") : null);

    /// <summary>Finds a provider that was named, so that its absence is told before all else.</summary>
    public void FindNamed()
    {
        if (Chosen is { Length: > 0 })
            _ = OfFile();
    }

    /// <summary>The source of the file's secrets.</summary>
    /// <exception cref="RunException">There is no such provider.</exception>
    public ISecretSource OfFile() => ofFile ??= Chosen switch
    {
        { Length: > 0 } name when name == OwnName && !HasOwn() => Kist,
        { Length: > 0 } => OfProvider(),
        _ => options.LikeSummon ? OfProvider() : Kist,
    };

    /// <summary>The provider's name, for telling what is done.</summary>
    public string Name => Chosen ?? (options.LikeSummon ? "default" : OwnName);

    public Task<string> DescribeProvidersAsync(CancellationToken cancellation) =>
        ProviderVersions.DescribeAsync(ProviderFinder.FindFolder(Settings), cancellation);

    private ProviderSource OfProvider()
    {
        var settings = Settings;
        return new ProviderSource(ProviderFinder.Find(settings), settings.Patience, host.Time);
    }

    private bool HasOwn()
    {
        try
        {
            return File.Exists(Path.Combine(ProviderFinder.FindFolder(Settings), OwnName));
        }
        catch (RunException)
        {
            return false;
        }
    }
}
