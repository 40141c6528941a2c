using System.Globalization;

namespace Kist.Core.Audit;

/// <summary>The checked settings of an audit device.</summary>
internal sealed record AuditDeviceOptions
{
    /// <summary>The standard output, in place of a path.</summary>
    public const string StandardOutput = "stdout";

    /// <summary>Nowhere, in place of a path.</summary>
    public const string Discard = "discard";

    private const UnixFileMode ReadWrite = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    /// <summary>An absolute path, <see cref="StandardOutput"/> or <see cref="Discard"/>.</summary>
    public required string Target { get; init; }

    /// <summary>True when the target is a file.</summary>
    public bool IsFile => Target.StartsWith('/');

    /// <summary>The file's mode; null leaves an existing file's and makes new ones 0600.</summary>
    public UnixFileMode? Mode { get; init; } = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Shows values in clear; token ids, key shares and other secrets of the API itself stay hidden.</summary>
    public bool LogRaw { get; init; }

    /// <summary>Hides accessors.</summary>
    public bool HmacAccessor { get; init; } = true;

    /// <summary>Forces each burst of records to the disk before it counts as written.</summary>
    public bool Fsync { get; init; }

    /// <summary>Replaces the elements of list answers by their number.</summary>
    public bool ElideListResponses { get; init; }

    /// <summary>Checks the type and options of <c>sys/audit</c>. An unknown option is an error: a misspelt one would silently change what is recorded.</summary>
    public static Outcome<AuditDeviceOptions> Parse(string type, IReadOnlyDictionary<string, string> options)
    {
        if (type is not ("file" or StandardOutput))
            return Invalid($"unknown audit device type \"{type}\": use \"file\" or \"stdout\"");
        var parsed = new AuditDeviceOptions { Target = type == StandardOutput ? StandardOutput : "" };
        foreach (var (name, value) in options)
        {
            var next = parsed.With(name, value);
            if (!next.Succeeded)
                return next;
            parsed = next.Value;
        }
        return parsed.Target.Length == 0 ? Invalid("option \"file_path\" is required") : parsed;
    }

    private Outcome<AuditDeviceOptions> With(string name, string value) => name switch
    {
        "file_path" or "path" => WithTarget(name, value),
        "mode" => WithMode(value),
        "log_raw" => Truth(value) is { } on ? this with { LogRaw = on } : NoTruth(name),
        "hmac_accessor" => Truth(value) is { } on ? this with { HmacAccessor = on } : NoTruth(name),
        "fsync" => Truth(value) is { } on ? this with { Fsync = on } : NoTruth(name),
        "elide_list_responses" => Truth(value) is { } on ? this with { ElideListResponses = on } : NoTruth(name),
        "format" => value == "json" ? this : Invalid("option \"format\" must be \"json\""),
        // A prefix would let a caller choose the first bytes of a file.
        "prefix" => value.Length == 0 ? this : Invalid("option \"prefix\" is not supported: every line is one JSON record"),
        _ => Invalid($"unknown option \"{name}\": use file_path, mode, log_raw, hmac_accessor, fsync, elide_list_responses or format"),
    };

    private Outcome<AuditDeviceOptions> WithTarget(string name, string value)
    {
        if (value is StandardOutput or Discard)
            return this with { Target = value };
        if (value == "/dev/null")
            return this with { Target = Discard };
        if (!value.StartsWith('/') || value.EndsWith('/') || value.Contains('\0'))
            return Invalid($"option \"{name}\" must be an absolute file path, \"stdout\" or \"discard\"");
        return this with { Target = Path.GetFullPath(value) };
    }

    private Outcome<AuditDeviceOptions> WithMode(string value)
    {
        var mode = 0;
        foreach (var digit in value)
            mode = digit is >= '0' and <= '7' && mode <= 0xFFF ? (mode << 3) + (digit - '0') : int.MaxValue;
        if (value.Length == 0 || (mode & ~(int)ReadWrite) != 0)
            return Invalid("option \"mode\" must be octal and grant only reading and writing, for example \"0600\"");
        return this with { Mode = mode == 0 ? null : (UnixFileMode)mode };
    }

    private static bool? Truth(string value) => value.ToLower(CultureInfo.InvariantCulture) switch
    {
        "true" or "t" or "1" => true,
        "false" or "f" or "0" => false,
        _ => null,
    };

    private static Failure NoTruth(string name) => Invalid($"option \"{name}\" must be \"true\" or \"false\"");

    private static Failure Invalid(string message) => Failure.Invalid("audit.invalid_option", message);
}
