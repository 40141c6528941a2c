using System.Buffers.Binary;
using System.Security.Cryptography;
using FsCheck;
using FsCheck.Fluent;
using Kist.Wire.Etcd.Snapshot;

namespace Kist.Wire.Tests.Etcd.Snapshot;

public sealed class DamagedSnapshotTests : IDisposable
{
    private const int PageBytes = 4096;

    private readonly byte[] good = File.ReadAllBytes(SnapshotVector.Path);
    private readonly string path = Path.GetTempFileName();

    [Fact]
    public void Any_changed_bit_is_found_by_the_digest()
    {
        Prop.ForAll(Arb.From(Gen.Choose(0, good.Length - 1)), Arb.From(Gen.Choose(0, 7)), (at, bit) =>
        {
            var bytes = Copy();
            bytes[at] ^= (byte)(1 << bit);
            return Refused(bytes, checkDigest: true) is not null;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));
    }

    [Fact]
    public void Digest_that_does_not_match_is_named() => Assert.Contains("SHA-256", Refused(Changed(b => b[^1] ^= 1), checkDigest: true));

    [Fact]
    public void Copy_of_a_member_s_database_has_no_digest_and_is_read()
    {
        using var snapshot = Open(good.AsSpan(0, good.Length - 32), checkDigest: true);
        Assert.False(snapshot.HasDigest);
        Assert.Equal(210, snapshot.Index(""u8, CancellationToken.None).Count);
    }

    [Fact]
    public void Older_of_the_two_first_pages_is_used_when_the_newer_is_torn()
    {
        foreach (var torn in new[] { 0, 1 })
        {
            using var snapshot = Open(Changed(b => b[(torn * PageBytes) + 40] ^= 1), checkDigest: false);
            Assert.True(snapshot.Index(""u8, CancellationToken.None).Count > 0);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("text")]
    public void Other_file_is_refused(string text) => Assert.Contains("no etcd snapshot", Refused(Text.Bytes(text).ToArray(), checkDigest: true));

    [Fact]
    public void File_that_is_not_there_is_refused()
    {
        foreach (var missing in new[] { "/nowhere/snapshot.db", Path.GetTempPath() })
            Assert.Contains(missing, Assert.Throws<EtcdSnapshotException>(() => EtcdSnapshot.Open(missing, checkDigest: true, CancellationToken.None)).Message);
    }

    [Fact]
    public void File_that_is_cut_is_refused_wherever_it_is_cut()
    {
        for (var length = 0; length < good.Length - 32; length += 1023)
            Assert.NotNull(Refused(good[..length], checkDigest: true));
    }

    [Fact]
    public void Page_that_leads_back_to_itself_is_refused()
    {
        // Every branch points at itself first, then at the root.
        foreach (var target in new Func<int, ulong>[] { page => (ulong)page, _ => Root(good) })
        {
            var bytes = Changed(b =>
            {
                foreach (var page in Branches(b))
                    BinaryPrimitives.WriteUInt64LittleEndian(b.AsSpan((page * PageBytes) + 16 + 8), target(page));
            });
            Assert.NotNull(Refused(bytes, checkDigest: false));
        }
    }

    [Fact]
    public void Flipped_bits_are_read_or_refused_and_never_loop_or_crash()
    {
        var flips = Gen.Choose(0, good.Length - 33).Select(at => (at, mask: 1 << (at % 8))).ListOf(5);
        Prop.ForAll(Arb.From(flips), list => ReadsOrRefuses(b =>
        {
            foreach (var (at, mask) in list)
                b[at] ^= (byte)mask;
        })).Check(Config.QuickThrowOnFailure.WithMaxTest(300));
    }

    [Fact]
    public void Flipped_bytes_of_page_headers_and_tables_are_read_or_refused_and_never_loop_or_crash()
    {
        // Where the structure is: the first bytes of pages.
        var change =
            from page in Gen.Choose(2, (good.Length / PageBytes) - 1)
            from at in Gen.Choose(0, 63)
            from value in Gen.Elements<byte>(0, 1, 2, 3, 0x10, 0x7F, 0x80, 0xFF)
            select (at: (page * PageBytes) + at, value);
        Prop.ForAll(Arb.From(change.ListOf(3)), list => ReadsOrRefuses(b =>
        {
            foreach (var (at, value) in list)
                b[at] = value;
        })).Check(Config.QuickThrowOnFailure.WithMaxTest(1500));
    }

    [Fact]
    public void Pages_in_each_other_s_place_are_refused()
    {
        var pages = Gen.Choose(2, (good.Length / PageBytes) - 1);
        Prop.ForAll(Arb.From(pages), Arb.From(pages), (to, from) =>
            ReadsOrRefuses(b => good.AsSpan(from * PageBytes, PageBytes).CopyTo(b.AsSpan(to * PageBytes)))).Check(Config.QuickThrowOnFailure.WithMaxTest(200));
    }

    [Fact]
    public void Record_with_two_keys_is_refused()
    {
        // Otherwise it would be found by one key and read with the other.
        using var snapshot = SnapshotVector.Open();
        var record = snapshot.History(Text.Bytes("/registry/"), CancellationToken.None).First(r => r.Entry.Value.Length is > 200 and < 16_000);
        // The value is the last field: its number, two bytes of length, the value. The second key takes its place and six of its bytes.
        var field = (int)record.Offset + record.Length - record.Entry.Value.Length - 3;
        var left = record.Entry.Value.Length - 6;
        byte[] second = [0x0A, 4, .. "evil"u8, 0x2A, (byte)(left | 0x80), (byte)(left >> 7)];
        Assert.Contains("two keys", Refused(Changed(b => second.CopyTo(b, field)), checkDigest: false));
    }

    [Fact]
    public void Record_larger_than_any_of_etcd_is_refused()
    {
        using var file = SnapshotFile.Open(SnapshotVector.Path);
        var records = new MvccRecords(file);
        byte[] name = [.. new byte[8], (byte)'_', .. new byte[8]];
        Assert.Equal(300, records.Place(new BoltEntry(IsBucket: false, name, 0, 300)).Length);
        Assert.Throws<EtcdSnapshotException>(() => records.Place(new BoltEntry(IsBucket: false, name, 0, 300 << 20)));
    }

    [Fact]
    public void Random_bytes_behind_good_first_pages_are_refused()
    {
        for (var i = 0; i < 50; i++)
            Assert.NotNull(Refused(Changed(b => RandomNumberGenerator.Fill(b.AsSpan(2 * PageBytes))), checkDigest: false));
    }

    public void Dispose() => File.Delete(path);

    private static ulong Root(byte[] bytes) => BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(16 + 16));

    private static IEnumerable<int> Branches(byte[] bytes) =>
        Enumerable.Range(2, (bytes.Length / PageBytes) - 2).Where(page => BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan((page * PageBytes) + 8)) == 1);

    private byte[] Copy() => [.. good];

    private byte[] Changed(Action<byte[]> change)
    {
        var bytes = Copy();
        change(bytes);
        return bytes;
    }

    private EtcdSnapshot Open(ReadOnlySpan<byte> bytes, bool checkDigest)
    {
        File.WriteAllBytes(path, bytes);
        return EtcdSnapshot.Open(path, checkDigest, CancellationToken.None);
    }

    // Any other exception fails the test, and so does a walk that does not end.
    private bool ReadsOrRefuses(Action<byte[]> change)
    {
        Refused(Changed(change), checkDigest: false);
        return true;
    }

    private string? Refused(byte[] bytes, bool checkDigest)
    {
        try
        {
            using var snapshot = Open(bytes, checkDigest);
            foreach (var entry in snapshot.Index(""u8, CancellationToken.None).Entries(CancellationToken.None))
                Assert.False(entry.Key.IsEmpty && entry.Value.Length > bytes.Length);
            Assert.True(snapshot.History(default, CancellationToken.None).Count() <= bytes.Length / 16);
            return null;
        }
        catch (EtcdSnapshotException e)
        {
            return e.Message;
        }
    }
}
