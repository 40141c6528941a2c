using FsCheck;
using FsCheck.Fluent;
using Kist.Core.Storage;
using Kist.Core.Tokens;
using Kist.Crypto;

namespace Kist.Core.Tests.Tokens;

/// <summary>Random histories of several trees, on two nodes, against a model that knows each token's parent, end and nothing of stores.</summary>
public sealed class TokenTreeTests
{
    [Fact]
    public void Who_is_valid_is_what_a_naive_model_says() =>
        Prop.ForAll(Histories(), history => RunAsync(history).GetAwaiter().GetResult())
            .Check(Config.QuickThrowOnFailure.WithMaxTest(150).WithEndSize(80));

    private static Arbitrary<List<Step>> Histories()
    {
        var step =
            from kind in Gen.Frequency(
                (6, Gen.Constant(StepKind.Create)),
                (2, Gen.Constant(StepKind.CreateBatch)),
                (3, Gen.Constant(StepKind.Renew)),
                (2, Gen.Constant(StepKind.Revoke)),
                (2, Gen.Constant(StepKind.RevokeOrphan)),
                (3, Gen.Constant(StepKind.Wait)),
                (2, Gen.Constant(StepKind.Expire)))
            from which in Gen.Choose(-1, 40)
            from minutes in Gen.Choose(1, 90)
            from node in Gen.Choose(0, 1)
            from crash in Gen.Frequency((8, Gen.Constant(0)), (2, Gen.Choose(1, 3)))
            select new Step(kind, which, minutes, node, crash);
        return step.ListOf().Select(steps => steps.ToList()).ToArbitrary();
    }

    private static async Task RunAsync(List<Step> history)
    {
        var first = await TokenHost.StartAsync();
        TokenHost[] nodes = [first, await first.StartPeerAsync()];
        var model = new List<ModelToken>();
        foreach (var step in history)
        {
            var node = nodes[step.Node];
            await ApplyAsync(node, step, model);
            foreach (var token in model)
            {
                var expected = token.IsValid(node.Clock.GetUtcNow());
                foreach (var asked in nodes)
                    Assert.True(expected == await asked.IsValidAsync(token.Id), $"after {step}: token {model.IndexOf(token)}, expected {expected}");
            }
        }
        await nodes[0].Tokens.ResumeRevocationsAsync(null, default);
        first.Clock.Advance(TimeSpan.FromDays(1));
        await nodes[0].Tokens.ExpireDueAsync(null, default);
        Assert.Empty(await first.PathsAsync());
    }

    private static async Task ApplyAsync(TokenHost node, Step step, List<ModelToken> model)
    {
        var now = node.Clock.GetUtcNow();
        var span = TimeSpan.FromMinutes(step.Minutes);
        var chosen = step.Which >= 0 && model.Count > 0 ? model[step.Which % model.Count] : null;
        switch (step.Kind)
        {
            case StepKind.Create or StepKind.CreateBatch when chosen is null || (chosen.IsValid(now) && !chosen.IsBatch):
                var type = step.Kind == StepKind.Create ? TokenType.Service : TokenType.Batch;
                var id = await node.IssueAsync(chosen?.Id, s => s with { Ttl = span, Type = type });
                model.Add(new ModelToken(id, type == TokenType.Batch) { Parent = chosen, End = now + span });
                break;
            case StepKind.Renew when chosen is { IsBatch: false } && chosen.IsValid(now):
                Assert.True((await node.RenewAsync(chosen.Id, span)).Succeeded);
                chosen.End = now + span;
                break;
            case StepKind.Revoke or StepKind.RevokeOrphan when chosen is { IsBatch: false } && chosen.IsValid(now):
                var keep = step.Kind == StepKind.RevokeOrphan;
                await CrashingAsync(node, step.Crash, await node.FindAsync(chosen.Id), keep);
                chosen.IsRevoked = true;
                foreach (var child in keep ? model.Where(t => t.Parent == chosen && !t.IsBatch) : [])
                    child.Parent = null;
                break;
            case StepKind.Wait:
                node.Clock.Advance(span / 10);
                break;
            case StepKind.Expire:
                await node.Tokens.ExpireDueAsync(null, default);
                break;
            default:
                break;
        }
    }

    // A crash some commits after the first one; 0 for none.
    private static async Task CrashingAsync(TokenHost node, int crash, StoredToken token, bool keepChildren)
    {
        var left = crash;
        node.Store.Fate = _ => crash == 0 || left-- > 0 ? null : CommitFate.Crash;
        try
        {
            _ = keepChildren ? await node.Tokens.RevokeOrphanAsync(token, default) : await node.Tokens.RevokeAsync(token, default);
        }
        catch (StoreUnavailableException)
        {
            Assert.NotEqual(0, crash);
        }
        node.Store.Fate = static _ => null;
    }

    public enum StepKind
    {
        Create,
        CreateBatch,
        Renew,
        Revoke,
        RevokeOrphan,
        Wait,
        Expire,
    }

    public sealed record Step(StepKind Kind, int Which, int Minutes, int Node, int Crash);

    private sealed class ModelToken(SecretText id, bool isBatch)
    {
        public SecretText Id => id;

        public bool IsBatch => isBatch;

        public ModelToken? Parent { get; set; }

        public DateTimeOffset End { get; set; }

        public bool IsRevoked { get; set; }

        public bool IsValid(DateTimeOffset now) => !IsRevoked && now < End && (Parent is null || Parent.IsValid(now));
    }
}
