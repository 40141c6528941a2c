namespace Kist.Client.Run.Manifest;

/// <summary>The form of a file that secrets are pushed to.</summary>
public enum SecretFileFormat
{
    /// <summary><c>"A": "v"</c> a line.</summary>
    Yaml,

    /// <summary>One object.</summary>
    Json,

    /// <summary><c>A="v"</c> a line.</summary>
    Dotenv,

    /// <summary>Java's: <c>A="v"</c> a line, quotes included.</summary>
    Properties,

    /// <summary><c>export A="v"</c> a line, to be sourced.</summary>
    Bash,

    /// <summary>What the template makes.</summary>
    Template,
}

/// <summary>A file that secrets are pushed to (<c>summon.files</c>).</summary>
/// <param name="Path">As written; relative to the working directory.</param>
/// <param name="Secrets">What goes in, by alias.</param>
public sealed record FileSpec(string Path, IReadOnlyList<SecretSpec> Secrets)
{
    /// <summary>The form.</summary>
    public SecretFileFormat Format { get; init; }

    /// <summary>The template of <see cref="SecretFileFormat.Template"/>; else empty.</summary>
    public string Template { get; init; } = "";

    /// <summary>The file's mode. Default 0600.</summary>
    public UnixFileMode Permissions { get; init; } = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Whether the file may take the place of another.</summary>
    public bool Overwrite { get; init; }

    /// <summary>The path only.</summary>
    public override string ToString() => Path;
}
