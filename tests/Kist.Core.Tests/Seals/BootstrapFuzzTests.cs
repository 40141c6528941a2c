using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Kist.Core.Barrier;
using Kist.Core.Seals;
using Kist.Core.Storage;
using Kist.Core.Tests.Barrier;
using Kist.Crypto;

namespace Kist.Core.Tests.Seals;

/// <summary>The bootstrap entries are in clear or unauthenticated before unsealing: whatever stands there, a node refuses it or works, and never crashes.</summary>
public class BootstrapFuzzTests
{
    private static readonly string[] Fragments =
    [
        "{", "}", "[", "]", ",", ":", "\"schema\":1", "\"schema\":", "\"type\":", "\"shamir\"", "\"static\"", "\"shares\":", "\"threshold\":", "\"root_key\":",
        "\"key_id\":", "\"ciphertext\":", "\"generation\":", "\"seal_mark\":", "0", "1", "2", "-1", "255", "99999999999999999999", "null", "true", "\"AQID\"",
        "\"\\ud800\"", " ",
    ];

    private static readonly string[] Valid =
    [
        """{"schema":1,"type":"shamir","shares":3,"threshold":2}""",
        """{"schema":1,"type":"static","shares":3,"threshold":2,"root_key":{"key_id":"a","key_check":"","ciphertext":"AQID"}}""",
        """{"schema":1,"generation":1,"seal_mark":0}""",
        """{"schema":1,"generation":0,"seal_mark":0}""",
    ];

    private static Gen<byte[]> Entries
    {
        get
        {
            var sentences = Gen.Elements(Fragments).ArrayOf().Select(words => Encoding.UTF8.GetBytes(string.Concat(words)));
            var changed = from text in Gen.Elements(Valid)
                          from at in Gen.Choose(0, text.Length - 1)
                          from fragment in Gen.Elements(Fragments)
                          from cut in Gen.Choose(0, 3)
                          select Encoding.UTF8.GetBytes(text[..at] + fragment + text[Math.Min(text.Length, at + cut)..]);
            return Gen.OneOf(ArbMap.Default.GeneratorFor<byte[]>(), sentences, changed, Gen.Elements(Valid).Select(Encoding.UTF8.GetBytes));
        }
    }

    [Theory]
    [InlineData("seal")]
    [InlineData("state")]
    [InlineData("keyring")]
    public async Task Any_bootstrap_entry_is_refused_or_works(string name)
    {
        using var key = SecretBytes.Random(32);
        var builder = new BarrierBuilder();
        var seal = new StaticSeal(new StaticSealKey("a", key));
        Assert.True((await builder.SealedNode(autoSeal: seal).Seals.InitializeAsync(1, 1, static _ => Task.CompletedTask, default)).Succeeded);
        var entry = name switch { "seal" => KeyLayout.Seal, "state" => KeyLayout.State, _ => KeyLayout.RootKeyring };
        Prop.ForAll(Entries.ToArbitrary(), value =>
        {
            builder.Store.CommitAsync(new StoreTransaction([], [new StoreChange(entry, value)]), default).AsTask().GetAwaiter().GetResult();
            return IsRefusedOrWorksAsync(builder.SealedNode(autoSeal: seal)).GetAwaiter().GetResult();
        }).QuickCheckThrowOnFailure();
    }

    private static async Task<bool> IsRefusedOrWorksAsync(BarrierNode node)
    {
        try
        {
            Assert.True((await node.Seals.StatusAsync(default)).Initialized);
            var outcome = await node.Seals.AutoUnsealAsync(default);
            if (outcome.Succeeded)
                await node.View.WriteAsync("a", "works");
            return outcome.Succeeded || outcome.Failure.Code.StartsWith("seal.", StringComparison.Ordinal);
        }
        catch (BarrierIntegrityException)
        {
            return node.Barrier.IsSealed;
        }
    }
}
