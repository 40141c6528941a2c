using Kist.Core.Audit;
using Kist.Core.Pipeline;
using Kist.Core.Routing;
using Kist.Engines.Kv;

namespace Kist.Engines.Tests.Kv;

/// <summary>What audit records show in clear.</summary>
public sealed class KvAuditTests
{
    [Theory]
    [InlineData("data/a", Operation.Read, "metadata.version", true)]
    [InlineData("data/a", Operation.Read, "metadata.created_time", true)]
    [InlineData("data/a", Operation.Read, "metadata.custom_metadata", false)]
    [InlineData("data/a", Operation.Read, "data", false)]
    [InlineData("data/a", Operation.Read, "data.version", false)]
    [InlineData("subkeys/a", Operation.Read, "subkeys", false)]
    [InlineData("data/a", Operation.Update, "version", true)]
    [InlineData("metadata/a", Operation.Read, "versions.1.deletion_time", true)]
    [InlineData("metadata/a", Operation.Read, "custom_metadata", false)]
    [InlineData("detailed-metadata/a", Operation.List, "key_info.x.current_version", true)]
    [InlineData("metadata/a", Operation.List, "keys", false)]
    public void Answers_show_states_and_never_data(string path, Operation operation, string field, bool plain) =>
        Assert.Equal(plain, PlainKeys.Of(Route(path, operation).ResponseType).Shows(field));

    [Theory]
    [InlineData("data/a", Operation.Update, "options.cas", true)]
    [InlineData("data/a", Operation.Update, "data", false)]
    [InlineData("data/a", Operation.Patch, "data", false)]
    [InlineData("destroy/a", Operation.Update, "versions", true)]
    [InlineData("metadata/a", Operation.Update, "max_versions", true)]
    [InlineData("metadata/a", Operation.Update, "custom_metadata", false)]
    public void Requests_show_settings_and_never_data(string path, Operation operation, string field, bool plain) =>
        Assert.Equal(plain, PlainKeys.Of(Route(path, operation).RequestType).Shows(field));

    private static Route Route(string path, Operation operation) =>
        EngineAudit.Route(new KvMountType(TimeProvider.System), path, operation, ("version", "2"));
}
