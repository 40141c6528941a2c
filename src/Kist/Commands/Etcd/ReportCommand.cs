using System.Globalization;
using Kist.Commands.Arguments;
using Kist.Commands.Cli;
using Kist.Commands.Rendering;
using Kist.Kubernetes;
using Kist.Kubernetes.AtRest;
using Kist.Kubernetes.Etcd;

namespace Kist.Commands.Etcd;

/// <summary><c>etcd report</c>: how each object is stored.</summary>
internal static class ReportCommand
{
    public static readonly Flag FindingsOnly = Flag.Switch("findings", "List only objects that are not stored as they should be; totals count all.");

    // Of so many resources the note names each.
    private const int MostNamed = 10;

    private static readonly RowColumn[] Columns =
    [
        new("Key in etcd", "key"), new("Resource", "resource"), new("Namespace", "namespace"), new("Name", "name"), new("Provider", "provider"),
        new("Key", "keyName"), new("State", "state"),
    ];

    private static readonly int[] TableOrder = [6, 1, 2, 3, 4, 5];

    private static readonly ObjectState[] States = [ObjectState.Encrypted, ObjectState.Stale, ObjectState.Plaintext, ObjectState.Undecryptable];

    /// <summary>Makes the report.</summary>
    public static async Task<int> RunAsync(EtcdSession session, CancellationToken cancellation)
    {
        using var rows = new RowSpool(Columns.Length);
        var gathered = await GatherAsync(session, rows, cancellation);
        if (gathered.All.Objects == 0)
            await session.RequireClusterAsync(cancellation);
        await session.TellAbsentAsync(gathered.Scan.Seen.Absent, tellAll: gathered.All.Objects == 0, cancellation);
        using (var output = new RowOutput(session.Call.Host))
        {
            if (EtcdFlags.WantsJson(session.Call))
                output.Json([("objects", gathered.All.Objects), .. States.Select(s => (s.Name(), gathered.All[s]))], "objects", rows, Columns);
            else
                WriteTables(output, session, gathered, rows);
        }
        TellNotes(session, gathered);
        return gathered.Findings == 0 ? ExitCode.Done : ExitCode.Findings;
    }

    private static async Task<Gathered> GatherAsync(EtcdSession session, RowSpool rows, CancellationToken cancellation)
    {
        using var inspector = session.Inspector(InspectionDepth.WithoutPlugins);
        using var bar = new ProgressBar(session.Call.Host);
        var scan = new ObjectScan(session.Source, session.Selection(), inspector);
        var gathered = new Gathered(scan);
        var findingsOnly = session.Call.Switch(FindingsOnly);
        await foreach (var scanned in scan.ReadAsync(bar.Report, cancellation))
        {
            var good = inspector.IsGood(scanned.Inspection);
            gathered.Add(scanned, good);
            if (good && findingsOnly)
                continue;
            var (name, label) = (scanned.Key.Name, scanned.Inspection.Label);
            rows.Add(
                KeyText.Of(scanned.Entry.Key.Span), name.Resource.ToString(), name.Namespace, name.Name, label.Provider, label.KeyName,
                scanned.Inspection.State.Name());
        }
        return gathered;
    }

    private static void WriteTables(RowOutput output, EtcdSession session, Gathered gathered, RowSpool rows)
    {
        output.Write(Printable.Cell($"{session.Source.Description}, revision {string.Join(", ", gathered.Scan.Revisions)}") + "\n");
        output.Write(session.Configuration is { } configuration
            ? Printable.Cell($"judged by {configuration.Path}") + "\n\n"
            : "without a configuration: states are what the values' own labels say\n\n");
        var totals = gathered.ByNamespace.Select(n => Totals(n.Key.Length == 0 ? "-" : Printable.Cell(n.Key), n.Value)).Append(Totals("(all)", gathered.All));
        output.Write(TableText.Render(["Namespace", "Objects", "Encrypted", "Stale", "Plaintext", "Undecryptable"], totals) + "\n");
        if (rows.Count > 0)
            output.Table(rows, Columns, TableOrder);
    }

    private static IReadOnlyList<string> Totals(string name, ObjectTotals totals) =>
        [name, Number(totals.Objects), .. States.Select(s => Number(totals[s]))];

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static void TellNotes(EtcdSession session, Gathered gathered)
    {
        var host = session.Call.Host;
        session.TellRevisions(gathered.Scan.Revisions);
        session.TellUnknown(gathered.Scan.Seen);
        if (session.Configuration is null)
            host.Tell("Note: without -config, states are what the values' own labels say, encrypted or plaintext; whether they decrypt is not known.");
        if (gathered.Moved > 0)
            host.Tell($"Warning: what {gathered.Moved} of the objects say of themselves is not what their keys in etcd name; etcd verify lists them.");
        if (gathered.UnreadPlaintext > 0)
        {
            host.Tell(
                $"Warning: the API server cannot read {gathered.UnreadPlaintext} of the objects in plaintext, for their resources have no identity provider: "
                + "every LIST of these resources fails. To encrypt them, put identity last, then rewrite them.");
        }
        if (gathered.PlaintextByChoice.Count > 0)
            host.Tell($"Warning: the configuration has these stored in plaintext, so that they count as stored as configured: {Names(gathered.PlaintextByChoice)}.");
    }

    private static string Names(HashSet<GroupResource> resources) =>
        string.Join(", ", resources.Take(MostNamed).Select(r => r.ToString()).Order(StringComparer.Ordinal)) + (resources.Count > MostNamed ? " and others" : "");

    private sealed class Gathered(ObjectScan scan)
    {
        public ObjectScan Scan { get; } = scan;

        public ObjectTotals All { get; } = new();

        public SortedDictionary<string, ObjectTotals> ByNamespace { get; } = new(StringComparer.Ordinal);

        public HashSet<GroupResource> PlaintextByChoice { get; } = [];

        public long Findings { get; private set; }

        public long Moved { get; private set; }

        public long UnreadPlaintext { get; private set; }

        public void Add(ScannedObject scanned, bool good)
        {
            var (name, inspection) = (scanned.Key.Name, scanned.Inspection);
            All.Add(inspection.State);
            if (!ByNamespace.TryGetValue(name.Namespace, out var totals))
                ByNamespace.Add(name.Namespace, totals = new ObjectTotals());
            totals.Add(inspection.State);
            if (!good)
                Findings++;
            if (inspection.IsMoved)
                Moved++;
            if (inspection is { State: ObjectState.Plaintext, Failure: not null })
                UnreadPlaintext++;
            if (good && inspection.State == ObjectState.Plaintext && PlaintextByChoice.Count <= MostNamed)
                PlaintextByChoice.Add(name.Resource);
        }
    }
}
