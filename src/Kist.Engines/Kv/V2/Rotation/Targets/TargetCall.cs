using System.Text.Json;
using Kist.Crypto;
using Kist.Engines.Kv.V2.Rotation.Stored;

namespace Kist.Engines.Kv.V2.Rotation.Targets;

/// <summary>Kinds of targets.</summary>
internal static class TargetType
{
    /// <summary>Nobody hears of a rotation but the readers of the secret.</summary>
    public const string None = "none";

    /// <summary>An address.</summary>
    public const string Http = "http";

    /// <summary>A program.</summary>
    public const string Exec = "exec";

    /// <summary>A user of a database.</summary>
    public const string Database = "database";

    /// <summary>All of them.</summary>
    public static readonly string[] All = [None, Http, Exec, Database];
}

/// <summary>What a target is asked.</summary>
internal enum TargetAction
{
    /// <summary>Take the new value; to take it again changes nothing.</summary>
    Apply,

    /// <summary>Does the new value work?</summary>
    VerifyNew,

    /// <summary>Does the old value work?</summary>
    VerifyOld,

    /// <summary>Take the old value no longer.</summary>
    Retire,
}

/// <summary>A question to a target.</summary>
/// <param name="Action">What is asked.</param>
/// <param name="Path">The secret, with its mount's place left out.</param>
/// <param name="Pending">The values.</param>
internal sealed record TargetCall(TargetAction Action, string Path, PendingRecord Pending)
{
    /// <summary>The question in JSON, as http and exec targets get it.</summary>
    public void WriteTo(SecretBuffer buffer)
    {
        using var writer = new Utf8JsonWriter(buffer, KvJson.Writing);
        writer.WriteStartObject();
        writer.WriteString("action", Action switch
        {
            TargetAction.Apply => "apply",
            TargetAction.Retire => "retire",
            _ => "verify",
        });
        writer.WriteString("path", Path);
        writer.WriteString("rotation_id", Pending.Id);
        if (Action != TargetAction.VerifyOld)
            Write(writer, "new", Pending.New);
        if (Action != TargetAction.VerifyNew && Pending.Old.Count > 0)
            Write(writer, "old", Pending.Old);
        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, string name, IReadOnlyDictionary<string, SecretText> values)
    {
        writer.WriteStartObject(name);
        foreach (var (field, value) in values)
            writer.WriteString(field, value.Utf8);
        writer.WriteEndObject();
    }
}

/// <summary>What a target said.</summary>
internal enum Reply
{
    /// <summary>Done, or it works.</summary>
    Yes,

    /// <summary>Refused, or it does not work.</summary>
    No,

    /// <summary>Nobody knows.</summary>
    Unknown,
}

/// <summary>An answer.</summary>
/// <param name="Reply">What it means.</param>
/// <param name="Reason">For people, when it is not yes; Kist's own words, since those of others could hold a value.</param>
internal readonly record struct TargetAnswer(Reply Reply, string Reason)
{
    /// <summary>Yes.</summary>
    public static TargetAnswer Yes { get; } = new(Reply.Yes, "");

    /// <summary>Nobody knows.</summary>
    public static TargetAnswer Unknown(string reason) => new(Reply.Unknown, reason);

    /// <summary>No.</summary>
    public static TargetAnswer No(string reason) => new(Reply.No, reason);
}
