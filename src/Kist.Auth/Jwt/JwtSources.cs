using Kist.Auth.Keys;
using Kist.Core.Barrier;

namespace Kist.Auth.Jwt;

/// <summary>Where the keys of each mount come from.</summary>
internal sealed class JwtSources(TimeProvider clock)
{
    private readonly PerMount<KeySource> sources = new();

    /// <summary>The source that the settings name.</summary>
    public KeySource Of(StorageView mount, StoredRecord<JwtConfig> config) => sources.Of(mount, config.Revision, "", () => config.Record.ToSource(clock));

    /// <summary>A source for settings that are not stored yet.</summary>
    public KeySource Try(JwtConfig config) => config.ToSource(clock);
}
