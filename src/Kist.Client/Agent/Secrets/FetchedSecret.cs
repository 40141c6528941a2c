using Kist.Client.Templates.Values;

namespace Kist.Client.Agent.Secrets;

/// <summary>When something that was fetched is to be fetched again, if nobody tells of a change before.</summary>
internal enum Refreshing
{
    /// <summary>When a change is told of, and seldom besides; from time to time where the server tells of none.</summary>
    OnNotice,

    /// <summary>From time to time.</summary>
    Regularly,

    /// <summary>At a time of its own.</summary>
    At,

    /// <summary>When its lease cannot be made to last.</summary>
    WithLease,

    /// <summary>When the file has another stamp.</summary>
    WithFile,
}

/// <summary>An answer to a dependency, and what it takes to keep it fresh.</summary>
/// <param name="Value">What templates get.</param>
/// <param name="Refreshing">When to fetch it again.</param>
internal sealed record FetchedSecret(TemplateValue Value, Refreshing Refreshing)
{
    /// <summary>Of <see cref="Refreshing.At"/>, by the wall clock.</summary>
    public DateTimeOffset RefreshAt { get; init; }

    /// <summary>Of <see cref="Refreshing.Regularly"/>, when the server asks for less than the usual pause; else zero.</summary>
    public TimeSpan Pause { get; init; }

    /// <summary>What the value hangs on, or null.</summary>
    public SecretLease? Lease { get; init; }

    /// <summary>The path that notices of changes name, or null.</summary>
    public string? WatchPath { get; init; }

    /// <summary>How it is refreshed; the value is a secret.</summary>
    public override string ToString() => Refreshing.ToString();
}
