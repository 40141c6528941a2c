using System.Text;
using Kist.Client.Run;
using Kist.Client.Run.Providers;

namespace Kist.Client.Tests.Run.Providers;

/// <summary>Summon's providers, by call and by stream: 11, 12 and 14 of its edge cases.</summary>
public sealed class ProviderSourceTests : IDisposable
{
    // Answers each line with base64 of "<id> value", exactly.
    private const string Stream = """
        [ $# -gt 0 ] && { echo "called with $1" >&2; exit 9; }
        while read -r id; do printf '%s value\n' "$id" | base64 -w0; echo; done
        """;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly ProviderScript scripts = new();

    public void Dispose() => scripts.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(500)]
    public async Task Stream_answers_any_number_of_ids_in_order_and_untrimmed(int count)
    {
        var ids = Enumerable.Range(0, count).Select(i => $"id {i}").ToList();
        Assert.Equal(ids.Select(id => $"{id} value\n"), await FetchAsync(scripts.Write("p", Stream), [.. ids]));
    }

    [Theory]
    [InlineData("no base64", "while read -r id; do echo '%%%'; done")]
    [InlineData("a complaint", "while read -r id; do echo bm8=; echo oops >&2; sleep 1; done")]
    [InlineData("no output", "exit 0")]
    [InlineData("an end after one", "read -r id; echo bm8=")]
    [InlineData("usage on standard error", "echo 'usage: p ID' >&2; exit 1")]
    public async Task Stream_that_fails_is_dropped_for_calls(string what, string body)
    {
        Assert.NotEmpty(what);
        var path = scripts.Write("p", $"if [ $# -eq 1 ]; then printf ' \\n%s by call\\t\\n' \"$1\"; exit 0; fi\n{body}");
        Assert.Equal(["a by call", "b by call"], await FetchAsync(path, "a", "b"));
    }

    [Fact]
    public async Task Stream_that_takes_too_long_is_dropped_for_calls()
    {
        var path = scripts.Write("p", "if [ $# -eq 1 ]; then echo late; exit 0; fi\nexec sleep 600");
        var answers = await new ProviderSource(path, TimeSpan.FromMilliseconds(200), TimeProvider.System).FetchAsync(["a"], default);
        Assert.Equal("late"u8.ToArray(), answers[0].Value!.Span.ToArray());
    }

    [Fact]
    public async Task Call_that_takes_too_long_is_a_failure_of_its_id()
    {
        var path = scripts.Write("p", "[ $# -eq 1 ] || exit 9\n[ \"$1\" = slow ] && exec sleep 600\necho \"$1\"");
        var answers = await new ProviderSource(path, TimeSpan.FromSeconds(3), TimeProvider.System).FetchAsync(["slow", "b"], default);
        Assert.Equal(["no answer within 3 seconds (CONJUR_HTTP_TIMEOUT)", ""], answers.Select(a => a.Error));
    }

    [Fact]
    public async Task Ids_with_line_breaks_go_by_call()
    {
        var path = scripts.Write("p", "[ $# -eq 1 ] || exit 9\nprintf '%s' \"$1\" | tr '\\n' '/'");
        Assert.Equal(["a/b", "c"], await FetchAsync(path, "a\nb", "c"));
    }

    [Fact]
    public async Task Value_by_call_keeps_what_is_between_its_ends_and_may_be_any_bytes()
    {
        var path = scripts.Write("p", "[ $# -eq 1 ] || exit 9\nprintf '\\n a\\n\\377 b \\302\\240\\n'");
        var answers = await new ProviderSource(path, Patience, TimeProvider.System).FetchAsync(["x"], default);
        Assert.Equal([(byte)'a', 10, 255, 32, (byte)'b'], answers[0].Value!.Span.ToArray());
    }

    [Fact]
    public async Task Failure_of_one_id_is_told_with_its_words_and_the_others_arrive()
    {
        var path = scripts.Write("p", "[ $# -eq 1 ] || exit 9\n[ \"$1\" = bad ] && { echo ' no such secret ' >&2; exit 3; }\necho \"$1\"");
        var answers = await new ProviderSource(path, Patience, TimeProvider.System).FetchAsync(["a", "bad", "b"], default);
        Assert.Equal(["", "exit status 3: no such secret", ""], answers.Select(a => a.Error));
        Assert.Null(answers[1].Value);
    }

    [Fact]
    public async Task Provider_that_cannot_be_executed_is_named()
    {
        var path = scripts.At("p");
        await File.WriteAllTextAsync(path, "text");
        var failure = await Assert.ThrowsAsync<RunException>(() => FetchAsync(path, "a"));
        Assert.StartsWith($"the provider {path} cannot be run: ", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Large_value_arrives_whole_both_ways()
    {
        var stream = scripts.Write("s", "read -r id; head -c 1048576 /dev/zero | tr '\\0' x | base64 -w0; echo; cat > /dev/null");
        var call = scripts.Write("c", "[ $# -eq 1 ] || exit 9\nhead -c 1048576 /dev/zero | tr '\\0' x");
        foreach (var path in (string[])[stream, call])
            Assert.Equal(new string('x', 1 << 20), Assert.Single(await FetchAsync(path, "a")));
    }

    [Theory]
    [InlineData(null, 60)]
    [InlineData("abc", 60)]
    [InlineData("-1", 60)]
    [InlineData("0", 60)]
    [InlineData("1.5", 60)]
    [InlineData("7", 7)]
    public void Patience_is_whole_seconds_above_zero(string? text, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), ProviderSettings.ReadPatience(text));

    private static async Task<IEnumerable<string>> FetchAsync(string path, params string[] ids)
    {
        var answers = await new ProviderSource(path, Patience, TimeProvider.System).FetchAsync(ids, default);
        return answers.Select(a => a.Value is { } value ? Encoding.UTF8.GetString(value.Span) : $"failed: {a.Error}");
    }
}
