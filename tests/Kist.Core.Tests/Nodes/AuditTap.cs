using System.Text.Json;
using Kist.Core.Audit;
using Kist.Core.Tests.Audit;

namespace Kist.Core.Tests.Nodes;

/// <summary>A node's only audit device: keeps its records in memory and fails or hangs on demand. No clock gives it up, however long it hangs.</summary>
internal sealed class AuditTap : IAsyncDisposable
{
    private readonly AuditDevice device;

    private AuditTap(AuditDevice device, FakeSink sink)
    {
        this.device = device;
        Sink = sink;
    }

    public FakeSink Sink { get; }

    /// <summary>What was recorded, in order.</summary>
    public IReadOnlyList<JsonElement> Records => [.. Sink.Lines.Select(line => JsonDocument.Parse(line).RootElement)];

    public static AuditTap On(TestNode node)
    {
        var audit = node.Node.Audit;
        var sink = new FakeSink();
        var writer = new AuditWriter(sink, audit.Origin, audit.Origin.For("/tap"), new ManualTime());
        var format = new AuditFormat(new AuditSalt(new byte[AuditSalt.KeyBytes]), AuditBuilder.Options());
        var tap = new AuditTap(new AuditDevice("tap/", "/tap", format, writer, TimeProvider.System), sink);
        tap.Show(node);
        return tap;
    }

    /// <summary>Shows headers in the records.</summary>
    public void Show(TestNode node, params AuditedHeader[] headers) => node.Node.Audit.Use(new AuditSetup([device], headers));

    /// <summary>The two records of the only request that was recorded since <paramref name="before"/> records stood there.</summary>
    public (JsonElement Request, JsonElement Response) Pair(int before = 0)
    {
        var records = Records.Skip(before).ToList();
        Assert.Equal(["request", "response"], records.Select(r => r.Text("type")));
        return (records[0], records[1]);
    }

    public ValueTask DisposeAsync() => device.DisposeAsync();
}
