using System.Text.Json;
using System.Text.Json.Nodes;
using Kist.Client;
using Kist.Commands.Arguments;
using Kist.Commands.Cli;
using Kist.Commands.Rendering;

namespace Kist.Commands.Kv;

/// <summary><c>kv rotation set, get, list, delete</c> and <c>kv rotate</c>: secrets of version 2 mounts that get new values by themselves.</summary>
internal static class KvRotationCommands
{
    private static readonly Flag Period = Flag.Text("period", "duration", "Rotate so often, at least every 1m.");
    private static readonly Flag Schedule = Flag.Text("schedule", "cron", "Rotate at these times: five fields of cron, in UTC.");
    private static readonly Flag Window = Flag.Text("window", "duration", "With -schedule: begin no later than this after the time.");
    private static readonly Flag Grace = Flag.Text("grace", "duration", "How long the target takes the old value besides the new one.");
    private static readonly Flag Generator = Flag.Map(
        "generator",
        "What to generate: kind=bytes, length=32, policy=NAME and so on, as kist generate has them; may be repeated. Default: a password.");

    private static readonly Flag Fields = Flag.Map(
        "fields", "Which field of the secret gets which generated value: PGPASSWORD=password; may be repeated.");

    private static readonly Flag Target = Flag.Map(
        "target", "What hears of new values: type=http, url=..., token=@FILE, ca_pem=@FILE; type=exec, program=NAME; or type=database, mount=..., "
        + "connection=..., username=...; may be repeated.");

    private static readonly Flag Force = Flag.Switch("force", "Also while a rotation is under way, whose new value is lost then.");

    // What a rule says; all else in an answer is where its rotation stands.
    private static readonly string[] OfRule = ["period", "schedule", "window", "generator", "fields", "target", "grace"];

    public static Command Set => new("kv rotation set", "Sets by what rule a secret rotates, in place of any before.", SetAsync)
    {
        Arguments = "PATH",
        Description = "Give -period or -schedule. The first rotation is when that is over; kv rotate does it at once. Values of -generator and "
            + "-target that begin with @ are read from a file.",
        Flags = [KvCommands.Mount, Period, Schedule, Window, Grace, Generator, Fields, Target],
        Shows = Shows.Fields,
        Example = new("Give a secret a new password each night", "kv rotation set -mount=secret -schedule=@daily -generator=length=32 app/db"),
    };

    public static Command Get => new("kv rotation get", "Shows a secret's rotation rule, and where its rotation stands.", GetAsync)
    {
        Arguments = "PATH",
        Flags = [KvCommands.Mount],
        Shows = Shows.Fields,
        Example = new("See when a secret rotates next", "kv rotation get -mount=secret -field=next_rotation app/db"),
    };

    public static Command List => new("kv rotation list", "Lists secrets with rotation rules directly below a path.", ListAsync)
    {
        Arguments = "[PATH]",
        Description = "Without a path, -mount says which mount to list.",
        Flags = [KvCommands.Mount],
        Shows = Shows.Format,
        Example = new("List what rotates in a folder", "kv rotation list -mount=secret app"),
    };

    public static Command Delete => new("kv rotation delete", "Deletes a secret's rotation rule. The secret stays.", DeleteAsync)
    {
        Arguments = "PATH",
        Flags = [KvCommands.Mount, Force],
        Example = new("Let a secret rotate no longer", "kv rotation delete -mount=secret app/db"),
    };

    public static Command Rotate => new("kv rotate", "Rotates a secret now, and waits until it is done.", RotateAsync)
    {
        Arguments = "PATH",
        Description = "The secret needs a rotation rule. A rotation that was cut short is brought to its end.",
        Flags = [KvCommands.Mount],
        Shows = Shows.Fields,
        Example = new("Give a secret a new value at once", "kv rotate -mount=secret app/db"),
    };

    private static async Task<int> SetAsync(Invocation call, CancellationToken cancellation)
    {
        var body = Body(call, out var isSecret);
        var mount = await KvCommands.FindVersionedAsync(call, cancellation);
        var path = mount.ApiPath("rotation");
        return Show(call, await call.DemandAsync(ApiRequest.Write(path, body) with { BodyIsSecret = isSecret }, cancellation), path);
    }

    private static JsonObject Body(Invocation call, out bool isSecret)
    {
        var body = new JsonObject();
        foreach (var flag in (Flag[])[Period, Schedule, Window, Grace])
        {
            if (call.Text(flag) is { } text)
                body[flag.Name] = text;
        }
        isSecret = false;
        foreach (var flag in (Flag[])[Generator, Fields, Target])
        {
            var settings = new JsonObject();
            foreach (var (name, value) in call.Map(flag))
            {
                var fromFile = flag != Fields && value.StartsWith('@');
                isSecret |= fromFile || name == "token";
                settings[name] = fromFile ? InputText.FromFile(value[1..]).TrimEnd('\r', '\n') : value;
            }
            if (settings.Count > 0)
                body[flag.Name] = settings;
        }
        return body;
    }

    private static async Task<int> GetAsync(Invocation call, CancellationToken cancellation)
    {
        var mount = await KvCommands.FindVersionedAsync(call, cancellation);
        var path = mount.ApiPath("rotation");
        return Show(call, (await call.SendAsync(ApiRequest.Read(path), cancellation)).OrNothing(path), path);
    }

    private static async Task<int> RotateAsync(Invocation call, CancellationToken cancellation)
    {
        var mount = await KvCommands.FindVersionedAsync(call, cancellation);
        var answer = await call.DemandAsync(ApiRequest.Write(mount.ApiPath("rotate"), new JsonObject()), cancellation);
        return Show(call, answer, mount.ApiPath("rotation"));
    }

    private static async Task<int> ListAsync(Invocation call, CancellationToken cancellation)
    {
        if (call.Arguments.Count == 0 && !call.Has(KvCommands.Mount))
            throw ExitException.Usage("say what to list: a path, or a mount with -mount");
        var path = (await KvCommands.FindVersionedAsync(call, cancellation)).ApiPath("rotation");
        return ListCommands.Show(call, await call.SendAsync(ApiRequest.List(path), cancellation), path);
    }

    private static async Task<int> DeleteAsync(Invocation call, CancellationToken cancellation)
    {
        var mount = await KvCommands.FindVersionedAsync(call, cancellation);
        var path = mount.ApiPath("rotation");
        var request = ApiRequest.Delete(path);
        if (call.Switch(Force))
            request = request with { Query = [KeyValuePair.Create("force", "true")] };
        call.Output.Warn(await call.DemandAsync(request, cancellation));
        return call.Output.Success($"Data deleted (if it existed) at: {path}");
    }

    private static int Show(Invocation call, ApiResponse response, string path)
    {
        if (!call.Output.IsTable || response.Data is not { } data)
            return call.Output.Show(response);
        call.Output.Warn(response);
        call.Output.Write(
            KvOutput.PathTitle("Rotation Path", path) + KvOutput.Section("Rule", Part(data, isRule: true)) + "\n"
            + KvOutput.Section("State", Part(data, isRule: false)));
        return ExitCode.Done;
    }

    // What is not set says nothing.
    private static JsonElement Part(JsonElement data, bool isRule)
    {
        var part = new JsonObject();
        foreach (var field in data.EnumerateObject().Where(f => OfRule.Contains(f.Name) == isRule && f.Value.ValueKind != JsonValueKind.Null))
            part[field.Name] = field.Value.ValueKind == JsonValueKind.Object ? Words(field.Value) : JsonNode.Parse(field.Value.GetRawText());
        return JsonText.ToElement(part);
    }

    private static string Words(JsonElement settings) => string.Join(' ', settings.EnumerateObject()
        .Where(s => s.Value.ValueKind is not (JsonValueKind.Null or JsonValueKind.False) && s.Name != "ca_pem")
        .Select(s => $"{s.Name}={GoText.Format(s.Value)}"));
}
