using System.Text.Json;
using Kist.Core.Identity;
using Kist.Core.Identity.Oidc;
using Kist.Core.Identity.Stored;

namespace Kist.Core.Tests.Identity;

/// <summary>Templates of claims.</summary>
public sealed class OidcTemplateTests
{
    private static readonly ResolvedEntity Bob = new(
        new EntityRecord
        {
            Id = "e",
            Name = "bob",
            Metadata = new Dictionary<string, string>(StringComparer.Ordinal) { ["x"] = "nonce", ["y"] = "\",\"nonce\":\"z" },
        },
        [],
        [],
        []);

    private static readonly ResolvedEntity Nobody = new(new EntityRecord { Id = "n" }, [], [], []);

    [Theory]
    [InlineData("""{ {{identity.entity.metadata.x}}: true }""")]
    [InlineData("""{"a": { {{ identity.entity.name }} : 1 }}""")]
    [InlineData("""{"a": 1{{time.now}}}""")]
    [InlineData("""{"a": -{{identity.entity.name}}}""")]
    [InlineData("""{"a": "x{{identity.entity.name}}"}""")]
    public void A_parameter_stands_for_a_value_and_for_nothing_else(string template) => Assert.False(OidcTemplate.Parse(template).Succeeded);

    [Fact]
    public void A_template_is_no_deeper_than_verifiers_read()
    {
        Assert.True(OidcTemplate.Parse(Nested(14, "{{identity.entity.metadata}}")).Succeeded);
        Assert.True(OidcTemplate.Fill(Nested(14, "{{identity.entity.metadata}}"), Bob, DateTimeOffset.UnixEpoch).Succeeded);
        Assert.False(OidcTemplate.Parse(Nested(15, "1")).Succeeded);

        static string Nested(int depth, string value) =>
            string.Concat(Enumerable.Repeat("{\"a\":", depth)) + $"{{\"a\":{value}}}" + new string('}', depth);
    }

    [Fact]
    public void What_is_taken_of_generated_templates_makes_claims_that_nobody_can_add_to()
    {
        string[] parts =
        [
            "{", "}", "\"a\"", "\"b\"", ":", ",", "{{identity.entity.metadata.x}}", "{{identity.entity.metadata.y}}", "{{time.now}}", "{{identity.entity.metadata}}", "1", "[", "]", "{{",
            "\"sub\"", "\"",
        ];
        var seed = 1u;
        var taken = 0;
        for (var i = 0; i < 50_000; i++)
        {
            var text = "{" + (i % 2 == 0 ? "\"a\":" : "") + string.Concat(Enumerable.Range(0, (int)(Next() % 6)).Select(_ => parts[Next() % parts.Length])) + "}";
            if (!OidcTemplate.Parse(text).Succeeded)
                continue;
            taken++;
            var claims = OidcTemplate.Fill(text, Bob, DateTimeOffset.UnixEpoch);
            Assert.True(claims.Succeeded, text);
            var others = OidcTemplate.Fill(text, Nobody, DateTimeOffset.UnixEpoch);
            Assert.Equal(others.Value.Select(c => c.Key), claims.Value.Select(c => c.Key));
            Assert.NotNull(JsonDocument.Parse(claims.Value.ToJsonString()));
        }
        Assert.InRange(taken, 20, 50_000);

        uint Next() => (seed = (seed * 1664525) + 1013904223) >> 8;
    }
}
