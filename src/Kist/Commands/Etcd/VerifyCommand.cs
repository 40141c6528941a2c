using Kist.Commands.Cli;
using Kist.Commands.Rendering;
using Kist.Core;
using Kist.Kubernetes.AtRest;
using Kist.Kubernetes.Etcd;

namespace Kist.Commands.Etcd;

/// <summary><c>etcd verify</c>: what does not decrypt, and what was moved.</summary>
internal static class VerifyCommand
{
    private static readonly RowColumn[] Columns =
    [
        new("Key in etcd", "key"), new("Resource", "resource"), new("Namespace", "namespace"), new("Name", "name"), new("Provider", "provider"),
        new("Key", "keyName"), new("Fault", "fault"), new("Reason", "reason"),
    ];

    private static readonly int[] TableOrder = [6, 1, 2, 3, 4, 5, 7];

    /// <summary>Decrypts all.</summary>
    public static async Task<int> RunAsync(EtcdSession session, CancellationToken cancellation)
    {
        if (session.Configuration is null)
            throw ExitException.Usage("give the EncryptionConfiguration whose keys are to decrypt: -config=FILE");
        using var rows = new RowSpool(Columns.Length);
        var found = await GatherAsync(session, rows, cancellation);
        if (found.Objects == 0)
            await session.RequireClusterAsync(cancellation);
        await session.TellAbsentAsync(found.Scan.Seen.Absent, tellAll: found.Objects == 0, cancellation);
        using (var output = new RowOutput(session.Call.Host))
            Write(output, session, found, rows);
        session.TellRevisions(found.Scan.Revisions);
        session.TellUnknown(found.Scan.Seen);
        if (found.Unchecked > 0)
            session.Call.Host.Tell($"{found.Unchecked} of the objects could not be checked, for nobody could be asked for their keys.");
        return found switch
        {
            { Undecryptable: > 0 } or { Moved: > 0 } => ExitCode.Findings,
            { Unchecked: > 0 } => ExitCode.Failed,
            _ => ExitCode.Done,
        };
    }

    private static async Task<Found> GatherAsync(EtcdSession session, RowSpool rows, CancellationToken cancellation)
    {
        using var inspector = session.Inspector(InspectionDepth.Everything);
        using var bar = new ProgressBar(session.Call.Host);
        var scan = new ObjectScan(session.Source, session.Selection(), inspector);
        var found = new Found(scan);
        await foreach (var scanned in scan.ReadAsync(bar.Report, cancellation))
        {
            found.Objects++;
            if (FaultOf(scanned.Inspection, found) is not var (fault, reason))
                continue;
            var (name, label) = (scanned.Key.Name, scanned.Inspection.Label);
            rows.Add(
                KeyText.Of(scanned.Entry.Key.Span), name.Resource.ToString(), name.Namespace, name.Name, label.Provider, label.KeyName, fault, reason);
        }
        return found;
    }

    private static (string Fault, string Reason)? FaultOf(Inspection inspection, Found found)
    {
        if (inspection.Failure is { Kind: FailureKind.Unavailable } unavailable)
        {
            found.Unchecked++;
            return ("unchecked", unavailable.Message);
        }
        if (inspection.Failure is { } failure)
        {
            found.Undecryptable++;
            return ("undecryptable", failure.Message);
        }
        if (!inspection.IsMoved || inspection.Object is not { } stored)
            return null;
        found.Moved++;
        return ("moved", $"the object says that it is the {stored.Kind} {(stored.Namespace.Length > 0 ? stored.Namespace + "/" : "")}{stored.Name}, uid {stored.Uid}");
    }

    private static void Write(RowOutput output, EtcdSession session, Found found, RowSpool rows)
    {
        if (EtcdFlags.WantsJson(session.Call))
        {
            output.Json(
                [
                    ("objects", found.Objects), ("good", found.Good), ("undecryptable", found.Undecryptable), ("moved", found.Moved),
                    ("unchecked", found.Unchecked),
                ],
                "faults",
                rows,
                Columns);
            return;
        }
        output.Write(Printable.Cell(
            $"{session.Source.Description}, revision {string.Join(", ", found.Scan.Revisions)}: {found.Good} of {found.Objects} objects are good") + "\n");
        if (rows.Count == 0)
            return;
        output.Write("\n");
        output.Table(rows, Columns, TableOrder);
    }

    private sealed class Found(ObjectScan scan)
    {
        public ObjectScan Scan { get; } = scan;

        public long Objects { get; set; }

        public long Undecryptable { get; set; }

        public long Moved { get; set; }

        public long Unchecked { get; set; }

        public long Good => Objects - Undecryptable - Moved - Unchecked;
    }
}
