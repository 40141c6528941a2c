using FsCheck;
using FsCheck.Fluent;
using Kist.Core.Audit;
using Kist.Core.Pipeline;
using Kist.Engines.Kv;
using Kist.Engines.Kv.V2.Rotation.Stored;

namespace Kist.Engines.Tests.Kv.V2.Rotation;

/// <summary>Which addresses are allowed, where rules lie, and what the audit shows of them.</summary>
public sealed class RotationSettingsTests
{
    private static readonly RotationSettings Allowed = new() { HttpTargets = ["https://hooks.example/kist", "https://all.example/"] };

    [Theory]
    [InlineData("https://hooks.example/kist")]
    [InlineData("https://hooks.example:443/kist/db?x=1")]
    [InlineData("https://HOOKS.example/kist/")]
    [InlineData("https://all.example/anything")]
    public void An_address_below_an_allowed_one_may_be_called(string url) => Assert.Null(Allowed.CheckUrl(url));

    [Theory]
    [InlineData("https://hooks.example/kistler")]
    [InlineData("https://hooks.example/")]
    [InlineData("https://hooks.example/kist/../other")]
    [InlineData("https://hooks.example/kist/%2e%2e/other")]
    [InlineData("https://hooks.example/kist\\..\\other")]
    [InlineData("https://hooks.example.evil/kist")]
    [InlineData("https://hooks.example@evil/kist")]
    [InlineData("https://hooks.example:8443/kist")]
    [InlineData("http://hooks.example/kist")]
    [InlineData("file:///etc/passwd")]
    [InlineData("kist")]
    public void Any_other_is_refused(string url) => Assert.NotNull(Allowed.CheckUrl(url));

    [Fact]
    public void Whatever_is_allowed_has_an_allowed_beginning() =>
        Prop.ForAll(
            Arb.From(Gen.Elements("https://", "hooks.example", "all.example", "/", "kist", ".", "..", "%2f", "@", ":443", "?", "#", "\\", "evil", " ")
                .ListOf().Select(string.Concat)),
            url => Allowed.CheckUrl(url) is not null
                || new Uri(url) is { Scheme: "https", Port: 443, UserInfo: "" } address
                    && (address.Host == "all.example" || (address.Host == "hooks.example" && IsBelowKist(address))))
            .QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("http://hooks.example/")]
    [InlineData("https://a/?q=1")]
    [InlineData("https://a/%2e")]
    [InlineData("a")]
    public void A_faulty_beginning_is_refused(string prefix)
    {
        Assert.NotNull(RotationSettings.CheckPrefix(prefix));
        Assert.Throws<ArgumentException>(() => new RotationSettings { HttpTargets = [prefix] });
    }

    [Theory]
    [InlineData("rotation/a", Operation.Update, "period", true)]
    [InlineData("rotation/a", Operation.Update, "target.url", true)]
    [InlineData("rotation/a", Operation.Update, "target.token", false)]
    [InlineData("rotation/a", Operation.Delete, "force", true)]
    public void Requests_show_rules_and_no_token(string path, Operation operation, string field, bool plain)
    {
        var route = EngineAudit.Route(new KvMountType(TimeProvider.System), path, operation, ("version", "2"));
        Assert.Equal(plain, PlainKeys.Of(route.RequestType).Shows(field));
    }

    [Fact]
    public void Marks_of_what_is_due_are_read_back()
    {
        var due = new DateTimeOffset(2026, 1, 31, 12, 0, 30, TimeSpan.Zero);
        var mark = RotationStore.DuePath(due, "a/b");
        Assert.Equal("001769860830/a/b", mark);
        Assert.Equal((due, "a/b"), RotationStore.ParseDuePath(mark));
    }

    private static bool IsBelowKist(Uri address) => $"{address.AbsolutePath}/".StartsWith("/kist/", StringComparison.Ordinal);

    // A form that a released program may have written: it never changes.
    [Fact]
    public void A_stored_rule_keeps_its_form()
    {
        const string golden =
            """{"schema":1,"period":"01:00:00","window":"00:00:00","generator":{"kind":"password","length":30},"fields":""" +
            """{"password":"password"},"target":{"type":"http","url":"https://a/","token":"t"},"grace":""" +
            """
            "00:10:00","step":"staged","attempts":2,"last_error":"why","next_rotation":"2026-01-31T12:00:00+00:00","due":
            """ +
            """
            "2026-01-31T12:00:00+00:00","current_version":3,"previous_version":2}
            """;
        var rule = System.Text.Json.JsonSerializer.Deserialize(golden, RotationJson.Default.RotationRecord)!;
        Assert.Equal("t", rule.Target.Token!.Reveal());
        Assert.Equal(golden, System.Text.Json.JsonSerializer.Serialize(rule, RotationJson.Default.RotationRecord));
    }
}
