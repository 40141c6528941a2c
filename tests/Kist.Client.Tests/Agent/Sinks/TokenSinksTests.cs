using Kist.Client.Agent.Configuration;
using Kist.Client.Agent.Secrets;
using Kist.Client.Agent.Sinks;
using Kist.Client.Agent.Templates;
using Kist.Client.Tests.Agent.Login;
using Kist.Crypto;
using Kist.Client.Tests.Hosting.Agent;

namespace Kist.Client.Tests.Agent.Sinks;

public sealed class TokenSinksTests : IDisposable
{
    private readonly AgentWorld world = new();

    public void Dispose() => world.Dispose();

    private TokenSinks Sinks(params FileSinkConfig[] sinks) => new(sinks, world.Client, world.Token, world.Status, world.Note, world.Clock);

    [Fact]
    public async Task File_holds_the_token_with_vault_s_mode_and_nothing_else_is_left()
    {
        var path = world.Folder.At("token");
        world.Token.Set(new SecretText("t-1"));
        await Sinks(new FileSinkConfig(path)).RunAsync(once: true, default);
        Assert.Equal("t-1", File.ReadAllText(path));
        Assert.Equal(FileSinkConfig.DefaultMode, File.GetUnixFileMode(path));
        Assert.Equal([path], Directory.GetFileSystemEntries(world.Folder.Path));
    }

    [Fact]
    public async Task Mode_zero_keeps_that_of_the_file_and_hides_a_new_one()
    {
        const UnixFileMode Open = UnixFileMode.UserRead | UnixFileMode.OtherRead;
        var (old, fresh) = (world.Folder.File("old", ""), world.Folder.At("fresh"));
        File.SetUnixFileMode(old, Open);
        world.Token.Set(new SecretText("t-1"));
        await Sinks(new FileSinkConfig(old) { Mode = null }, new FileSinkConfig(fresh) { Mode = null }).RunAsync(once: true, default);
        Assert.Equal(Open, File.GetUnixFileMode(old));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(fresh));
    }

    [Fact]
    public async Task Each_new_token_is_written()
    {
        var path = world.Folder.At("token");
        using var stop = new CancellationTokenSource();
        var running = Sinks(new FileSinkConfig(path)).RunAsync(once: false, stop.Token);
        foreach (var token in (string[])["t-1", "t-2"])
        {
            world.Token.Set(new SecretText(token));
            await world.UntilAsync(() => File.Exists(path) && File.ReadAllText(path) == token);
        }
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Fact]
    public async Task File_that_cannot_be_written_is_told_and_tried_again_and_does_not_hold_up_the_others()
    {
        var (missing, good) = (world.Folder.At("folder/token"), world.Folder.At("token"));
        world.Token.Set(new SecretText("t-1"));
        var running = Sinks(new FileSinkConfig(missing), new FileSinkConfig(good)).RunAsync(once: true, default);
        await world.UntilAsync(() => File.Exists(good) && world.Status.Parts.Any(p => !p.IsGood));
        Assert.Contains(world.Status.Parts, p => p.Part == $"sink {missing}" && !p.IsGood);
        Directory.CreateDirectory(world.Folder.At("folder"));
        await world.UntilAsync(() => running.IsCompleted);
        Assert.Equal("t-1", File.ReadAllText(missing));
        Assert.All(world.Status.Parts, p => Assert.True(p.IsGood));
    }

    [Fact]
    public async Task Link_in_the_file_s_place_is_replaced_and_not_followed()
    {
        var (target, path) = (world.Folder.File("elsewhere", "old"), world.Folder.At("token"));
        File.CreateSymbolicLink(path, target);
        world.Token.Set(new SecretText("t-1"));
        await Sinks(new FileSinkConfig(path)).RunAsync(once: true, default);
        Assert.Equal("old", File.ReadAllText(target));
        Assert.Null(new FileInfo(path).LinkTarget);
    }

    [Fact]
    public async Task Another_name_of_the_file_keeps_what_it_held_and_its_mode()
    {
        const UnixFileMode Open = UnixFileMode.UserRead | UnixFileMode.OtherRead;
        var (theirs, path) = (world.Folder.File("theirs", "old"), world.Folder.At("token"));
        File.SetUnixFileMode(theirs, Open);
        FileOwner.Link(theirs, path);
        world.Token.Set(new SecretText("t-1"));
        await Sinks(new FileSinkConfig(path)).RunAsync(once: true, default);
        Assert.Equal(("old", Open), (File.ReadAllText(theirs), File.GetUnixFileMode(theirs)));
        Assert.Equal(("t-1", FileSinkConfig.DefaultMode), (File.ReadAllText(path), File.GetUnixFileMode(path)));
    }

    [FactAsRoot]
    public async Task Owner_and_mode_are_the_new_file_s_and_not_those_of_what_a_link_leads_to()
    {
        var (target, path) = (world.Folder.File("elsewhere", "old"), world.Folder.At("token"));
        var before = FileStamp.Of(target);
        File.CreateSymbolicLink(path, target);
        world.Token.Set(new SecretText("t-1"));
        const UnixFileMode All = FileSinkConfig.DefaultMode | UnixFileMode.SetUser;
        await Sinks(new FileSinkConfig(path) { Mode = All, UserId = 12345, GroupId = 1 }).RunAsync(once: true, default);
        var written = FileStamp.Of(path, followsLink: false)!;
        // A change of owner takes that bit away: it comes before the mode.
        Assert.Equal((12345u, 1u, All), (written.User, written.Group, written.Mode));
        Assert.Equal(before, FileStamp.Of(target));
    }

    [Fact]
    public async Task What_a_killed_agent_left_beside_the_file_is_removed()
    {
        var left = world.Folder.File(".kist-0123456789abcdef", "t-0");
        File.SetLastWriteTimeUtc(left, new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        world.Token.Set(new SecretText("t-1"));
        await Sinks(new FileSinkConfig(world.Folder.At("token"))).RunAsync(once: true, default);
        Assert.False(File.Exists(left));
    }

    // Whoever owns the folder can make a file first, and would be given the token with it.
    [FactAsRoot]
    public async Task Token_is_not_given_to_the_owner_of_a_file_that_was_there_before()
    {
        var folder = world.Folder.At("theirs");
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, "token");
        new RenderedFile(path) { User = "12345", Group = "12345", Mode = UnixFileMode.UserRead | UnixFileMode.GroupRead }.Write("before"u8);
        using (var process = System.Diagnostics.Process.Start("chown", ["12345", folder]))
            await process.WaitForExitAsync();
        Assert.Equal(12345u, FileStamp.Of(folder)!.User);
        world.Token.Set(new SecretText("t-1"));
        await Sinks(new FileSinkConfig(path) { Mode = null }).RunAsync(once: true, default);
        var written = FileStamp.Of(path)!;
        Assert.Equal((0u, 0u, UnixFileMode.UserRead | UnixFileMode.UserWrite), (written.User, written.Group, written.Mode));
    }

    [FactAsRoot]
    public async Task Mode_zero_takes_no_mode_of_a_file_that_anybody_may_have_put_there()
    {
        var path = world.Folder.At("token");
        const UnixFileMode ForAll = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead;
        new RenderedFile(path) { User = "12345", Mode = ForAll }.Write("t-1"u8);
        File.SetUnixFileMode(world.Folder.Path, (UnixFileMode)Convert.ToInt32("1777", 8));
        world.Token.Set(new SecretText("t-1"));
        await Sinks(new FileSinkConfig(path) { Mode = null }).RunAsync(once: true, default);
        var written = FileStamp.Of(path)!;
        Assert.Equal((0u, UnixFileMode.UserRead | UnixFileMode.UserWrite), (written.User, written.Mode));
    }

    [Fact]
    public async Task Wrapped_sink_holds_what_the_server_made_of_the_token()
    {
        var path = world.Folder.At("token");
        world.Server.On("PUT sys/wrapping/wrap", 200, """{"wrap_info":{"token":"w-1","ttl":300}}""");
        world.Token.Set(new SecretText("t-1"));
        await Sinks(new FileSinkConfig(path) { WrapTtl = TimeSpan.FromMinutes(5) }).RunAsync(once: true, default);
        Assert.Equal("""{"token":"w-1","ttl":300}""", File.ReadAllText(path));
        Assert.Equal(("t-1", "5m0s"), (world.Server.Last.Header("X-Vault-Token"), world.Server.Last.Header("X-Vault-Wrap-TTL")));
        Assert.Equal("""{"token":"t-1"}""", world.Server.Last.Body);
    }
}
