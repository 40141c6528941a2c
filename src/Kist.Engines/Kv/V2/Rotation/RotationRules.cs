using System.Text;
using Kist.Core;
using Kist.Core.Generating;
using Kist.Engines.Kv.V2.Rotation.Stored;
using Kist.Engines.Kv.V2.Rotation.Targets;
using Kist.Wire.Cron;

namespace Kist.Engines.Kv.V2.Rotation;

/// <summary>What a rule may say, whoever writes it.</summary>
internal sealed class RotationRules(RotationSettings settings)
{
    private const int MostFields = 16;
    private const int MostNameBytes = 128;
    private const int MostTextBytes = 2048;
    private const int MostPemBytes = 64 * 1024;

    /// <summary>The rule of a request, or what is wrong with it, with the field's name.</summary>
    public Outcome<RotationRecord> Read(RotationRequest request)
    {
        var generator = request.Generator ?? new GeneratorSpec();
        var names = GeneratedNames(generator.Kind);
        var target = request.Target ?? new TargetRequest();
        var fields = request.Fields is { Count: > 0 } given ? given : names.ToDictionary(n => n, n => n, StringComparer.Ordinal);
        var fault = TimesFault(request);
        if (fault is not null)
            return RotationFailures.Invalid(fault);
        var check = generator.Check();
        if (!check.Succeeded)
            return check.Failure;
        if ((FieldsFault(fields, names, generator.Kind) ?? TargetFault(target, request, names, fields)) is { } bad)
            return RotationFailures.Invalid(bad);
        return new RotationRecord
        {
            Period = request.Period ?? TimeSpan.Zero,
            Schedule = request.Schedule?.Trim(),
            Window = request.Window ?? TimeSpan.Zero,
            Generator = generator,
            Fields = fields,
            Target = Stored(target),
            Grace = request.Grace ?? TimeSpan.Zero,
        };
    }

    private static string? TimesFault(RotationRequest request)
    {
        if (request.Period is null == request.Schedule is null)
            return "give either \"period\" or \"schedule\"";
        if (request.Period is { } period && (period < RotationTimes.Least || period > RotationTimes.Most))
            return "field \"period\": must be from 1m to 876000h";
        if (request.Schedule is { } text && !CronSchedule.TryParse(text, out _, out var error))
            return $"field \"schedule\": {error}";
        if (request.Window is { } window && window != TimeSpan.Zero)
        {
            if (request.Schedule is null)
                return "field \"window\": has a meaning with a schedule only";
            if (window < RotationTimes.Least || window > RotationTimes.Most)
                return "field \"window\": must be 0 or from 1m to 876000h";
        }
        if (request.Grace is not { } grace)
            return null;
        if (grace < TimeSpan.Zero || grace > RotationTimes.Most)
            return "field \"grace\": must be from 0 to 876000h";
        return request.Period <= grace ? "field \"grace\": must be shorter than the period" : null;
    }

    private static string? FieldsFault(IReadOnlyDictionary<string, string> fields, string[] names, string kind)
    {
        if (fields.Count > MostFields)
            return $"field \"fields\": has more than {MostFields} fields";
        if (fields.Keys.Any(f => f.Length == 0 || Encoding.UTF8.GetByteCount(f) > MostNameBytes))
            return $"field \"fields\": each name must have 1 to {MostNameBytes} bytes";
        return fields.Values.Any(v => !names.Contains(v))
            ? $"field \"fields\": a generator of the kind \"{kind}\" gives {string.Join(" and ", names)}"
            : null;
    }

    private string? TargetFault(TargetRequest target, RotationRequest request, string[] names, IReadOnlyDictionary<string, string> fields)
    {
        if (!TargetType.All.Contains(target.Type))
            return $"field \"target\": \"type\" must be one of {string.Join(", ", TargetType.All)}";
        if (ForeignTo(target) is { } foreign)
            return $"field \"target\": \"{foreign}\" has no meaning for the type \"{target.Type}\"";
        return target.Type switch
        {
            TargetType.Http => HttpFault(target),
            TargetType.Exec => ExecTarget.Check(settings.ExecFolder, target.Program ?? "") is { } bad ? $"field \"target\": the program {bad}" : null,
            TargetType.Database => DatabaseFault(target, request, names, fields),
            _ => null,
        };
    }

    private string? HttpFault(TargetRequest target)
    {
        if (target.Url is not { Length: > 0 and <= MostTextBytes } url)
            return "field \"target\": \"url\" is required";
        if (settings.CheckUrl(url) is { } bad)
            return $"field \"target\": \"url\" {bad}";
        if (target.Token is { } token && !IsHeader(token.Utf8))
            return "field \"target\": \"token\" must be printable ASCII without spaces";
        if (target.CaPem is not { } pem)
            return null;
        var fault = pem.Length > MostPemBytes ? "is too long" : HttpTarget.CheckAuthorities(pem);
        return fault is null ? null : $"field \"target\": \"ca_pem\" {fault}";
    }

    private static string? DatabaseFault(TargetRequest target, RotationRequest request, string[] names, IReadOnlyDictionary<string, string> fields)
    {
        if (target.Mount is not { Length: > 0 and <= MostTextBytes } || !IsName(target.Connection))
            return "field \"target\": \"mount\" and \"connection\" are required";
        if (target.Username is null == target.Usernames is null)
            return "field \"target\": give either \"username\" or \"usernames\"";
        if (target.Usernames is { } users && (users.Count != 2 || users[0] == users[1]))
            return "field \"target\": \"usernames\" must be two users, who take turns";
        if (!(target.Usernames ?? [target.Username!]).All(IsName))
            return $"field \"target\": a user's name must have 1 to {MostNameBytes} bytes, and no slash or control character";
        if (names.Length != 1)
            return "field \"generator\": a database user has a password, not a key pair";
        if (request.Grace > TimeSpan.Zero)
            return "field \"grace\": a database user has one password at a time; let two users take turns (usernames)";
        var field = UsernameField(target);
        return target.Usernames is not null && (field.Length == 0 || Encoding.UTF8.GetByteCount(field) > MostNameBytes || fields.ContainsKey(field))
            ? "field \"target\": \"username_field\" must be another field than those that \"fields\" names"
            : null;
    }

    private static bool IsHeader(ReadOnlySpan<byte> text) =>
        text.Length is > 0 and <= MostTextBytes && !text.ContainsAnyExceptInRange((byte)'!', (byte)'~');

    // Connection and user become segments of the path that policies are asked for.
    private static bool IsName(string? name) =>
        name is { Length: > 0 } and not ("." or "..") && Encoding.UTF8.GetByteCount(name) <= MostNameBytes
        && !name.Any(c => c == '/' || char.IsControl(c));

    private static string? ForeignTo(TargetRequest target)
    {
        (string Name, bool IsGiven, string Type)[] fields =
        [
            ("url", target.Url is not null, TargetType.Http), ("token", target.Token is not null, TargetType.Http),
            ("ca_pem", target.CaPem is not null, TargetType.Http), ("program", target.Program is not null, TargetType.Exec),
            ("mount", target.Mount is not null, TargetType.Database), ("connection", target.Connection is not null, TargetType.Database),
            ("username", target.Username is not null, TargetType.Database), ("usernames", target.Usernames is not null, TargetType.Database),
            ("username_field", target.UsernameField is not null, TargetType.Database),
        ];
        return fields.FirstOrDefault(f => f.IsGiven && f.Type != target.Type).Name;
    }

    private static TargetRecord Stored(TargetRequest target) => new()
    {
        Type = target.Type,
        Url = target.Url,
        Token = target.Token,
        CaPem = target.CaPem,
        Program = target.Program,
        Mount = target.Mount is { } mount ? mount.TrimEnd('/') + "/" : null,
        Connection = target.Connection,
        Usernames = target.Type == TargetType.Database ? target.Usernames ?? [target.Username!] : null,
        UsernameField = target.Usernames is null ? null : UsernameField(target),
    };

    private static string UsernameField(TargetRequest target) => target.UsernameField ?? "username";

    private static string[] GeneratedNames(string kind) => kind switch
    {
        GeneratorKind.Password => ["password"],
        GeneratorKind.Passphrase => ["passphrase"],
        GeneratorKind.Bytes => ["value"],
        _ => ["private_key", "public_key"],
    };
}
