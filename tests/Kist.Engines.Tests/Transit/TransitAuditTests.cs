using Kist.Core.Audit;
using Kist.Core.Pipeline;
using Kist.Core.Routing;
using Kist.Engines.Transit;

namespace Kist.Engines.Tests.Transit;

/// <summary>What audit records show in clear.</summary>
public sealed class TransitAuditTests
{
    [Theory]
    [InlineData("encrypt/a", "name", true)]
    [InlineData("encrypt/a", "key_version", true)]
    [InlineData("encrypt/a", "plaintext", false)]
    [InlineData("encrypt/a", "context", false)]
    [InlineData("encrypt/a", "associated_data", false)]
    [InlineData("encrypt/a", "batch_input.plaintext", false)]
    [InlineData("encrypt/a", "batch_input.context", false)]
    [InlineData("encrypt/a", "batch_input.key_version", true)]
    [InlineData("decrypt/a", "ciphertext", false)]
    [InlineData("decrypt/a", "batch_input.ciphertext", false)]
    [InlineData("rewrap/a", "ciphertext", false)]
    [InlineData("keys/a/config", "min_decryption_version", true)]
    public void Requests_show_settings_and_never_data(string path, string field, bool plain) =>
        Assert.Equal(plain, PlainKeys.Of(Route(path, Operation.Update).RequestType).Shows(field));

    [Theory]
    [InlineData("encrypt/a", Operation.Update, "key_version", true)]
    [InlineData("encrypt/a", Operation.Update, "ciphertext", false)]
    [InlineData("encrypt/a", Operation.Update, "batch_results.error", true)]
    [InlineData("encrypt/a", Operation.Update, "batch_results.ciphertext", false)]
    [InlineData("decrypt/a", Operation.Update, "plaintext", false)]
    [InlineData("decrypt/a", Operation.Update, "batch_results.plaintext", false)]
    [InlineData("decrypt/a", Operation.Update, "batch_results.reference", false)]
    [InlineData("datakey/plaintext/a", Operation.Update, "plaintext", false)]
    [InlineData("datakey/plaintext/a", Operation.Update, "ciphertext", false)]
    [InlineData("export/encryption-key/a", Operation.Read, "keys", false)]
    [InlineData("export/encryption-key/a", Operation.Read, "keys.1", false)]
    [InlineData("keys/a", Operation.Read, "keys.1", true)]
    public void Answers_show_settings_and_never_data(string path, Operation operation, string field, bool plain) =>
        Assert.Equal(plain, PlainKeys.Of(Route(path, operation).ResponseType).Shows(field));

    [Fact]
    public void Records_that_carry_secrets_print_none()
    {
        var item = new Kist.Engines.Transit.Data.BatchItem { Plaintext = new("planted-plaintext") };
        var answer = new Kist.Engines.Transit.Data.DecryptResponse { Plaintext = new("planted-plaintext") };
        Assert.DoesNotContain("planted", item.ToString() + answer, StringComparison.Ordinal);
    }

    private static Route Route(string path, Operation operation) => EngineAudit.Route(new TransitMountType(TimeProvider.System), path, operation);
}
