using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Kist.Core.Identity.Mfa;
using Kist.Core.Identity.Oidc;
using Kist.Core.Logins;

namespace Kist.Core.Tests.Identity;

/// <summary>The bytes of second proofs and identity tokens that lie in a store of today must be read by every later program.</summary>
public sealed class MfaStoredFormTests
{
    private static readonly DateTimeOffset Then = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_method_has_its_golden_form() => AssertForm(
        """
        {"schema":1,"id":"m","name":"app","issuer":"Kist","period_seconds":60,"key_size":32,"algorithm":"SHA256","digits":8,"skew":0,
        "max_validation_attempts":3,"qr_size":100}
        """,
        new MfaMethodRecord
        {
            Id = "m",
            Name = "app",
            Issuer = "Kist",
            PeriodSeconds = 60,
            KeySize = 32,
            Algorithm = "SHA256",
            Digits = 8,
            Skew = 0,
            MaxValidationAttempts = 3,
            QrSize = 100,
        },
        MfaJson.Method);

    [Fact]
    public void A_secret_has_its_golden_form() => AssertForm(
        """
        {"schema":1,"secret":"AQID","period_seconds":60,"algorithm":"SHA256","digits":8,"skew":0,"last_step":7,"failures":2,
        "blocked_until":"2026-01-31T12:00:00+00:00"}
        """,
        new MfaSecretRecord
        {
            Secret = [1, 2, 3],
            PeriodSeconds = 60,
            Algorithm = "SHA256",
            Digits = 8,
            Skew = 0,
            LastStep = 7,
            Failures = 2,
            BlockedUntil = Then,
        },
        MfaJson.Secret);

    [Fact]
    public void Completed_logins_have_their_golden_form() => AssertForm(
        """{"schema":1,"items":[{"id":"l","until":"2026-01-31T12:00:00+00:00"}]}""",
        new MfaCompletedRecord { Items = [new MfaCompleted("l", Then)] },
        MfaJson.Completed);

    [Fact]
    public void Enforcements_have_their_golden_form() => AssertForm(
        """
        {"schema":1,"items":[{"id":"f","name":"all","method_ids":["m"],"accessors":["auth_call_1"],"types":["call"],"group_ids":["g"],
        "entity_ids":["e"]}]}
        """,
        new MfaEnforcementsRecord
        {
            Items =
            [
                new MfaEnforcement
                {
                    Id = "f",
                    Name = "all",
                    MethodIds = ["m"],
                    Accessors = ["auth_call_1"],
                    Types = ["call"],
                    GroupIds = ["g"],
                    EntityIds = ["e"],
                },
            ],
        },
        MfaJson.Enforcements);

    [Fact]
    public void A_login_that_waits_has_its_golden_form() => AssertForm(
        """
        {"id":"l","namespace":0,"mount":3,"entity_id":"e","path":"auth/call/login","role":"all",
        "token":{"schema":1,"token_ttl":"00:00:00","token_max_ttl":"00:00:00","token_policies":["app"],"token_bound_cidrs":[],
        "token_explicit_max_ttl":"00:00:00","token_no_default_policy":false,"token_num_uses":0,"token_period":"00:00:00","token_type":"default"},
        "policies":["more"],"display_name":"bob","metadata":{"a":"b"},"until":"2026-01-31T12:00:00+00:00"}
        """,
        new PendingLogin
        {
            Id = "l",
            Namespace = 0,
            Mount = 3,
            EntityId = "e",
            Path = "auth/call/login",
            Role = "all",
            Token = new TokenSettings { TokenPolicies = ["app"] },
            Policies = ["more"],
            DisplayName = "bob",
            Metadata = new Dictionary<string, string>(StringComparer.Ordinal) { ["a"] = "b" },
            Until = Then,
        },
        MfaJson.Pending);

    [Fact]
    public void A_key_has_its_golden_form() => AssertForm(
        """
        {"schema":1,"algorithm":"ES256","rotation_period":"1.00:00:00","verification_ttl":"02:00:00","allowed_client_ids":["*"],
        "rotates_at":"2026-01-31T12:00:00+00:00","current":{"id":"a","algorithm":"ES256","public_key":"AQ==","until":null},
        "next":{"id":"b","algorithm":"ES256","public_key":"Ag==","until":null},
        "former":[{"id":"c","algorithm":"RS256","public_key":"Aw==","until":"2026-01-31T12:00:00+00:00"}]}
        """,
        new OidcKeyRecord
        {
            Algorithm = "ES256",
            RotationPeriod = TimeSpan.FromDays(1),
            VerificationTtl = TimeSpan.FromHours(2),
            AllowedClientIds = ["*"],
            RotatesAt = Then,
            Current = new OidcKeyVersion("a", "ES256", [1], null),
            Next = new OidcKeyVersion("b", "ES256", [2], null),
            Former = [new OidcKeyVersion("c", "RS256", [3], Then)],
        },
        OidcJson.Key);

    [Fact]
    public void A_role_and_the_settings_have_their_golden_forms()
    {
        AssertForm(
            """{"schema":1,"key":"main","template":"t","client_id":"app","ttl":"01:00:00"}""",
            new OidcRoleRecord { Key = "main", Template = "t", ClientId = "app", Ttl = TimeSpan.FromHours(1) },
            OidcJson.Role);
        AssertForm("""{"schema":1,"issuer":"https://kist"}""", new OidcConfigRecord { Issuer = "https://kist" }, OidcJson.Settings);
        AssertForm("""{"schema":1}""", new OidcStamp(), OidcJson.StampType);
    }

    private static void AssertForm<T>(string form, T record, JsonTypeInfo<T> type)
    {
        form = form.ReplaceLineEndings("");
        Assert.Equal(form, JsonSerializer.Serialize(record, type));
        Assert.Equivalent(record, JsonSerializer.Deserialize(form, type), strict: true);
    }
}
