using System.Diagnostics;
using Kist.Client.Agent.Configuration;
using Kist.Client.Agent.Login;

namespace Kist.Client.Tests.Agent.Login;

/// <summary>Credentials in pipes, and in files that cannot be removed.</summary>
public sealed class CredentialFileTests : IDisposable
{
    private const string Wrapping = "auth/approle/role/web/secret-id";

    private readonly AgentWorld world = new();

    public void Dispose() => world.Dispose();

    [Fact]
    public async Task Credential_is_read_from_a_pipe_to_its_end()
    {
        var pipe = world.Folder.At("pipe");
        using (var made = Process.Start("mkfifo", pipe))
            await made.WaitForExitAsync();
        world.Server.On("PUT auth/userpass/login/ada", 200, AgentWorld.Answer("t", 60));
        var method = world.Method(new UserpassLoginConfig("ada", pipe));
        var login = Task.Run(() => method.LoginAsync(world.Client, default));
        // In two pieces, as pipes may bring it.
        using (var writer = Process.Start("/bin/sh", ["-c", "{ printf pass; sleep 0.1; printf 'word\\n'; } > \"$0\"", pipe]))
            await writer.WaitForExitAsync();
        await login.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal("""{"password":"password"}""", world.Server.Last.Body);
    }

    [Fact]
    public async Task Pipe_without_an_end_is_given_up_once_it_has_brought_more_than_any_credential()
    {
        var method = world.Method(new UserpassLoginConfig("ada", "/dev/zero"));
        var refused = await Assert.ThrowsAsync<LoginException>(() => method.LoginAsync(world.Client, default));
        Assert.Contains("more than 64 KiB", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Wrapping_token_that_stays_in_its_file_is_opened_once()
    {
        var (role, secret) = (world.Folder.File("role", "r-1"), world.Folder.File("secret", "w-1"));
        world.Server.On("PUT sys/wrapping/lookup", 200, $$$"""{"data":{"creation_path":"{{{Wrapping}}}"}}""")
            .On("PUT sys/wrapping/unwrap", 200, """{"data":{"secret_id":"s-1"}}""")
            .On("PUT sys/wrapping/unwrap", 200, """{"data":{"secret_id":"s-2"}}""")
            .On("PUT auth/approle/login", 200, AgentWorld.Answer("t", 60));
        var method = world.Method(new AppRoleLoginConfig(role, secret) { WrappingPath = Wrapping, RemoveSecretIdAfterReading = false });
        await method.LoginAsync(world.Client, default);
        await method.LoginAsync(world.Client, default);
        Assert.Equal("""{"role_id":"r-1","secret_id":"s-1"}""", world.Server.Last.Body);
        Assert.Equal(1, world.Count("PUT sys/wrapping/unwrap"));
        File.WriteAllText(secret, "w-2");
        await method.LoginAsync(world.Client, default);
        Assert.Equal("""{"role_id":"r-1","secret_id":"s-2"}""", world.Server.Last.Body);
    }
}
