using Kist.Core.Storage;
using Kist.Engines.Kv;
using Kist.Engines.Kv.V2.Stored;

namespace Kist.Engines.Tests.Kv;

public sealed class KvPathTests
{
    [Theory]
    [InlineData("a")]
    [InlineData("a/b/c")]
    [InlineData("Größe/😀")]
    [InlineData(" a b ")]
    [InlineData("data/metadata/config")]
    [InlineData("..a/.b")]
    public void Names_a_secret(string path) => Assert.Null(KvPath.Check(path));

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("a/", "ends in \"/\", which names a folder")]
    [InlineData("/a", "has an empty segment")]
    [InlineData("a//b", "has an empty segment")]
    [InlineData("a\0b", "holds a control character")]
    [InlineData("a\nb", "holds a control character")]
    [InlineData("a\u007f", "holds a control character")]
    [InlineData("a\u0085", "holds a control character")]
    public void Does_not_name_a_secret(string path, string why)
    {
        var failure = KvPath.Check(path)!;
        Assert.Equal("kv.invalid_path", failure.Code);
        Assert.StartsWith($"the path of the secret {why}", failure.Message);
    }

    [Fact]
    public void Has_a_longest_length_that_leaves_room_in_a_store_key()
    {
        var longest = new string('é', KvPath.MaxBytes / 2);
        Assert.Null(KvPath.Check(longest));
        Assert.Equal($"the path of the secret is longer than {KvPath.MaxBytes} bytes", KvPath.Check(longest + "a")!.Message);
        var key = System.Text.Encoding.UTF8.GetByteCount(SecretStore.VersionKey(longest, long.MaxValue));
        Assert.InRange(key, KvPath.MaxBytes, StoreLimits.KeyBytes - 100);
    }

    [Theory]
    [InlineData("", "h/")]
    [InlineData("a", "h/a/")]
    [InlineData("a/", "h/a/")]
    [InlineData("a/b", "h/a/b/")]
    public void A_folder_ends_in_one_slash(string path, string expected)
    {
        Assert.Null(KvPath.CheckFolder(path));
        Assert.Equal(expected, KvPath.Folder("h/", path));
    }
}
