using System.Runtime.InteropServices;
using Kist.Client.Agent.Proxy;
using Kist.Client.Agent.Templates;

namespace Kist.Hosting.Agent.Local;

/// <summary>Gives a socket to the user and group of the configuration, by name or number.</summary>
internal static class SocketOwner
{
    /// <summary>Changes the owner, before anybody can connect.</summary>
    /// <exception cref="ConfigException">There is no such user or group, or the agent must not.</exception>
    public static void Apply(AgentListenerConfig config)
    {
        var user = Number(FileOwner.User, config.SocketUser, "socket_user");
        var group = Number(FileOwner.Group, config.SocketGroup, "socket_group");
        if ((user, group) != (FileOwner.Keep, FileOwner.Keep) && LocalCalls.ChangeOwner(config.Address, user, group) != 0)
        {
            throw new ConfigException(
                $"the socket {config.Address} cannot be given to \"{config.SocketUser}:{config.SocketGroup}\": {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }

    private static uint Number(Func<string, uint> find, string name, string setting)
    {
        try
        {
            return find(name);
        }
        catch (IOException e)
        {
            throw new ConfigException($"{setting}: {e.Message}");
        }
    }
}
