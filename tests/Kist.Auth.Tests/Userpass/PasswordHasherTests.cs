using Kist.Auth.Userpass.Passwords;
using Kist.Core;
using Kist.Crypto;

namespace Kist.Auth.Tests.Userpass;

public sealed class PasswordHasherTests
{
    private static readonly SecretText Password = new("pass-one");

    [Fact]
    public async Task A_password_matches_its_own_hash_alone()
    {
        var hasher = new PasswordHasher(UserpassHost.Cheap);
        var hash = (await hasher.HashAsync(Password, default)).Value;
        Assert.NotEqual(hash, (await hasher.HashAsync(Password, default)).Value);
        Assert.True((await hasher.VerifyAsync(Password, hash, default)).Value);
        Assert.False((await hasher.VerifyAsync(new SecretText("pass-two"), hash, default)).Value);
        Assert.False((await hasher.VerifyAsync(Password, null, default)).Value);
        Assert.Equal("[redacted]", hash.ToString());
    }

    // Each hash takes memory: a flood of logins must not take all of it.
    [Fact]
    public async Task Few_are_hashed_at_once_and_what_waits_is_bounded()
    {
        var hasher = new PasswordHasher(UserpassHost.Cheap, atOnce: 1);
        using var inside = new ManualResetEventSlim();
        using var mayLeave = new ManualResetEventSlim();
        var first = Task.Run(async () => await hasher.EnterAsync(
            () =>
            {
                inside.Set();
                mayLeave.Wait();
                return true;
            },
            default));
        inside.Wait();
        var others = Enumerable.Range(0, 300).Select(_ => hasher.VerifyAsync(Password, null, default).AsTask()).ToList();
        var refused = others.Where(o => o.IsCompleted).ToList();
        Assert.Equal(300 - 256, refused.Count);
        Assert.All(refused, r => Assert.Equal(FailureKind.Throttled, r.Result.Failure!.Kind));
        mayLeave.Set();
        Assert.True((await first).Value);
        Assert.Equal(256, (await Task.WhenAll(others)).Count(o => o.Succeeded));
        Assert.True((await hasher.VerifyAsync(Password, null, default)).Succeeded);
    }
}
