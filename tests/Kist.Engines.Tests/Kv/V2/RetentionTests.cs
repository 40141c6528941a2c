using Kist.Engines.Kv.V2;
using Kist.Engines.Kv.V2.Stored;

namespace Kist.Engines.Tests.Kv.V2;

public sealed class RetentionTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(0, 0, 10)]
    [InlineData(5, 0, 5)]
    [InlineData(0, 3, 3)]
    [InlineData(5, 3, 3)]
    [InlineData(3, 5, 5)]
    public void The_secrets_max_versions_go_before_the_mounts(int mount, int secret, int expected) =>
        Assert.Equal(expected, Retention.MaxVersions(new ConfigRecord { MaxVersions = mount }, new HeadRecord { MaxVersions = secret }));

    [Theory]
    [InlineData(0, 1, 0)]
    [InlineData(0, 2, 0)]
    [InlineData(0, 3, 1)]
    [InlineData(1, 4, 2)]
    [InlineData(2, 5, 3)]
    public void The_oldest_version_moves_once_the_limit_is_reached(long oldest, long current, long expected) =>
        Assert.Equal(expected, Retention.Oldest(new ConfigRecord { MaxVersions = 3 }, new HeadRecord { Oldest = oldest }, current));

    [Fact]
    public void One_write_removes_a_bounded_number_of_versions()
    {
        var config = new ConfigRecord { MaxVersions = 1 };
        Assert.Equal(1 + Retention.RemovedPerWrite, Retention.Oldest(config, new HeadRecord(), 1_000));
        Assert.Equal(500 + Retention.RemovedPerWrite, Retention.Oldest(config, new HeadRecord { Oldest = 500 }, 1_000));
        Assert.Equal(1_000, Retention.Oldest(config, new HeadRecord { Oldest = 990 }, 1_000));
    }

    [Theory]
    [InlineData(0, 0, null)]
    [InlineData(60, 0, 60)]
    [InlineData(0, 30, 30)]
    [InlineData(60, 30, 30)]
    [InlineData(30, 60, 30)]
    [InlineData(-1, 60, null)]
    public void The_earlier_deletion_time_holds_unless_the_mount_forbids_any(int mount, int secret, int? expected)
    {
        var config = new ConfigRecord { DeleteVersionAfter = TimeSpan.FromSeconds(mount) };
        var head = new HeadRecord { DeleteVersionAfter = TimeSpan.FromSeconds(secret) };
        Assert.Equal(expected is { } seconds ? Now.AddSeconds(seconds) : null, Retention.DeletionTime(config, head, Now));
    }
}
