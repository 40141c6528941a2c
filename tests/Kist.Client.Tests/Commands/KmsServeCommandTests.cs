using Kist.Client.Tests.Fakes;

namespace Kist.Client.Tests.Commands;

/// <summary>What <c>kms serve</c> refuses before it serves.</summary>
public sealed class KmsServeCommandTests : IDisposable
{
    private readonly Cli cli = new();

    public void Dispose() => cli.Dispose();

    [Theory]
    [InlineData("alias/k8s")]
    [InlineData("arn:aws:kms:eu-central-1:123456789012:alias/k8s")]
    public async Task An_alias_of_AWS_is_refused(string key)
    {
        cli.With("AWS_ACCESS_KEY_ID", "id").With("AWS_SECRET_ACCESS_KEY", "secret");
        await RefusesAsync("-aws-key takes no alias", $"-aws-key={key}", "-aws-region=eu-central-1");
    }

    [Theory]
    [InlineData("-poll-interval=5m", "-refusal-grace=2m")]
    [InlineData("-poll-interval=5m", "-refusal-grace=5m")]
    [InlineData("-poll-interval=4m1s", "-refusal-grace=2m")]
    public async Task Intervals_that_would_keep_a_disabled_key_in_use_beyond_ten_minutes_are_refused(string poll, string grace) =>
        await RefusesAsync("within ten minutes", poll, grace, $"-key-file={KeyFile()}");

    [Theory]
    [InlineData("-poll-interval=6m")]
    [InlineData("-refusal-grace=6m")]
    [InlineData("-poll-interval=0s")]
    public async Task Intervals_outside_of_their_bounds_are_refused(string flag) => await RefusesAsync("must be a duration such as 30s, between ", flag, $"-key-file={KeyFile()}");

    [Fact]
    public async Task A_fallback_beside_a_key_file_is_refused() =>
        await RefusesAsync("for a remote key", $"-key-file={KeyFile()}", $"-fallback-key-file={KeyFile()}");

    [Fact]
    public async Task A_network_that_is_none_is_refused_whatever_the_key() =>
        await RefusesAsync("is no network", "-service-cidr=10.0.0.0/99", $"-key-file={KeyFile()}");

    private async Task RefusesAsync(string reason, params string[] flags)
    {
        var result = await cli.RunAsync(["kms", "serve", $"-socket={cli.Home.At("kms.sock")}", .. flags]);
        Assert.Equal(1, result.Code);
        Assert.Contains(reason, result.Error);
    }

    private string KeyFile()
    {
        var path = cli.Home.At("kms.key");
        using var file = Kist.Kubernetes.Kms.KeyFiles.KmsKeyFile.Create(TimeProvider.System);
        file.Write(path, replace: true);
        return path;
    }
}
