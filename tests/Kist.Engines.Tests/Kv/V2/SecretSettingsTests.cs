using FsCheck;
using FsCheck.Fluent;
using Kist.Engines.Kv.V2;

namespace Kist.Engines.Tests.Kv.V2;

public sealed class SecretSettingsTests
{
    [Fact]
    public void Labels_at_their_limits_are_accepted()
    {
        var labels = Enumerable.Range(0, 64).ToDictionary(i => $"{i:D3}".PadRight(128, 'k'), _ => new string('v', 512));
        Assert.Null(SecretSettings.CheckCustomMetadata(labels));
        Assert.Null(SecretSettings.CheckCustomMetadata(new Dictionary<string, string> { ["Größe 😀"] = "ein wenig" }));
        Assert.Null(SecretSettings.CheckCustomMetadata(null));
    }

    [Fact]
    public void Too_many_labels_are_refused()
    {
        var labels = Enumerable.Range(0, 65).ToDictionary(i => $"{i}", _ => "v");
        Assert.Equal("custom_metadata validation failed: payload must contain at most 64 keys, provided 65", Message(labels));
    }

    [Theory]
    [InlineData("", "v", "length of key \"\" is 0 but must be 0 < len(key) <= 128")]
    [InlineData("k", "", "length of value for key \"k\" is 0 but must be 0 < len(value) <= 512")]
    [InlineData("k\n", "v", "key \"k\\u000a\" contains unprintable characters")]
    [InlineData("k", "v\u200b", "value for key \"k\" contains unprintable characters")]
    [InlineData("k", "v\u2028", "value for key \"k\" contains unprintable characters")]
    public void A_bad_label_is_named(string key, string value, string fault) =>
        Assert.Equal($"custom_metadata validation failed: {fault}", Message(new Dictionary<string, string> { [key] = value }));

    [Fact]
    public void Lengths_count_bytes()
    {
        var key = new string('é', 65);
        Assert.EndsWith($"length of key \"{key}\" is 130 but must be 0 < len(key) <= 128", Message(new() { [key] = "v" }));
        var value = new string('é', 257);
        Assert.EndsWith("length of value for key \"k\" is 514 but must be 0 < len(value) <= 512", Message(new() { ["k"] = value }));
    }

    [Fact]
    public void All_faults_are_told_at_once()
    {
        var message = Message(new() { ["a"] = "", ["b"] = "\t" });
        Assert.Contains("value for key \"a\" is 0", message);
        Assert.Contains("value for key \"b\" contains unprintable", message);
    }

    [Fact]
    public void A_message_never_holds_a_value_or_a_control_character() =>
        Prop.ForAll<NonNull<string>>(text =>
        {
            var message = SecretSettings.CheckCustomMetadata(new Dictionary<string, string> { [text.Get] = "\u0007marked" })!.Message;
            return !message.Contains("marked", StringComparison.Ordinal) && !message.Any(char.IsControl);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Numbers_and_durations_have_bounds()
    {
        Assert.Null(SecretSettings.CheckMaxVersions(0));
        Assert.Equal("kv.invalid_max_versions", SecretSettings.CheckMaxVersions(-1)!.Code);
        Assert.Null(SecretSettings.CheckDeleteVersionAfter(TimeSpan.FromSeconds(-1), mayBeNegative: true));
        Assert.Equal("kv.invalid_duration", SecretSettings.CheckDeleteVersionAfter(TimeSpan.FromSeconds(-1), mayBeNegative: false)!.Code);
        Assert.Null(SecretSettings.CheckDeleteVersionAfter(TimeSpan.FromHours(876_000), mayBeNegative: false));
        Assert.Equal("kv.invalid_duration", SecretSettings.CheckDeleteVersionAfter(TimeSpan.FromHours(876_001), mayBeNegative: true)!.Code);
    }

    private static string Message(Dictionary<string, string> labels) => SecretSettings.CheckCustomMetadata(labels)!.Message;
}
