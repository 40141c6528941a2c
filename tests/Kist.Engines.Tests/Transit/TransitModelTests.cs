using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;

namespace Kist.Engines.Tests.Transit;

/// <summary>Random histories on the engine and on a naive model: every answer must agree, and every ciphertext open where it should and nowhere else.</summary>
public sealed class TransitModelTests
{
    private static readonly string[] Names = ["a", "b", "c-1"];

    private static readonly string[] Contexts = ["", "b25l", "dHdv"];

    private static readonly string[] AssociatedData = ["", "", "cm93"];

    private static readonly string[] Texts = ["", "one", "two", "three and more"];

    [Fact]
    public void Every_history_answers_as_the_model() =>
        Prop.ForAll(Steps().NonEmptyListOf().Resize(60).ToArbitrary(), steps => Task.Run(() => RunAsync(steps)).GetAwaiter().GetResult())
            .Check(Config.QuickThrowOnFailure.WithMaxTest(200));

    private static async Task RunAsync(IEnumerable<Step> steps)
    {
        using var host = await TransitHost.StartAsync();
        var model = new TransitModel(host.Clock);
        foreach (var step in steps)
        {
            host.Clock.Advance(TimeSpan.FromSeconds(7));
            await TakeAsync(host, model, step);
        }
        foreach (var name in Names)
            await CompareKeyAsync(host, model, name);
        foreach (var text in model.Ciphertexts)
        {
            foreach (var name in Names)
                await DecryptAsync(host, model, name, text, text.Context, text.AssociatedData);
        }
        var listed = await host.ListAsync("keys/");
        Assert.Equal(model.Names, listed.Keys);
    }

    private static async Task TakeAsync(TransitHost host, TransitModel model, Step step)
    {
        var (name, number) = (step.Name, step.Number);
        switch (step.What)
        {
            case "create":
                var body = $$"""{"derived":{{Bool(number % 2 == 1)}},"convergent_encryption":{{Bool(number % 3 == 1)}}}""";
                await host.WriteAsync($"keys/{name}", body).Is(model.Create(name, number % 2 == 1, number % 3 == 1));
                break;
            case "rotate":
                await host.WriteAsync($"keys/{name}/rotate").Is(model.Rotate(name));
                break;
            case "trim":
                await host.WriteAsync($"keys/{name}/trim", $$"""{"min_available_version":{{number}}}""").Is(model.Trim(name, number));
                break;
            case "min_decryption":
                await host.WriteAsync($"keys/{name}/config", $$"""{"min_decryption_version":{{number}}}""").Is(model.Configure(name, number, null, null));
                break;
            case "min_encryption":
                await host.WriteAsync($"keys/{name}/config", $$"""{"min_encryption_version":{{number}}}""").Is(model.Configure(name, null, number, null));
                break;
            case "both":
                var both = $$"""{"min_decryption_version":{{number}},"min_encryption_version":{{number}},"deletion_allowed":{{Bool(number % 2 == 0)}}}""";
                await host.WriteAsync($"keys/{name}/config", both).Is(model.Configure(name, number, number, number % 2 == 0));
                break;
            case "delete":
                await host.DeleteAsync($"keys/{name}").Is(model.Delete(name));
                break;
            case "encrypt":
                await EncryptAsync(host, model, step);
                break;
            default:
                await OpenAsync(host, model, step);
                break;
        }
        await CompareKeyAsync(host, model, name);
    }

    private static async Task EncryptAsync(TransitHost host, TransitModel model, Step step)
    {
        var version = step.Number > 3 ? 0 : step.Number;
        var expected = model.Encrypt(step.Name, version, step.Context, step.Data);
        var answer = await host.EncryptAsync(step.Name, step.Text, $"{Inputs(step.Context, step.Data)},\"key_version\":{version}").Is(expected.Code);
        if (answer.Result != "ok")
            return;
        Assert.Equal(expected.Version, answer.Number("key_version"));
        model.Remember(step.Name, answer.Ciphertext, expected.Version, step.Text, step.Context, step.Data);
    }

    private static async Task OpenAsync(TransitHost host, TransitModel model, Step step)
    {
        if (model.Ciphertexts.Count == 0)
            return;
        var text = model.Ciphertexts[step.Pick % model.Ciphertexts.Count];
        var (context, data) = step.What == "decrypt_wrong" ? (step.Context, step.Data) : (text.Context, text.AssociatedData);
        if (step.What != "rewrap")
        {
            await DecryptAsync(host, model, step.Name, text, context, data);
            return;
        }
        var (code, plaintext) = model.Decrypt(step.Name, text, context, data);
        var version = 0;
        if (code == "ok")
            (code, version) = model.Encrypt(step.Name, 0, context, data);
        var rewrapped = await host.RewrapAsync(step.Name, text.Ciphertext, Inputs(context, data)).Is(code);
        if (code == "ok")
            model.Remember(step.Name, rewrapped.Ciphertext, version, plaintext, context, data);
    }

    private static async Task DecryptAsync(TransitHost host, TransitModel model, string name, TransitModel.Sealed text, string context, string data)
    {
        var (code, plaintext) = model.Decrypt(name, text, context, data);
        var answer = await host.DecryptAsync(name, text.Ciphertext, Inputs(context, data)).Is(code);
        Assert.Equal(plaintext, code == "ok" ? TransitHost.Text(answer.Plaintext) : "");
    }

    private static async Task CompareKeyAsync(TransitHost host, TransitModel model, string name)
    {
        var expected = model.Read(name);
        var actual = await host.ReadAsync($"keys/{name}").Is(expected is null ? "not_found" : "ok");
        foreach (var (field, value) in expected ?? [])
            Assert.True(JsonNode.DeepEquals(value, actual.Body![field]), $"{field}: {value?.ToJsonString()} is {actual}");
    }

    private static string Inputs(string context, string data) => $"\"context\":\"{context}\",\"associated_data\":\"{data}\"";

    private static string Bool(bool value) => value ? "true" : "false";

    private static Gen<Step> Steps()
    {
        var what = Gen.Frequency(
            (3, Gen.Constant("create")), (4, Gen.Constant("rotate")), (2, Gen.Constant("trim")), (2, Gen.Constant("min_decryption")),
            (2, Gen.Constant("min_encryption")), (2, Gen.Constant("both")), (2, Gen.Constant("delete")), (8, Gen.Constant("encrypt")),
            (4, Gen.Constant("decrypt")), (4, Gen.Constant("decrypt_wrong")), (4, Gen.Constant("rewrap")));
        return from name in Gen.Elements(Names)
               from step in what
               from number in Gen.Choose(-1, 8)
               from pick in Gen.Choose(0, 1_000)
               from text in Gen.Elements(Texts)
               from context in Gen.Elements(Contexts)
               from data in Gen.Elements(AssociatedData)
               select new Step(step, name, number, pick, text, context, data);
    }

    private sealed record Step(string What, string Name, int Number, int Pick, string Text, string Context, string Data);
}
