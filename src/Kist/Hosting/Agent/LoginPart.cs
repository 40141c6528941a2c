using Kist.Client;
using Kist.Client.Agent.Configuration;
using Kist.Client.Agent.Login;
using Kist.Client.Agent.Sinks;

namespace Kist.Hosting.Agent;

/// <summary>Login and sinks. Disposed last: then the token is revoked, and with it what the others left.</summary>
internal sealed class LoginPart : IAgentPart
{
    private readonly KistClient client;
    private readonly ILoginMethod method;
    private readonly TokenKeeper keeper;
    private readonly TokenSinks sinks;
    private readonly bool wraps;
    private bool keepsToken;

    /// <exception cref="ConfigException">The environment lacks what a sink is to be encrypted with.</exception>
    public LoginPart(AgentServices services, AutoAuthConfig config)
    {
        config = config with { Sinks = [.. config.Sinks.Select(sink => WithAssociatedData(sink, TemplateVariables.Read(services.Time).Variables))] };
        var settings = config.Namespace.Length > 0 ? services.Settings with { Namespace = config.Namespace } : services.Settings;
        client = new KistClient(settings, services.Time);
        method = LoginMethods.Create(config, services.Log, other => new KistClient(other, services.Time));
        sinks = new TokenSinks(config.Sinks, client, services.Token, services.Status, services.Log, services.Time);
        keeper = new TokenKeeper(config, method, client, services.Token, services.Status, services.Log, services.Time)
        {
            TakeWrapped = sinks.WriteWrappedAsync,
        };
        wraps = config.WrapTtl is not null;
        services.Status.Expect(TokenKeeper.Part);
        foreach (var sink in config.Sinks)
            services.Status.Expect(TokenSinks.Part(sink));
    }

    private static FileSinkConfig WithAssociatedData(FileSinkConfig sink, IReadOnlyDictionary<string, string> variables)
    {
        if (sink.Encryption is not { AssociatedDataVariable: { Length: > 0 } variable } encryption)
            return sink;
        if (variables.GetValueOrDefault(variable, "") is not { Length: > 0 } data)
            throw new ConfigException($"auto_auth sink {sink.Path}: the variable {variable} is not set, which \"aad_env_var\" names");
        return sink with { Encryption = encryption with { AssociatedData = data } };
    }

    public async Task<int?> RunAsync(bool once, CancellationToken stop)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop);
        Task[] both = wraps ? [keeper.RunAsync(once, either.Token)] : [keeper.RunAsync(once, either.Token), sinks.RunAsync(once, either.Token)];
        try
        {
            // What fails must not wait for what never ends.
            await await Task.WhenAny(both);
            await Task.WhenAll(both);
        }
        finally
        {
            await either.CancelAsync();
            await Task.WhenAll(both).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        return null;
    }

    /// <summary>Leaves the token alive: whoever reads the files of an agent that only logs in needs it.</summary>
    public void KeepToken() => keepsToken = true;

    public async ValueTask DisposeAsync()
    {
        if (!keepsToken)
            await keeper.EndAsync();
        client.Dispose();
        (method as IDisposable)?.Dispose();
    }
}
