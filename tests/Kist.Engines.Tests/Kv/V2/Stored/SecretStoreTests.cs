using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Kist.Engines.Kv.V2.Stored;

namespace Kist.Engines.Tests.Kv.V2.Stored;

public sealed class SecretStoreTests
{
    private static readonly Gen<string> Path =
        Gen.Elements("a", "0", "é", "\u007e", "!", " ", "0000000000000001", "\uffff", "😀").NonEmptyListOf().Select(s => string.Join('/', s));

    [Fact]
    public void Keys_have_the_agreed_form()
    {
        Assert.Equal("h/app/db", SecretStore.HeadKey("app/db"));
        Assert.Equal("v/app/db\00000000000000042", SecretStore.VersionKey("app/db", 42));
    }

    [Fact]
    public void Different_versions_never_share_a_key() =>
        Prop.ForAll(Arb.From(Gen.Zip(Gen.Zip(Path, Path), Gen.Zip(Gen.Choose(1, 3), Gen.Choose(1, 3)))), sample =>
        {
            var ((path, other), (version, otherVersion)) = sample;
            var same = path == other && version == otherVersion;
            return same == (SecretStore.VersionKey(path, version) == SecretStore.VersionKey(other, otherVersion));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void The_versions_of_a_path_stand_together_and_in_order() =>
        Prop.ForAll(Arb.From(Path.NonEmptyListOf()), paths =>
        {
            var keys = paths.Distinct().SelectMany(path => new[] { 1L, 9, 10, 1_000_000 }.Select(version => (path, version)))
                .OrderBy(k => SecretStore.VersionKey(k.path, k.version), Utf8Order).ToList();
            var runs = 1 + keys.Zip(keys.Skip(1)).Count(p => p.First.path != p.Second.path);
            var ordered = keys.Zip(keys.Skip(1)).All(p => p.First.path != p.Second.path || p.First.version < p.Second.version);
            return ordered && runs == paths.Distinct().Count();
        }).QuickCheckThrowOnFailure();

    private static Comparer<string> Utf8Order { get; } =
        Comparer<string>.Create((x, y) => Encoding.UTF8.GetBytes(x).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(y)));
}
