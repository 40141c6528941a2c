using Kist.Core.Pipeline;
using Kist.Engines.Transit;

namespace Kist.Engines.Tests.Transit;

public sealed class TransitMountTypeTests
{
    private readonly TransitMountType type = new(TimeProvider.System);

    // From the reference of the API: what is built of it.
    [Theory]
    [InlineData("keys/", Operation.List)]
    [InlineData("keys/a", Operation.Read)]
    [InlineData("keys/a", Operation.Create)]
    [InlineData("keys/a", Operation.Update)]
    [InlineData("keys/a", Operation.Delete)]
    [InlineData("keys/a/config", Operation.Update)]
    [InlineData("keys/a/rotate", Operation.Update)]
    [InlineData("keys/a/trim", Operation.Update)]
    [InlineData("config/keys", Operation.Read)]
    [InlineData("config/keys", Operation.Update)]
    [InlineData("encrypt/a", Operation.Create)]
    [InlineData("encrypt/a", Operation.Update)]
    [InlineData("decrypt/a", Operation.Update)]
    [InlineData("rewrap/a", Operation.Update)]
    [InlineData("datakey/plaintext/a", Operation.Update)]
    [InlineData("datakey/wrapped/a", Operation.Update)]
    [InlineData("export/encryption-key/a", Operation.Read)]
    [InlineData("export/encryption-key/a/1", Operation.Read)]
    public void Has_the_documented_routes(string path, Operation operation) =>
        Assert.True(type.Routes(new Dictionary<string, string>()).TryMatch(path, operation, out _, out _, out _));

    // What is documented and not built is unknown, not half there.
    [Theory]
    [InlineData("sign/a", Operation.Update)]
    [InlineData("verify/a", Operation.Update)]
    [InlineData("hmac/a", Operation.Update)]
    [InlineData("random", Operation.Update)]
    [InlineData("backup/a", Operation.Read)]
    [InlineData("keys/a/import", Operation.Update)]
    [InlineData("datakey/other/a", Operation.Update)]
    [InlineData("keys/a/b", Operation.Read)]
    public void Has_no_other_routes(string path, Operation operation) =>
        Assert.False(type.Routes(new Dictionary<string, string>()).TryMatch(path, operation, out _, out _, out _));
}
