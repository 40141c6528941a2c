using System.Text;
using Kist.Commands.Arguments;
using Kist.Commands.Cli;
using Kist.Commands.Rendering;
using Kist.Kubernetes;
using Kist.Kubernetes.AtRest;
using Kist.Kubernetes.Etcd;
using Kist.Wire.Etcd;

namespace Kist.Commands.Etcd;

/// <summary><c>etcd get</c>: one object.</summary>
internal static class GetCommand
{
    public static readonly Flag Unmask = Flag.Switch("unmask", "Show the values, too: secrets in clear on standard output.");

    /// <summary>Shows it.</summary>
    public static async Task<int> RunAsync(EtcdSession session, CancellationToken cancellation)
    {
        var call = session.Call;
        var key = KeyOf(session, call.Arguments[0]);
        if (await session.Source.FindAsync(key, cancellation) is not { } entry)
            throw ExitException.Failed($"there is no key {Printable.Cell(KeyText.Of(key))} in {session.Source.Description}");
        using var inspector = session.Inspector(InspectionDepth.Everything);
        var selected = Selected(session, key);
        var inspection = Decoded(await inspector.InspectAsync(selected, entry, cancellation), selected, entry, session.Configuration is null);
        var plaintext = inspector.Plaintext.IsEmpty ? entry.Value.Span : inspector.Plaintext;
        var shown = new ObjectView(selected, entry, inspection, call.Switch(Unmask));
        if (EtcdFlags.WantsJson(call))
            call.Host.Output.Write(shown.Json(plaintext));
        else
            call.Host.Output.Write(Output.KeyValues(shown.Rows(plaintext)));
        return Conclude(session, inspection);
    }

    // Plaintext needs no configuration.
    private static Inspection Decoded(Inspection inspection, SelectedKey key, EtcdKeyValue entry, bool withoutConfiguration)
    {
        if (!withoutConfiguration || inspection.State != ObjectState.Plaintext)
            return inspection;
        var parsed = Kubernetes.AtRest.Objects.StoredObject.Parse(entry.Value.Span);
        return parsed.Succeeded
            ? inspection with { Object = parsed.Value, IsMoved = key.IsWellFormed && !key.Name.Names(parsed.Value) }
            : inspection with { Failure = parsed.Failure };
    }

    private static int Conclude(EtcdSession session, Inspection inspection)
    {
        var host = session.Call.Host;
        if (inspection.IsMoved)
            host.Tell("Warning: the object says that it is another one than its key names: somebody copied the value.");
        if (inspection is { Object: not null, Failure: { } unread })
        {
            host.Tell($"Warning: {unread.Message}");
            return ExitCode.Done;
        }
        if (inspection.Failure is { } failure)
            throw ExitException.Failed($"the value cannot be read: {failure.Message}");
        if (inspection.Object is not null)
            return ExitCode.Done;
        const string Needs = "the value is encrypted: to see what is in it, give -config=FILE";
        if (session.Call.Switch(Unmask))
            throw ExitException.Failed(Needs);
        host.Tell($"Note: {Needs}");
        return ExitCode.Done;
    }

    private static byte[] KeyOf(EtcdSession session, string argument)
    {
        if (argument.StartsWith('/'))
            return Encoding.UTF8.GetBytes(argument);
        if (argument.Split('/') is not [var resource, .. { Length: 1 or 2 } rest])
            throw ExitException.Usage("write the object as RESOURCE/NAMESPACE/NAME, RESOURCE/NAME, or as its key in etcd, which begins with a slash");
        var parsed = ResourceSelection.Parse(session.Prefix, [resource]);
        if (!parsed.Succeeded || parsed.Value.Resources[0].IsWildcard)
            throw ExitException.Usage(parsed.Failure?.Message ?? "one object has one resource");
        return [.. StorageKey.PrefixOf(session.Prefix, parsed.Value.Resources[0]), .. Encoding.UTF8.GetBytes(string.Join('/', rest))];
    }

    private static SelectedKey Selected(EtcdSession session, byte[] key) =>
        ResourceSelection.Everything(session.Prefix).Select(key)
        ?? new SelectedKey(new StorageKey(new GroupResource("", ""), "", KeyText.Of(key)), IsWellFormed: false);
}
