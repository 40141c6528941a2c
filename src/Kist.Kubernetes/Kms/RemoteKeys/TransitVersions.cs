using System.Collections.Frozen;
using System.Globalization;
using System.Text.Json;

namespace Kist.Kubernetes.Kms.RemoteKeys;

/// <summary>When each version of a transit key was made, as the engine tells it.</summary>
internal sealed class TransitVersions
{
    /// <summary>Nothing is known.</summary>
    public static readonly TransitVersions None = new(FrozenDictionary<long, string>.Empty);

    private readonly FrozenDictionary<long, string> made;

    private TransitVersions(FrozenDictionary<long, string> made) => this.made = made;

    /// <summary>Reads the object of versions: seconds since 1970 for symmetric keys, an object with <c>creation_time</c> for others.</summary>
    public static TransitVersions Read(JsonElement keys)
    {
        var found = new Dictionary<long, string>();
        if (keys.ValueKind == JsonValueKind.Object)
        {
            foreach (var version in keys.EnumerateObject())
            {
                if (long.TryParse(version.Name, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && Time(version.Value) is { } time)
                    found[number] = time;
            }
        }
        return new TransitVersions(found.ToFrozenDictionary());
    }

    /// <summary>True for a version that the engine told of.</summary>
    public bool Knows(long version) => made.ContainsKey(version);

    /// <summary>When it was made, as text; null when that is not known.</summary>
    public string? Made(long version) => made.GetValueOrDefault(version);

    private static string? Time(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number when value.GetRawText() is not "0" and var seconds => seconds,
        JsonValueKind.String when value.GetString() is { Length: > 0 and <= 64 } text => text,
        JsonValueKind.Object when value.TryGetProperty("creation_time", out var time) => Time(time),
        _ => null,
    };
}
