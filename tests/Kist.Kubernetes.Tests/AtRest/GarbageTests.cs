using FsCheck;
using FsCheck.Fluent;
using Kist.Crypto;
using Kist.Kubernetes.AtRest;
using Kist.Kubernetes.AtRest.Kms;
using Kist.Kubernetes.AtRest.Objects;

namespace Kist.Kubernetes.Tests.AtRest;

/// <summary>Nothing that lies in etcd makes a reader throw.</summary>
public sealed class GarbageTests : IDisposable
{
    private static readonly string[] Prefixes =
    [
        "", "k8s\0", "{", "k8s:enc:", "k8s:enc:aescbc:v1:key1:", "k8s:enc:aescbc:v1:key2:", "k8s:enc:aesgcm:v1:key1:", "k8s:enc:secretbox:v1:key1:",
        "k8s:enc:kms:v1:kms-one:", "k8s:enc:kms:v2:kms-two:", "k8s:enc:aescbc:v1:", "k8s:enc:x",
    ];

    private readonly ProviderChains chains;
    private readonly ProviderChain chain;
    private readonly SecretBuffer plaintext = new();

    public GarbageTests()
    {
        var vectors = new VectorFile("corrupted");
        chains = Chains.Of(vectors.Config, vectors.Plugin);
        chain = chains.For(GroupResource.Parse("secrets"));
    }

    [Fact]
    public void Garbage_behind_any_prefix_is_read_or_refused()
    {
        var values =
            from prefix in Gen.Elements(Prefixes)
            from body in ArbMap.Default.GeneratorFor<byte[]>()
            select (byte[])[.. System.Text.Encoding.ASCII.GetBytes(prefix), .. body];
        Prop.ForAll(Arb.From(values), ReadsOrRefuses).Check(Config.QuickThrowOnFailure.WithMaxTest(3000));
    }

    [Fact]
    public void Changed_cut_and_grown_values_are_read_or_refused()
    {
        var vectors = VectorFile.Names.Where(n => !n.StartsWith("large", StringComparison.Ordinal)).Select(n => new VectorFile(n).Entries.First());
        byte[][] seeds = [.. vectors.SelectMany(v => new[] { v.Value, v.Plaintext ?? [] })];
        var values =
            from seed in Gen.Elements(seeds)
            from at in Gen.Choose(0, seed.Length)
            from removed in Gen.Choose(0, Math.Min(4, seed.Length - at))
            from inserted in ArbMap.Default.GeneratorFor<byte[]>().Resize(4)
            select (byte[])[.. seed.AsSpan(0, at), .. inserted, .. seed.AsSpan(at + removed)];
        Prop.ForAll(Arb.From(values), ReadsOrRefuses).Check(Config.QuickThrowOnFailure.WithMaxTest(5000));
    }

    [Fact]
    public void Fields_of_whatever_parses_can_be_copied()
    {
        var fragments = Gen.Elements(
            "{", "}", "[", "]", ":", ",", "\"data\"", "\"k\"", "\"kind\"", "\"Secret\"", "\"ConfigMap\"", "\"apiVersion\"", "\"v1\"", "\"AA==\"",
            "\"\\ud800\"", "\"\\u0041\"", "\"metadata\"", "\"labels\"", "\"annotations\"", "\"ownerReferences\"",
            "null", "1", "true", "\"binaryData\"", "\"\u00ff\"", " ");
        var texts = fragments.ListOf().Select(f => "{" + string.Concat(f) + "}");
        Prop.ForAll(Arb.From(texts), text => ParsesOrRefuses(System.Text.Encoding.Latin1.GetBytes(text)))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(5000));
    }

    [Theory]
    [InlineData(0x0a, 0x00)]
    [InlineData(0x22, 0x00)]
    [InlineData(0x0b, 0x0b)]
    [InlineData(0xff, 0xff)]
    public void Largest_repetition_of_two_bytes_ends(byte first, byte second)
    {
        var body = new byte[3 << 20];
        for (var i = 0; i < body.Length; i += 2)
            (body[i], body[i + 1]) = (first, second);
        Assert.True(ReadsOrRefuses([.. "k8s:enc:kms:v2:kms-two:"u8, .. body]));
        Assert.True(ParsesOrRefuses([.. "k8s\0"u8, .. body]));
        Assert.True(EncryptedObject.Parse(body) is { Succeeded: false });
    }

    public void Dispose()
    {
        plaintext.Dispose();
        chains.Dispose();
    }

    private bool ReadsOrRefuses(byte[] value)
    {
        var key = "/registry/secrets/default/a"u8.ToArray();
        var inspection = chain.InspectAsync(null, key, value, plaintext, CancellationToken.None).AsTask().Result;
        _ = chain.Classify(value);
        return (inspection.Object is null) == (inspection.Failure is not null) && ParsesOrRefuses(value);
    }

    private static bool ParsesOrRefuses(byte[] value)
    {
        var parsed = StoredObject.Parse(value);
        if (!parsed.Succeeded)
            return parsed.Failure.Message.Length > 0;
        using var copied = new SecretBuffer();
        foreach (var field in parsed.Value.Data.Concat(parsed.Value.BinaryData).Concat(parsed.Value.Annotations))
            StoredValues.Copy(value, field, copied);
        return true;
    }
}
