using System.Globalization;

namespace Kist.Client.Run.Providers;

/// <summary>What says which of Summon's providers to use.</summary>
public sealed record ProviderSettings
{
    private static readonly TimeSpan DefaultPatience = TimeSpan.FromSeconds(60);

    /// <summary>A path, or a name in the providers' folder; null to take the only one there.</summary>
    public string? Provider { get; init; }

    /// <summary><c>SUMMON_PROVIDER_PATH</c>, or null.</summary>
    public string? Folder { get; init; }

    /// <summary>The folder of the running program, beside which providers may be.</summary>
    public string ProgramFolder { get; init; } = AppContext.BaseDirectory;

    /// <summary>The system's folder of providers.</summary>
    public string SystemFolder { get; init; } = "/usr/local/lib/summon";

    /// <summary>How long a stream of answers, and a call, may take.</summary>
    public TimeSpan Patience { get; init; } = DefaultPatience;

    /// <summary>Reads <c>CONJUR_HTTP_TIMEOUT</c>: whole seconds above zero, or else 60.</summary>
    public static TimeSpan ReadPatience(string? text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds is > 0 and <= 86_400
            ? TimeSpan.FromSeconds(seconds)
            : DefaultPatience;
}
