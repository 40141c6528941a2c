using Kist.Kubernetes.Encryption.Rotation;

namespace Kist.Kubernetes.Tests.Encryption.Rotation;

public sealed class ServerMetricsTests
{
    private const string Text =
        """
        # HELP apiserver_encryption_config_controller_automatic_reload_last_timestamp_seconds [ALPHA] Timestamp
        # TYPE apiserver_encryption_config_controller_automatic_reload_last_timestamp_seconds gauge
        apiserver_encryption_config_controller_automatic_reload_last_timestamp_seconds{apiserver_id_hash="sha256:14f9",status="failure"} 1.7799e+09
        apiserver_encryption_config_controller_automatic_reload_last_timestamp_seconds{apiserver_id_hash="sha256:14f9",status="success"} 1.780000001e+09
        apiserver_encryption_config_controller_automatic_reloads_total{apiserver_id_hash="sha256:14f9",status="success"} 2
        apiserver_encryption_config_controller_last_config_info{apiserver_id_hash="sha256:14f9",hash="sha256:6bc9"} 1
        process_start_time_seconds 1.77999999923e+09

        """;

    private static readonly DateTimeOffset Reloaded = DateTimeOffset.FromUnixTimeSeconds(1_780_000_001);

    [Fact]
    public void Hash_and_times_are_read()
    {
        var metrics = ServerMetrics.Parse(Text);
        Assert.Equal(["6bc9"], metrics.Hashes);
        Assert.Equal(["14f9"], metrics.Ids);
        Assert.Equal(Reloaded, metrics.LastReload);
        Assert.Equal(1_779_999_999.23, (metrics.Started!.Value - DateTimeOffset.UnixEpoch).TotalSeconds, 3);
    }

    [Theory]
    [InlineData("")]
    [InlineData("process_start_time_seconds x\n")]
    [InlineData("process_start_time_seconds 1e300\nprocess_start_time_seconds -1\nprocess_start_time_seconds NaN\n")]
    [InlineData("apiserver_encryption_config_controller_last_config_info{hash=\"sha256:6bc9\"} 0\n")]
    [InlineData("apiserver_encryption_config_controller_last_config_info{apiserver_id_hash=\"sha256:6bc9\"} 1\n")]
    [InlineData("apiserver_encryption_config_controller_last_config_info{hash=\"sha256:6bc9\n")]
    [InlineData("apiserver_encryption_config_controller_automatic_reload_last_timestamp_seconds{status=\"failure\"} 1.78e+09\n")]
    [InlineData("apiserver_authentication_config_controller_last_config_info{hash=\"sha256:6bc9\"} 1\n")]
    public void What_is_not_said_is_not_known(string text)
    {
        var metrics = ServerMetrics.Parse(text);
        Assert.Empty(metrics.Hashes);
        Assert.Equal((null, null), (metrics.LastReload, metrics.Started));
    }

    [Theory]
    [InlineData("6bc9", -100, false, LoadState.Loaded)]
    [InlineData("6bc8", -100, false, LoadState.NotYet)]
    [InlineData("6bc8", -100, true, LoadState.NotYet)]
    public void Hash_decides_whatever_the_times_say(string fingerprint, int changed, bool isOnly, LoadState state) =>
        Assert.Equal(state, LoadJudgement.Of("a", ServerMetrics.Parse(Text), [fingerprint], Reloaded.AddSeconds(changed), isOnly).State);

    [Theory]
    [InlineData(-100, true, LoadState.Loaded)]
    [InlineData(-2, true, LoadState.Loaded)]
    [InlineData(-1, true, LoadState.NotYet)]
    [InlineData(5, true, LoadState.NotYet)]
    [InlineData(-100, false, LoadState.Unknown)]
    public void Without_a_hash_times_count_for_a_single_server(int changed, bool isOnly, LoadState state)
    {
        var metrics = ServerMetrics.Parse(Text) with { Hashes = [] };
        Assert.Equal(state, LoadJudgement.Of("a", metrics, ["6bc9"], Reloaded.AddSeconds(changed), isOnly).State);
    }

    [Fact]
    public void Several_servers_behind_one_address_must_all_have_the_file()
    {
        var two = ServerMetrics.Parse(Text + Text.Replace("6bc9", "0000", StringComparison.Ordinal));
        Assert.Equal(LoadState.NotYet, LoadJudgement.Of("a", two, ["6bc9"], Reloaded, isOnly: true).State);
    }

    [Fact]
    public void Server_that_says_nothing_is_unknown() =>
        Assert.Equal(LoadState.Unknown, LoadJudgement.Of("a", ServerMetrics.Parse(""), ["6bc9"], Reloaded, isOnly: true).State);
}
