using System.Text.Json;
using Kist.Kubernetes.Kms;

namespace Kist.Kubernetes.Tests.Kms;

public sealed class KmsAuditFileTests : IDisposable
{
    private readonly string home = Directory.CreateTempSubdirectory("kist-audit-").FullName;
    private readonly List<string> failures = [];

    private string FilePath => Path.Combine(home, "audit.log");

    public void Dispose() => Directory.Delete(home, recursive: true);

    [Fact]
    public void Lines_are_json_and_the_file_is_its_owners()
    {
        using var audit = new KmsAuditFile(FilePath, TimeProvider.System, failures.Add);
        Assert.True(audit.TryWrite(new KmsAuditRecord("Decrypt", "u\n\"1\"" + new string('x', 500), "sha256:00", "kms.not_ours", TimeSpan.FromMicroseconds(7))));
        var line = JsonElement.Parse(File.ReadAllLines(FilePath).Single());
        Assert.Equal(("Decrypt", "kms.not_ours", 7), (line.GetProperty("operation").GetString(), line.GetProperty("outcome").GetString(), line.GetProperty("duration_us").GetInt32()));
        Assert.Equal(128, line.GetProperty("uid").GetString()!.Length);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(FilePath));
    }

    [Fact]
    public void A_renamed_file_is_left_alone_after_reopening()
    {
        using var audit = new KmsAuditFile(FilePath, TimeProvider.System, failures.Add);
        Write(audit);
        File.Move(FilePath, FilePath + ".1");
        Write(audit);
        audit.Reopen();
        Write(audit);
        Assert.Equal((2, 1), (File.ReadAllLines(FilePath + ".1").Length, File.ReadAllLines(FilePath).Length));
    }

    [Fact]
    public void A_file_that_cannot_be_written_is_told_and_tried_again()
    {
        Directory.CreateDirectory(FilePath);
        using var audit = new KmsAuditFile(FilePath, TimeProvider.System, failures.Add);
        Assert.False(audit.TryWrite(new KmsAuditRecord("Encrypt", "", "", "", TimeSpan.Zero)));
        Assert.Contains(FilePath, Assert.Single(failures));
        Directory.Delete(FilePath);
        Write(audit);
    }

    private static void Write(KmsAuditFile audit) => Assert.True(audit.TryWrite(new KmsAuditRecord("Encrypt", "u", "sha256:00", "", TimeSpan.Zero)));
}
