using System.Globalization;
using System.Text.Json.Nodes;
using Kist.Commands.Cli;
using Kist.Commands.Rendering;
using Kist.Kubernetes.Kms.KeyFiles;

namespace Kist.Commands.Kms;

/// <summary><c>kms key-file init, add, use, show</c>.</summary>
internal static class KeyFileCommands
{
    private static readonly string[] Header = ["Version", "Made", "Key ID", "In use"];

    public static Command Init => new("kms key-file init", "Makes a key file with one random key.", InitAsync)
    {
        Arguments = "FILE",
        Description = "Whoever has the file can decrypt what was encrypted with it, and without it nobody can: keep a copy, apart from etcd's backups.",
        CallsServer = false,
        Example = new("Make a key file", "kms key-file init kms.key"),
    };

    public static Command Add => new("kms key-file add", "Adds a new key to a key file, which is not used yet.", AddAsync)
    {
        Arguments = "FILE",
        Description = "Bring the file to every node that has it before the new key is used: a node without the key cannot read what others wrote.",
        CallsServer = false,
        Example = new("Add a key", "kms key-file add kms.key"),
    };

    public static Command Use => new("kms key-file use", "Lets a key file's version encrypt from now on; all others go on decrypting.", UseAsync)
    {
        Arguments = "FILE VERSION",
        Description = "Running plugins notice within their poll interval.",
        CallsServer = false,
        Example = new("Use the second key", "kms key-file use kms.key 2"),
    };

    public static Command Show => new("kms key-file show", "Shows the versions of a key file, without the keys.", ShowAsync)
    {
        Arguments = "FILE",
        CallsServer = false,
        Shows = Shows.Format,
        Example = new("Compare the files of two nodes", "kms key-file show kms.key"),
    };

    private static Task<int> InitAsync(Invocation call, CancellationToken cancellation)
    {
        using var file = KmsKeyFile.Create(call.Host.Time);
        Write(call.Arguments[0], file, replace: false);
        return Task.FromResult(call.Output.Success($"Made the key file {call.Arguments[0]}, whose version 1 has the key id {file.Used.KeyId}"));
    }

    private static Task<int> AddAsync(Invocation call, CancellationToken cancellation)
    {
        using var file = Read(call.Arguments[0]);
        var added = file.WithNewVersion(call.Host.Time);
        using var made = added.Versions[^1];
        Write(call.Arguments[0], added, replace: true);
        return Task.FromResult(call.Output.Success(
            $"Added version {made.Number}, which is not used until: kist kms key-file use {call.Arguments[0]} {made.Number}"));
    }

    private static Task<int> UseAsync(Invocation call, CancellationToken cancellation)
    {
        using var file = Read(call.Arguments[0]);
        var used = int.TryParse(call.Arguments[1], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? file.Using(number) : null;
        if (used is null)
        {
            throw ExitException.Usage(
                $"\"{call.Arguments[1]}\" is no version of {call.Arguments[0]}; see them with: kist kms key-file show {call.Arguments[0]}");
        }

        Write(call.Arguments[0], used, replace: true);
        return Task.FromResult(call.Output.Success($"Version {number} encrypts from now on, under the key id {used.Used.KeyId}"));
    }

    private static Task<int> ShowAsync(Invocation call, CancellationToken cancellation)
    {
        using var file = Read(call.Arguments[0]);
        var versions = new JsonArray([.. file.Versions.Select(v => new JsonObject
        {
            ["version"] = v.Number,
            ["made"] = Time(v),
            ["key_id"] = v.KeyId,
            ["in_use"] = v.Number == file.Used.Number,
        })]);
        return Task.FromResult(call.Output.Document(
            JsonText.ToElement(new JsonObject { ["versions"] = versions }),
            () => TableText.Render(Header, file.Versions.Select(v => (IReadOnlyList<string>)
                [v.Number.ToString(CultureInfo.InvariantCulture), Time(v), v.KeyId, v.Number == file.Used.Number ? "yes" : "no"]))));
    }

    private static string Time(KmsKeyFileVersion version) => version.Made.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);

    private static KmsKeyFile Read(string path)
    {
        var read = KmsKeyFile.Read(path);
        return read.Succeeded ? read.Value : throw ExitException.Usage(read.Failure.Message);
    }

    private static void Write(string path, KmsKeyFile file, bool replace)
    {
        try
        {
            file.Write(path, replace);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw ExitException.Usage(!replace && File.Exists(path)
                ? $"{path} is there already, and may be what a cluster's secrets hang on: it is left as it is"
                : $"cannot write {path}: {e.Message}");
        }
    }
}
