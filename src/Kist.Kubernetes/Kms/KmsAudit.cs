using System.Buffers;
using System.Text.Json;

namespace Kist.Kubernetes.Kms;

/// <summary>A call that used a key.</summary>
/// <param name="Operation">Encrypt or Decrypt.</param>
/// <param name="Uid">The API server's name for the call, which its own log has too; empty with KMS v1.</param>
/// <param name="KeyIdHash">The key id, hashed as API servers hash it; empty when none is known.</param>
/// <param name="Error">The failure's code; empty for success.</param>
/// <param name="Duration">How long it took.</param>
public sealed record KmsAuditRecord(string Operation, string Uid, string KeyIdHash, string Error, TimeSpan Duration);

/// <summary>Records calls.</summary>
public interface IKmsAudit
{
    /// <summary>Records a call; false when it could not.</summary>
    bool TryWrite(KmsAuditRecord record);
}

/// <summary>Appends a line of JSON for each call to a file, with neither plaintext nor ciphertext. A failed write is tried anew with the next call.</summary>
/// <param name="path">The file; made with mode 0600 when it is not there.</param>
/// <param name="time">Dates the lines.</param>
/// <param name="onFailure">Gets why a line could not be written.</param>
public sealed class KmsAuditFile(string path, TimeProvider time, Action<string> onFailure) : IKmsAudit, IDisposable
{
    // A client may send any text.
    private const int MostUid = 128;

    private readonly Lock gate = new();
    private FileStream? file;
    private bool unfinished;

    /// <inheritdoc/>
    public bool TryWrite(KmsAuditRecord record)
    {
        var line = Line(record);
        lock (gate)
        {
            try
            {
                file ??= Open();
                if (unfinished)
                    file.WriteByte((byte)'\n');
                unfinished = true;
                file.Write(line);
                unfinished = false;
                return true;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                file?.Dispose();
                file = null;
                onFailure($"{path}: {e.Message}");
                return false;
            }
        }
    }

    /// <summary>Opens the file anew, after it was renamed.</summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It must not be opened.</exception>
    public void Reopen()
    {
        lock (gate)
        {
            var opened = Open();
            file?.Dispose();
            file = opened;
            unfinished = false;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (gate)
            file?.Dispose();
    }

    private FileStream Open()
    {
        var options = new FileStreamOptions { Mode = FileMode.Append, Access = FileAccess.Write, Share = FileShare.ReadWrite | FileShare.Delete, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return new FileStream(path, options);
    }

    private byte[] Line(KmsAuditRecord record)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("time", time.GetUtcNow().UtcDateTime);
            json.WriteString("operation", record.Operation);
            json.WriteString("uid", record.Uid.Length > MostUid ? record.Uid.AsSpan(0, MostUid) : record.Uid);
            json.WriteString("key_id_hash", record.KeyIdHash);
            json.WriteString("outcome", record.Error.Length == 0 ? "success" : record.Error);
            json.WriteNumber("duration_us", (long)record.Duration.TotalMicroseconds);
            json.WriteEndObject();
        }
        buffer.Write("\n"u8);
        return buffer.WrittenSpan.ToArray();
    }
}
