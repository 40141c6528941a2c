using System.Text;
using Kist.Kubernetes.Etcd;

namespace Kist.Kubernetes.Tests.Etcd;

public sealed class ValueSearchTests : IDisposable
{
    private readonly VectorFile vectors = new(VectorFile.SnapshotName);
    private readonly SnapshotSource source = SnapshotSource.Open(VectorFile.Snapshot, CancellationToken.None);

    [Theory]
    [InlineData("plain-1-secret-value", "/registry/secrets/default/plain-1", FoundIn.Current, 194)]
    [InlineData("plaintext-in-history-of-was-plain", "/registry/secrets/default/was-plain", FoundIn.OldRevision, 198)]
    [InlineData("plaintext-in-history-of-deleted-plain", "/registry/secrets/default/deleted-plain", FoundIn.OldRevision, 199)]
    public void Value_in_plaintext_is_found_where_it_lies_and_where_it_lay(string value, string key, FoundIn place, long revision)
    {
        var found = InFile(value).Single(f => f.Place != FoundIn.FreePage);
        Assert.Equal((key, place, ValueForms.Raw, revision), (KeyText.Of(found.Key.Span), found.Place, found.Forms, found.Revision));
        Assert.Equal(key[(key.LastIndexOf('/') + 1)..], found.Name!.Name);
        Assert.Equal(value, Encoding.UTF8.GetString(File.ReadAllBytes(VectorFile.Snapshot).AsSpan((int)found.Offset!, value.Length)));
    }

    [Fact]
    public void What_lies_outside_of_every_record_is_in_a_free_page()
    {
        // The name of a bucket stands in the database's own pages.
        var found = InFile("members_removed");
        Assert.NotEmpty(found);
        Assert.All(found, f => Assert.Equal((FoundIn.FreePage, 0), (f.Place, f.Revision)));
    }

    [Fact]
    public void Value_that_is_encrypted_lies_nowhere_in_plaintext() => Assert.Empty(InFile("aescbc-key2-1-secret-value"));

    [Fact]
    public async Task With_a_configuration_the_value_is_found_where_it_is_encrypted()
    {
        using var chains = Chains.Of(vectors.Config, vectors.Plugin);
        using var inspector = new ObjectInspector(chains, InspectionDepth.Everything);
        using var patterns = new SearchPatterns("aescbc-key2-1-secret-value"u8);
        var search = new ValueSearch(patterns, ResourceSelection.Everything("/registry"), inspector);
        var found = new List<FoundValue>();
        await foreach (var one in search.InKeysAsync(source, stored: true, null, CancellationToken.None))
            found.Add(one);

        Assert.Equal(
            ["/registry/secrets/corrupt/aescbc-moved", "/registry/secrets/default/aescbc-key2-1"], found.Select(f => KeyText.Of(f.Key.Span)));
        Assert.All(found, f => Assert.Equal(FoundIn.Encrypted, f.Place));
        Assert.Equal(3, search.Unreadable);
        Assert.Equal(210, search.Searched);
    }

    [Fact]
    public void Selection_leaves_other_keys_out_and_does_not_call_them_free_pages()
    {
        using var patterns = new SearchPatterns("plain-1-secret-value"u8);
        var search = new ValueSearch(patterns, ResourceSelection.Parse("/registry", ["configmaps"]).Ok(), null);
        Assert.DoesNotContain(search.InFile(source.Snapshot, CancellationToken.None), f => f.Offset == 177659);
    }

    [Fact]
    public void Search_of_a_whole_file_finds_what_lies_under_other_prefixes_too()
    {
        using var patterns = new SearchPatterns("plain-1-secret-value"u8);
        var search = new ValueSearch(patterns, ResourceSelection.Everything("/kubernetes.io"), null) { LooksEverywhere = true };
        var found = search.InFile(source.Snapshot, CancellationToken.None).Single(f => f.Place == FoundIn.Current);
        Assert.Equal("/registry/secrets/default/plain-1", KeyText.Of(found.Key.Span));
    }

    [Fact]
    public void Something_too_common_ends_the_search_and_says_so()
    {
        // Zeros are everywhere in a database.
        using var patterns = new SearchPatterns(new byte[SearchPatterns.LeastBytes]);
        var search = new ValueSearch(patterns, ResourceSelection.Everything("/registry"), null) { MostPlaces = 100 };
        Assert.InRange(search.InFile(source.Snapshot, CancellationToken.None).Count(), 1, 100);
        Assert.True(search.IsCutShort);
    }

    public void Dispose() => source.Dispose();

    private List<FoundValue> InFile(string value)
    {
        using var patterns = new SearchPatterns(Encoding.UTF8.GetBytes(value));
        return [.. new ValueSearch(patterns, ResourceSelection.Everything("/registry"), null).InFile(source.Snapshot, CancellationToken.None)];
    }
}
