using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Kist.Core.Identity;
using Kist.Core.Identity.Stored;

namespace Kist.Core.Tests.Identity;

/// <summary>The bytes that lie in a store of today must be read by every later program.</summary>
public sealed class IdentityStoredFormTests
{
    private static readonly DateTimeOffset Then = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void An_entity_has_its_golden_form() => AssertForm(
        """
        {"schema":1,"id":"e","name":"José","metadata":{"team":"a"},"policies":["app"],"disabled":true,
        "created_at":"2026-01-31T12:00:00+00:00","updated_at":"2026-01-31T12:00:00+00:00",
        "aliases":[{"id":"a","mount":"00ff","accessor":"auth_call_1","mount_type":"call","name":"bob","metadata":{"b":"c"},"custom_metadata":{"d":"e"},
        "created_at":"2026-01-31T12:00:00+00:00","updated_at":"2026-01-31T12:00:00+00:00","merged_from":["f"]}],
        "groups":[{"group":"g","alias":"00ff/h"}],"merged_ids":["f"],"merged_into":""}
        """,
        new EntityRecord
        {
            Id = "e",
            Name = "José",
            Metadata = Map("team", "a"),
            Policies = ["app"],
            Disabled = true,
            CreatedAt = Then,
            UpdatedAt = Then,
            Aliases =
            [
                new AliasRecord
                {
                    Id = "a",
                    Mount = "00ff",
                    Accessor = "auth_call_1",
                    MountType = "call",
                    Name = "bob",
                    Metadata = Map("b", "c"),
                    CustomMetadata = Map("d", "e"),
                    CreatedAt = Then,
                    UpdatedAt = Then,
                    MergedFrom = ["f"],
                },
            ],
            Groups = [new Membership("g", "00ff/h")],
            MergedIds = ["f"],
        },
        IdentityJson.Entity);

    [Fact]
    public void A_group_has_its_golden_form() => AssertForm(
        """
        {"schema":1,"id":"g","name":"devs","type":"external","metadata":{"team":"a"},"policies":["app"],"parent_ids":["p"],
        "alias":{"id":"a","mount":"00ff","accessor":"auth_call_1","mount_type":"call","name":"dev","key":"00ff/h",
        "created_at":"2026-01-31T12:00:00+00:00","updated_at":"2026-01-31T12:00:00+00:00"},
        "created_at":"2026-01-31T12:00:00+00:00","updated_at":"2026-01-31T12:00:00+00:00","modify_index":3,"deleting":false}
        """,
        new GroupRecord
        {
            Id = "g",
            Name = "devs",
            Type = "external",
            Metadata = Map("team", "a"),
            Policies = ["app"],
            ParentIds = ["p"],
            Alias = new GroupAliasRecord
            {
                Id = "a",
                Mount = "00ff",
                Accessor = "auth_call_1",
                MountType = "call",
                Name = "dev",
                Key = "00ff/h",
                CreatedAt = Then,
                UpdatedAt = Then,
            },
            CreatedAt = Then,
            UpdatedAt = Then,
            ModifyIndex = 3,
        },
        IdentityJson.Group);

    [Fact]
    public void Pointers_and_notes_have_their_golden_forms()
    {
        AssertForm("""{"id":"e","schema":1}""", new IdentityPointer("e"), IdentityJson.Pointer);
        AssertForm("""{"id":"e","schema":1,"name":"Ann"}""", new IdentityPointer("e") { Name = "Ann" }, IdentityJson.Pointer);
        AssertForm("""{"alias":"00ff/h","schema":1}""", new MemberNote("00ff/h"), IdentityJson.Note);
    }

    [Theory]
    [InlineData("Ann", "ann")]
    [InlineData("a-b_c.d@e+f=g:h", "a-b_c.d@e+f=g:h")]
    [InlineData("a/b", "a%2fb")]
    [InlineData("a%2fb", "a%252fb")]
    [InlineData("É", "%c3%a9")]
    public void A_name_has_one_key(string name, string key) => Assert.Equal(key, IdentityNames.KeyOf(name));

    private static Dictionary<string, string> Map(string key, string value) => new(StringComparer.Ordinal) { [key] = value };

    private static void AssertForm<T>(string form, T record, JsonTypeInfo<T> type)
    {
        form = form.ReplaceLineEndings("");
        Assert.Equal(form, JsonSerializer.Serialize(record, type));
        Assert.Equivalent(record, JsonSerializer.Deserialize(form, type), strict: true);
    }
}
