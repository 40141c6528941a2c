using System.Text;
using Kist.Client.Run;
using Kist.Client.Run.Manifest;
using Kist.Crypto;
using Kist.Wire.Hcl;

namespace Kist.Client.Tests.Run;

/// <summary>What a run lays out for its program, and what becomes of it when values change.</summary>
public sealed class RunMaterialTests
{
    [Fact]
    public async Task No_file_is_replaced_when_another_value_cannot_be_handed_over()
    {
        var source = new ChangingSource();
        using var material = new RunMaterial(new RunPlan(["true"])
        {
            Variables = [new PlannedSecret(Spec("KEY", isFile: true), source), new PlannedSecret(Spec("CERTIFICATE", isFile: false), source)],
        });
        string path;
        using (var environment = await material.PrepareAsync(default))
            path = Encoding.UTF8.GetString(environment.Find("KEY")!.Value.Span);
        source.Values = new() { ["KEY"] = "new", ["CERTIFICATE"] = new string('x', 200_000) };
        await Assert.ThrowsAsync<RunException>(() => material.PrepareAsync(default));
        Assert.Equal("old", await File.ReadAllTextAsync(path));
        source.Values = new() { ["KEY"] = "new", ["CERTIFICATE"] = "new" };
        (await material.PrepareAsync(default)).Dispose();
        Assert.Equal("new", await File.ReadAllTextAsync(path));
    }

    private static SecretSpec Spec(string name, bool isFile) => new(name, name, new SecretTag(IsVariable: true, isFile, Default: null), HclPosition.Start);

    private sealed class ChangingSource : ISecretSource
    {
        public Dictionary<string, string> Values { get; set; } = new() { ["KEY"] = "old", ["CERTIFICATE"] = "old" };

        public Task<IReadOnlyList<SecretAnswer>> FetchAsync(IReadOnlyList<string> ids, CancellationToken cancellation) =>
            Task.FromResult<IReadOnlyList<SecretAnswer>>([.. ids.Select(id => SecretAnswer.Of(new SecretBytes(Encoding.UTF8.GetBytes(Values[id]))))]);
    }
}
