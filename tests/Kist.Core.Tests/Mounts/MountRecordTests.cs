using System.Text.Json;
using Kist.Core.Mounts;

namespace Kist.Core.Tests.Mounts;

/// <summary>
/// Mounts as they stand in stores. If one of these tests fails, existing stores are no longer readable: make a new schema, do not mend the test.
/// </summary>
public sealed class MountRecordTests
{
    private static readonly string Golden = """
        {"Schema":1,"Id":"00000000000000ff","Path":"kv/","Kind":"Secrets","Type":"kv","Accessor":"kv_1","Uuid":"u","Description":"d",
        "Options":{"version":"2"},"Config":{"DefaultLeaseTtl":"01:00:00","MaxLeaseTtl":"00:00:00","AuditNonHmacRequestKeys":["a"],
        "AuditNonHmacResponseKeys":[],"ListingVisibility":"unauth","PassthroughRequestHeaders":[],"AllowedResponseHeaders":[],"TokenType":"",
        "ForceNoCache":false},
        """.ReplaceLineEndings("");

    private static readonly MountRecord Record = new()
    {
        Id = MountRecord.IdOf(255),
        Path = "kv/",
        Kind = MountKind.Secrets,
        Type = "kv",
        Accessor = "kv_1",
        Uuid = "u",
        Description = "d",
        Options = new Dictionary<string, string> { ["version"] = "2" },
        Config = new MountConfig { DefaultLeaseTtl = TimeSpan.FromHours(1), AuditNonHmacRequestKeys = ["a"], ListingVisibility = "unauth" },
    };

    [Theory]
    [InlineData(MountState.Ready, "\"State\":\"Ready\",\"Removing\":false")]
    [InlineData(MountState.Upgrading, "\"State\":\"Upgrading\",\"Removing\":false")]
    [InlineData(MountState.Removing, "\"State\":\"Removing\",\"Removing\":true")]
    public void A_mount_has_the_agreed_form(MountState state, string stored)
    {
        var json = $"{Golden}{stored},\"BuiltIn\":false}}";
        Assert.Equal(json, JsonSerializer.Serialize(Record with { State = state }, MountJson.Default.MountRecord));
        var read = JsonSerializer.Deserialize(json, MountJson.Default.MountRecord)!;
        Assert.Equivalent(Record with { State = state }, read, strict: true);
        Assert.Equal(255ul, read.MountId);
    }

    // Programs wrote no state before mounts could be converted.
    [Theory]
    [InlineData("false", MountState.Ready)]
    [InlineData("true", MountState.Removing)]
    public void A_mount_of_an_older_program_is_read(string removing, MountState state)
    {
        var read = JsonSerializer.Deserialize($"{Golden}\"Removing\":{removing},\"BuiltIn\":true}}", MountJson.Default.MountRecord)!;
        Assert.Equivalent(Record with { State = state, BuiltIn = true }, read, strict: true);
    }

    [Fact]
    public void Stamp_and_epoch_have_the_agreed_form()
    {
        Assert.Equal("""{"Schema":1,"Changes":7}""", JsonSerializer.Serialize(new MountStamp(1, 7), MountJson.Default.MountStamp));
        Assert.Equal("""{"Schema":1}""", JsonSerializer.Serialize(new MountEpoch(1), MountJson.Default.MountEpoch));
    }
}
