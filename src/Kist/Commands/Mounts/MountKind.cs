namespace Kist.Commands.Mounts;

/// <summary>What differs between mounts of secrets engines and of auth methods; the rest is one and the same.</summary>
/// <param name="Group">The group of commands.</param>
/// <param name="ApiPath">Where the API lists and makes them.</param>
/// <param name="Noun">What messages call one.</param>
/// <param name="RemountPrefix">What their paths begin with in <c>sys/remount</c>.</param>
internal sealed record MountKind(string Group, string ApiPath, string Noun, string RemountPrefix)
{
    /// <summary>The noun with its article.</summary>
    public string ANoun => this == Auth ? $"an {Noun}" : $"a {Noun}";

    /// <summary>Secrets engines.</summary>
    public static MountKind Secrets { get; } = new("secrets", "sys/mounts", "secrets engine", "");

    /// <summary>Auth methods.</summary>
    public static MountKind Auth { get; } = new("auth", "sys/auth", "auth method", "auth/");
}
