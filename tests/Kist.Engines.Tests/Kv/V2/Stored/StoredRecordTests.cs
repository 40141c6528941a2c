using System.Text.Json;
using Kist.Engines.Kv.V2.Stored;

namespace Kist.Engines.Tests.Kv.V2.Stored;

public sealed class StoredRecordTests
{
    // Forms that a released program may have written: they never change.
    private const string GoldenHead =
        """{"schema":1,"current":12,"oldest":""" +
        """3,"created":"2026-01-31T12:30:45.1234567+00:00","updated":"2026-02-01T00:00:00+00:00","max_versions":""" +
        """10,"cas_required":true,"delete_version_after":"1.02:03:04.5000000","custom_metadata":{"owner":"jdoe"}}""";

    private const string GoldenPlainHead =
        """{"schema":1,"current":1,"oldest":""" +
        """0,"created":"2026-02-01T00:00:00+00:00","updated":"2026-02-01T00:00:00+00:00","max_versions":""" +
        """0,"cas_required":false,"delete_version_after":"00:00:00"}""";

    private const string GoldenConfig = """{"schema":1,"max_versions":5,"cas_required":true,"delete_version_after":"-00:00:01"}""";

    private static readonly DateTimeOffset Updated = new(2026, 2, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly HeadRecord Head = new()
    {
        Current = 12,
        Oldest = 3,
        Created = new DateTimeOffset(2026, 1, 31, 12, 30, 45, TimeSpan.Zero).AddTicks(1_234_567),
        Updated = Updated,
        MaxVersions = 10,
        CasRequired = true,
        DeleteVersionAfter = new TimeSpan(1, 2, 3, 4, 500),
        CustomMetadata = new Dictionary<string, string> { ["owner"] = "jdoe" },
    };

    [Fact]
    public void A_head_has_the_agreed_form()
    {
        Assert.Equal(GoldenHead, JsonSerializer.Serialize(Head, StoredJson.Default.HeadRecord));
        var read = JsonSerializer.Deserialize(GoldenHead, StoredJson.Default.HeadRecord)!;
        Assert.Equal(Head with { CustomMetadata = null }, read with { CustomMetadata = null });
        Assert.Equal(Head.CustomMetadata, read.CustomMetadata);
    }

    [Fact]
    public void A_head_without_settings_has_the_agreed_form()
    {
        var head = new HeadRecord { Current = 1, Created = Updated, Updated = Updated };
        Assert.Equal(GoldenPlainHead, JsonSerializer.Serialize(head, StoredJson.Default.HeadRecord));
        Assert.Equal(head, JsonSerializer.Deserialize(GoldenPlainHead, StoredJson.Default.HeadRecord));
    }

    [Fact]
    public void A_config_has_the_agreed_form()
    {
        var config = new ConfigRecord { MaxVersions = 5, CasRequired = true, DeleteVersionAfter = TimeSpan.FromSeconds(-1) };
        Assert.Equal(GoldenConfig, JsonSerializer.Serialize(config, StoredJson.Default.ConfigRecord));
        Assert.Equal(config, JsonSerializer.Deserialize(GoldenConfig, StoredJson.Default.ConfigRecord));
    }
}
