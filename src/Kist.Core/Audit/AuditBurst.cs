using System.Globalization;

namespace Kist.Core.Audit;

/// <summary>Finished lines that are written together, and the one answer to all who wait for them. Guarded by its writer's lock until taken.</summary>
internal sealed class AuditBurst
{
    private const int MostKept = 1024 * 1024;

    private byte[] bytes = new byte[16 * 1024];

    /// <summary>The lines.</summary>
    public ReadOnlySpan<byte> Lines => bytes.AsSpan(0, Length);

    /// <summary>Bytes of all lines.</summary>
    public int Length { get; private set; }

    /// <summary>Number of lines.</summary>
    public int Records { get; private set; }

    /// <summary>Ends with the write. Continuations run elsewhere, never on the writer.</summary>
    public TaskCompletionSource<Outcome<Nothing>> Completion { get; private set; } = NewCompletion();

    /// <summary>Adds the rendered records, each with its end.</summary>
    public void Add(RecordBuffer records, AuditOrigin origin, AuditSequence sequence)
    {
        Add(records.First, origin, sequence);
        if (records.Records > 1)
            Add(records.Second, origin, sequence);
    }

    /// <summary>Empty again, with a new answer to wait for.</summary>
    public void Reset()
    {
        if (bytes.Length > MostKept)
            bytes = new byte[16 * 1024];
        Length = Records = 0;
        Completion = NewCompletion();
    }

    private static TaskCompletionSource<Outcome<Nothing>> NewCompletion() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Add(ReadOnlySpan<byte> record, AuditOrigin origin, AuditSequence sequence)
    {
        var most = Length + record.Length + origin.Suffix.Length + 24;
        if (most > bytes.Length)
            Array.Resize(ref bytes, Math.Max(most, bytes.Length * 2));
        record.CopyTo(bytes.AsSpan(Length));
        Length += record.Length;
        origin.Suffix.CopyTo(bytes.AsSpan(Length));
        Length += origin.Suffix.Length;
        _ = sequence.Next().TryFormat(bytes.AsSpan(Length), out var digits, default, CultureInfo.InvariantCulture);
        Length += digits;
        "}\n"u8.CopyTo(bytes.AsSpan(Length));
        Length += 2;
        Records++;
    }
}
