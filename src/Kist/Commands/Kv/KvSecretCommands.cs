using System.Globalization;
using Kist.Client;
using Kist.Commands.Arguments;
using Kist.Commands.Cli;

namespace Kist.Commands.Kv;

/// <summary><c>kv get, put, list, delete</c>.</summary>
internal static class KvSecretCommands
{
    private static readonly Flag Version = Flag.Number("version", "number", "Read this version. Default: the newest. Version 2 mounts.");
    private static readonly Flag Versions = Flag.List("versions", "numbers", "Delete these versions. Default: the newest. Version 2 mounts.");

    public static Command Get => new("kv get", "Reads a secret.", GetAsync)
    {
        Arguments = "PATH",
        Flags = [KvCommands.Mount, Version],
        Shows = Shows.Fields,
        Example = new("Use a password in a script", "kv get -mount=secret -field=password app/db"),
    };

    public static Command Put => new("kv put", "Writes a secret, in place of all that it held.", PutAsync)
    {
        Arguments = "PATH DATA...",
        Description = DataCommands.DataHelp,
        Flags = [KvCommands.Mount, KvCommands.Cas],
        Shows = Shows.Fields,
        Example = new("Write a name, and a password from a file", "kv put -mount=secret app/db user=app password=@password.txt"),
    };

    public static Command List => new("kv list", "Lists secrets directly below a path.", ListAsync)
    {
        Arguments = "[PATH]",
        Description = "Without a path, -mount says which mount to list.",
        Flags = [KvCommands.Mount],
        Shows = Shows.Format,
        Example = new("List a folder", "kv list -mount=secret app"),
    };

    public static Command Delete => new("kv delete", "Deletes a secret's newest version, or others.", DeleteAsync)
    {
        Arguments = "PATH",
        Description = "Version 2 mounts can bring deleted versions back (kv undelete) until they are destroyed.",
        Flags = [KvCommands.Mount, Versions],
        Example = new("Delete two versions", "kv delete -mount=secret -versions=3,4 app/db"),
    };

    private static async Task<int> GetAsync(Invocation call, CancellationToken cancellation)
    {
        var mount = await KvCommands.FindAsync(call, cancellation);
        var path = mount.ApiPath("data");
        var request = call.Number(Version) is { } version && mount.Version == 2
            ? ApiRequest.Read(path, KeyValuePair.Create("version", version.ToString(CultureInfo.InvariantCulture)))
            : ApiRequest.Read(path);
        var response = (await call.SendAsync(request, cancellation)).OrNothing(path);
        return KvOutput.Secret(call, response, mount);
    }

    private static async Task<int> PutAsync(Invocation call, CancellationToken cancellation)
    {
        // A slip in the data is told before the server is asked anything.
        var arguments = new DataArguments(call.Input);
        var data = arguments.Read([.. call.Arguments.Skip(1)]);
        var mount = await KvCommands.FindAsync(call, cancellation);
        if (mount.Version == 1 && call.Has(KvCommands.Cas))
            throw ExitException.Usage($"-cas needs a version 2 mount; {mount.MountPath} has version 1");
        var body = mount.Version == 2 ? KvCommands.Body(data, call.Number(KvCommands.Cas)) : data;
        var request = ApiRequest.Write(mount.ApiPath("data"), body) with { BodyIsSecret = arguments.CameFromOutside };
        return KvOutput.Written(call, await call.DemandAsync(request, cancellation), mount);
    }

    private static async Task<int> ListAsync(Invocation call, CancellationToken cancellation)
    {
        if (call.Arguments.Count == 0 && !call.Has(KvCommands.Mount))
            throw ExitException.Usage("say what to list: a path, or a mount with -mount");
        var mount = await KvCommands.FindAsync(call, cancellation);
        var path = mount.ApiPath("metadata");
        return ListCommands.Show(call, await call.SendAsync(ApiRequest.List(path), cancellation), path);
    }

    private static async Task<int> DeleteAsync(Invocation call, CancellationToken cancellation)
    {
        var mount = await KvCommands.FindAsync(call, cancellation);
        var versions = call.List(Versions);
        if (mount.Version == 1 && versions.Count > 0)
            throw ExitException.Usage($"-versions needs a version 2 mount; {mount.MountPath} has version 1");
        var request = versions.Count > 0
            ? ApiRequest.Write(mount.ApiPath("delete"), KvVersionCommands.Body(Versions, versions))
            : ApiRequest.Delete(mount.ApiPath("data"));
        call.Output.Warn(await call.DemandAsync(request, cancellation));
        return call.Output.Success($"Data deleted (if it existed) at: {mount.ApiPath("data")}");
    }
}
