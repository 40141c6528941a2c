using System.Globalization;
using System.Runtime.InteropServices;
using Kist.Client.Agent.Proxy;

namespace Kist.Hosting.Agent.Local;

/// <summary>Gives a socket to the user and group of the configuration, by name or number.</summary>
internal static class SocketOwner
{
    // To lchown, "as it is".
    private const uint Unchanged = uint.MaxValue;

    /// <summary>Changes the owner, before anybody can connect.</summary>
    /// <exception cref="ConfigException">There is no such user or group, or the agent must not.</exception>
    public static void Apply(AgentListenerConfig config)
    {
        var user = Number(config.SocketUser, "/etc/passwd", "socket_user");
        var group = Number(config.SocketGroup, "/etc/group", "socket_group");
        if ((user, group) != (Unchanged, Unchanged) && LocalCalls.ChangeOwner(config.Address, user, group) != 0)
        {
            throw new ConfigException(
                $"the socket {config.Address} cannot be given to \"{config.SocketUser}:{config.SocketGroup}\": {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }

    private static uint Number(string name, string file, string setting)
    {
        if (name.Length == 0)
            return Unchanged;
        if (uint.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number != Unchanged)
            return number;
        foreach (var line in File.ReadLines(file))
        {
            var fields = line.Split(':');
            if (fields.Length > 2 && fields[0] == name && uint.TryParse(fields[2], NumberStyles.None, CultureInfo.InvariantCulture, out number))
                return number;
        }
        throw new ConfigException($"{setting}: \"{name}\" is not in {file}");
    }
}
