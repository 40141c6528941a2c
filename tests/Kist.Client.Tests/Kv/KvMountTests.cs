using Kist.Client.Kv;
using Kist.Client.Settings;
using Kist.Client.Tests.Fakes;

namespace Kist.Client.Tests.Kv;

public sealed class KvMountTests
{
    [Theory]
    [InlineData("secret/app/db", null, "secret/app/db", "secret/data/app/db")]
    [InlineData("/secret/app/", null, "secret/app", "secret/data/app")]
    [InlineData("secret", null, "secret", "secret/data")]
    [InlineData("app/db", "secret", "secret", "secret/data/app/db")]
    [InlineData("app", "secret/", "secret", "secret/data/app")]
    [InlineData("", "secret", "secret", "secret/data")]
    [InlineData("secret", "secret", "secret", "secret/data/secret")]
    [InlineData("secret/data/app", null, "secret/data/app", "secret/data/data/app")]
    public async Task Version_2_paths_get_their_kind_below_the_mount(string path, string? flag, string asked, string expected)
    {
        var mount = await FindAsync(path, flag, asked, 200, Answers.Mount2);
        Assert.Equal(2, mount.Version);
        Assert.Equal(expected, mount.ApiPath("data"));
    }

    [Fact]
    public async Task Version_1_paths_stay_as_they_are()
    {
        var mount = await FindAsync("kv1/app/db", null, "kv1/app/db", 200, Answers.Mount1);
        Assert.Equal(1, mount.Version);
        Assert.Equal("kv1/app/db", mount.ApiPath("data"));
        Assert.Equal("app/db", mount.SecretPath);
    }

    [Fact]
    public async Task A_mount_of_several_segments_is_cut_off_whole()
    {
        var mount = await FindAsync("teams/a/kv/app", null, "teams/a/kv/app", 200, """{"data":{"path":"teams/a/kv/","options":{"version":"2"}}}""");
        Assert.Equal("teams/a/kv/metadata/app", mount.ApiPath("metadata"));
    }

    [Fact]
    public async Task A_name_that_only_begins_like_the_mount_is_not_cut()
    {
        var mount = await FindAsync("secretive/app", "secret", "secret", 200, Answers.Mount2);
        Assert.Equal("secret/data/secretive/app", mount.ApiPath("data"));
    }

    [Fact]
    public async Task The_clients_namespace_in_front_of_the_mount_is_left_out()
    {
        var mount = await FindAsync("secret/app", null, "secret/app", 200, """{"data":{"path":"ns1/secret/","options":{"version":"2"}}}""");
        Assert.Equal("secret/data/app", mount.ApiPath("data"));
    }

    [Fact]
    public async Task A_server_that_does_not_know_the_question_has_version_1()
    {
        var mount = await FindAsync("secret/app", null, "secret/app", 404, """{"errors":["unsupported path"]}""");
        Assert.Equal("secret/app", mount.ApiPath("data"));
    }

    [Fact]
    public async Task A_refusal_is_passed_on() =>
        await Assert.ThrowsAsync<ApiException>(() => FindAsync("secret/app", null, "secret/app", 403, Answers.Denied));

    private static async Task<KvMount> FindAsync(string path, string? flag, string asked, int status, string answer)
    {
        using var server = new FakeServer().On($"GET sys/internal/ui/mounts/{asked}", status, answer);
        using var client = new KistClient(new ClientSettings { Address = ServerAddress.Parse("http://127.0.0.1:1") }, TimeProvider.System, server);
        var mount = await KvMount.FindAsync(client, path, flag, CancellationToken.None);
        Assert.Single(server.Requests);
        return mount;
    }
}
