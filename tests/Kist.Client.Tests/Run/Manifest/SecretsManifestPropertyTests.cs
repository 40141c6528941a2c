using FsCheck;
using FsCheck.Fluent;
using Kist.Client.Run;
using Kist.Client.Run.Manifest;

namespace Kist.Client.Tests.Run.Manifest;

/// <summary>Whatever a secrets file holds, it is read or refused by a message.</summary>
public sealed class SecretsManifestPropertyTests
{
    private static readonly Gen<string> Fragment = Gen.Elements(
        "A", "B", "common", "default", "dev", ": ", ":", "- ", "  ", "\n", "\r\n", "\t", "{", "}", "[", "]", ",", "\"", "'", "|", ">", "#",
        "!var ", "!file ", "!var:file ", "!str:default='x' ", "!default='", "':file ", "!", "!!map ", "!<x> ", "$", "$$", "$a", "&x ", "*x", "<<: ",
        "summon.files", "path: a\n", "format: json\n", "secrets:\n", "permissions: 0640\n", "overwrite: true\n", "---\n", "~", "null", "0x1",
        "\0", "\uFEFF", "\uD800", "é", "😀");

    private static readonly string[] Valid =
    [
        "A: !var a/b\nB: !file |\n  x\n  y\nC: !var:default='x':file $a/c\n",
        "common:\n  A: !var a\n  B:\ndev: {A: !str:default='y' }\n",
        "A: 1\nsummon.files:\n  - path: ./a.json\n    format: json\n    permissions: 0640\n    secrets:\n      dev: {X: !var a}\n      common: {Y: b}\n",
    ];

    [Fact]
    public void Generated_garbage_is_read_or_refused_by_a_message() => Check(Fragment.ListOf().Select(string.Concat), 5000);

    [Fact]
    public void Mutated_file_is_read_or_refused_by_a_message()
    {
        var mutated =
            from text in Gen.Elements(Valid)
            from at in Gen.Choose(0, text.Length)
            from removed in Gen.Choose(0, Math.Min(3, text.Length - at))
            from inserted in Fragment
            select text.Remove(at, removed).Insert(at, inserted);
        Check(mutated, 5000);
    }

    [Fact]
    public void Tag_never_fails_for_Summon_and_by_a_message_else()
    {
        var words = Gen.Elements("var", "file", ":", "default='", "'", "=", "!", "str", "x", "", "tag:yaml.org,2002:", "\n", "é").ListOf().Select(string.Concat);
        Prop.ForAll(Arb.From(words), tag =>
        {
            _ = SecretTag.ReadLoosely(tag);
            _ = Record.Exception(() => SecretTag.ReadStrictly(tag, "X")) is var failure;
            return failure is null or RunException;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(5000));
    }

    private static void Check(Gen<string> texts, int count) => Prop.ForAll(Arb.From(texts), text => Options().All(options =>
    {
        var failure = Record.Exception(() => SecretsManifest.Read(text, options));
        return failure is null or RunException;
    })).Check(Config.QuickThrowOnFailure.WithMaxTest(count));

    private static IEnumerable<ManifestOptions> Options() =>
        from section in (string?[])[null, "dev"]
        from likeSummon in (bool[])[false, true]
        select new ManifestOptions { Section = section, LikeSummon = likeSummon, Substitutions = new Substitutions(["a=1"]) };
}
