using System.Text;
using Kist.Client.Run;
using Kist.Client.Run.Providers;
using Kist.Crypto;

namespace Kist.Client.Tests.Run.Providers;

/// <summary>Kist's side of the stream.</summary>
public sealed class ProviderServerTests
{
    [Fact]
    public async Task Each_line_is_answered_in_order()
    {
        var (failure, output) = await ServeAsync("a\nb\n\nc");
        Assert.Null(failure);
        Assert.Equal(["value of a", "value of b", "value of ", "value of c"], output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Decode));
    }

    [Fact]
    public async Task Nothing_asked_is_nothing_answered() => Assert.Equal((null, ""), await ServeAsync(""));

    [Fact]
    public async Task Failure_ends_the_stream_behind_the_answers_before_it()
    {
        var (failure, output) = await ServeAsync("a\nbad\nc\n");
        Assert.Equal("no bad", failure);
        Assert.Equal("value of a", Decode(output.TrimEnd('\n')));
    }

    private static string Decode(string line) => Encoding.UTF8.GetString(Convert.FromBase64String(line));

    private static async Task<(string? Failure, string Output)> ServeAsync(string input)
    {
        using var output = new MemoryStream();
        var failure = await ProviderServer.ServeAsync(new MemoryStream(Encoding.UTF8.GetBytes(input)), output, new EchoSource(), default);
        return (failure, Encoding.UTF8.GetString(output.ToArray()));
    }

    private sealed class EchoSource : ISecretSource
    {
        public Task<IReadOnlyList<SecretAnswer>> FetchAsync(IReadOnlyList<string> ids, CancellationToken cancellation) =>
            Task.FromResult<IReadOnlyList<SecretAnswer>>(
                [.. ids.Select(id => id == "bad" ? SecretAnswer.Failed("no bad") : SecretAnswer.Of(new SecretBytes(Encoding.UTF8.GetBytes($"value of {id}"))))]);
    }
}
