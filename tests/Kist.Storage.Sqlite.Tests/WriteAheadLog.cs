using System.Buffers.Binary;

namespace Kist.Storage.Sqlite.Tests;

/// <summary>Reads SQLite's log by the format that its documentation gives ("WAL-mode file format").</summary>
internal static class WriteAheadLog
{
    private const int HeaderBytes = 32;
    private const int FrameHeaderBytes = 24;

    /// <summary>How many transactions stand in the log: the last frame of each names the size of the database after it.</summary>
    public static int Commits(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var log = new byte[file.Length];
        file.ReadExactly(log);
        var page = (int)BinaryPrimitives.ReadUInt32BigEndian(log.AsSpan(8));
        var salts = log.AsSpan(16, 8);
        var commits = 0;
        for (var at = HeaderBytes; at + FrameHeaderBytes + page <= log.Length; at += FrameHeaderBytes + page)
        {
            // What is left of an earlier round of the log has other salts.
            if (!log.AsSpan(at + 8, 8).SequenceEqual(salts))
                break;
            if (BinaryPrimitives.ReadUInt32BigEndian(log.AsSpan(at + 4)) != 0)
                commits++;
        }
        return commits;
    }
}
