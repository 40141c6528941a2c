using System.Buffers;
using System.Security.Cryptography;
using System.Text.Json;
using Kist.Core;
using Kist.Core.Barrier;
using Kist.Core.Generating;
using Kist.Core.Passwords;
using Kist.Crypto;
using Kist.Engines.Kv.Json;
using Kist.Engines.Kv.V2.Rotation.Stored;
using Kist.Engines.Kv.V2.Rotation.Targets;
using Kist.Engines.Kv.V2.Stored;

namespace Kist.Engines.Kv.V2.Rotation;

/// <summary>Makes the new values of a rotation and finds the old ones. Nothing is stored here.</summary>
internal sealed class Staging(TimeProvider clock)
{
    /// <summary>The values of the next rotation; a failure when they cannot be made, or the secret would become too large by them.</summary>
    public async ValueTask<Outcome<PendingRecord>> StageAsync(
        StorageView storage, string path, RotationRecord rule, CancellationToken cancellationToken)
    {
        var made = await Generators.GenerateAsync(rule.Generator, PasswordPolicies.Of(storage), storage.Namespace, cancellationToken);
        if (!made.Succeeded)
            return made.Failure;
        var data = await CurrentAsync(storage, path, clock.GetUtcNow(), cancellationToken);
        var current = Texts(data);
        var values = rule.Fields.ToDictionary(f => f.Key, f => made.Value.Find(f.Value)!, StringComparer.Ordinal);
        var user = NextUser(rule.Target, current);
        if (rule.Target.Usernames is { Count: > 1 })
            values[rule.Target.UsernameField!] = new SecretText(user!);
        var pending = new PendingRecord
        {
            Id = RandomNumberGenerator.GetHexString(32, lowercase: true),
            New = values,
            Old = values.Keys.Where(current.ContainsKey).ToDictionary(f => f, f => current[f], StringComparer.Ordinal),
            Username = user,
        };
        return VersionEntry.HeaderBytes + Merge(data, pending).Length > KvFailures.EntryBytes ? KvFailures.TooLarge : pending;
    }

    /// <summary>A secret's data with the new values in their fields.</summary>
    public static ReadOnlyMemory<byte> Merge(ReadOnlyMemory<byte> data, PendingRecord pending)
    {
        var patch = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(patch, KvJson.Writing))
        {
            writer.WriteStartObject();
            foreach (var (field, value) in pending.New)
                writer.WriteString(field, value.Utf8);
            writer.WriteEndObject();
        }
        return MergePatch.Apply(data, patch.WrittenMemory);
    }

    // The data of the latest version; empty when there is none that counts.
    private static async ValueTask<ReadOnlyMemory<byte>> CurrentAsync(
        StorageView storage, string path, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var found = await VersionReader.FindAsync(storage, path, 0, now, cancellationToken);
        return found is { Succeeded: true, Value: { IsGone: false } version } ? version.Entry.Data : default;
    }

    // Its fields that are texts.
    private static Dictionary<string, SecretText> Texts(ReadOnlyMemory<byte> data)
    {
        var fields = new Dictionary<string, SecretText>(StringComparer.Ordinal);
        if (data.IsEmpty)
            return fields;
        using var document = JsonDocument.Parse(data);
        foreach (var field in document.RootElement.EnumerateObject().Where(f => f.Value.ValueKind == JsonValueKind.String))
            fields[field.Name] = new SecretText(field.Value.GetString()!);
        return fields;
    }

    // Of two, the one whom the secret does not name.
    private static string? NextUser(TargetRecord target, Dictionary<string, SecretText> current)
    {
        if (target.Type != TargetType.Database)
            return null;
        var users = target.Usernames!;
        return users.Count > 1 && current.TryGetValue(target.UsernameField!, out var now) && now.Reveal() == users[0] ? users[1] : users[0];
    }
}
