namespace Kist.Client.Tests.Fakes;

/// <summary>Answers in the shapes that Vault documents.</summary>
internal static class Answers
{
    public const string Mount2 = """{"data":{"path":"secret/","type":"kv","options":{"version":"2"}}}""";
    public const string Mount1 = """{"data":{"path":"kv1/","type":"kv","options":null}}""";

    public const string Secret = """
        {"request_id":"11111111-2222-3333-4444-555555555555","lease_id":"","renewable":false,"lease_duration":0,"data":{"data":{"password":"s3cret","user":"app"},
        "metadata":{"created_time":"2026-01-02T03:04:05.123456789Z","custom_metadata":null,"deletion_time":"","destroyed":false,"version":2}},
        "wrap_info":null,"warnings":null,"auth":null,"mount_type":"kv"}
        """;

    public const string DeletedSecret = """
        {"request_id":"1","data":{"data":null,"metadata":{"created_time":"2026-01-02T03:04:05Z","custom_metadata":null,"deletion_time":"2026-02-01T00:00:00Z",
        "destroyed":false,"version":2}},"warnings":null}
        """;

    public const string WriteResult = """
        {"request_id":"1","data":{"created_time":"2026-01-02T03:04:05Z","custom_metadata":{"owner":"payments"},"deletion_time":"","destroyed":false,"version":3}}
        """;

    public const string Rotation = """
        {"request_id":"1","lease_id":"","renewable":false,"lease_duration":0,"data":{"period":"24h0m0s","schedule":null,"window":"0s",
        "generator":{"kind":"password","length":32},"fields":{"password":"password"},"target":{"type":"http","url":"https://hooks.example/kist","has_token":true,
        "ca_pem":null,"program":null,"mount":null,"connection":null,"usernames":null,"username_field":null},"grace":"10m0s","phase":"failed","step":"staged",
        "attempts":2,"last_error":"the target answers with status 500","next_attempt":"2026-01-02T03:05:00Z","last_rotation":"2026-01-01T00:00:00Z",
        "next_rotation":"2026-01-03T00:00:00Z","current_version":7,"previous_version":6,"grace_end":null},"wrap_info":null,"warnings":null,"auth":null}
        """;

    public const string OldSecret = """
        {"request_id":"1","lease_id":"","renewable":false,"lease_duration":2764800,"data":{"password":"s3cret","count":12345678901234567890,"on":true,
        "tags":["a","b"],"nested":{"b":1,"a":null}},"wrap_info":null,"warnings":null,"auth":null}
        """;

    public const string Login = """
        {"request_id":"1","lease_id":"","renewable":false,"lease_duration":0,"data":null,"wrap_info":null,"warnings":["mind the gap"],
        "auth":{"client_token":"hvs.marked-token","accessor":"acc","policies":["default","app"],"token_policies":["default","app"],"identity_policies":[],
        "metadata":{"username":"alice"},"lease_duration":3600,"renewable":true,"entity_id":"e","token_type":"service","orphan":true}}
        """;

    public const string Unproved = """
        {"request_id":"1","lease_id":"","renewable":false,"lease_duration":0,"data":null,"wrap_info":null,"warnings":null,
        "auth":{"client_token":"","accessor":"","policies":null,"token_policies":null,"metadata":null,"lease_duration":0,"renewable":false,
        "entity_id":"e","token_type":"service","orphan":false,"mfa_requirement":{"mfa_request_id":"r-1","mfa_constraints":{
        "all":{"any":[{"type":"totp","id":"m-1","uses_passcode":true,"name":"app"},{"type":"totp","id":"m-2","uses_passcode":true,"name":""}]},
        "again":{"any":[{"type":"totp","id":"m-1","uses_passcode":true,"name":"app"}]}}},"num_uses":0}}
        """;

    public const string Wrapped = """
        {"request_id":"","lease_id":"","renewable":false,"lease_duration":0,"data":null,"warnings":null,"auth":null,
        "wrap_info":{"token":"hvs.wrapping","accessor":"wacc","ttl":300,"creation_time":"2026-01-02T03:04:05Z","creation_path":"secret/data/app","wrapped_accessor":""}}
        """;

    public const string LookupSelf = """
        {"request_id":"1","data":{"accessor":"acc","creation_time":1700000000,"creation_ttl":2764800,"display_name":"root","entity_id":"","expire_time":null,
        "explicit_max_ttl":0,"id":"hvs.marked-token","meta":null,"num_uses":0,"orphan":true,"path":"auth/token/root","policies":["root"],"ttl":2764743,
        "renewable":true,"type":"service"}}
        """;

    public const string Sealed = """
        {"type":"shamir","initialized":true,"sealed":true,"t":3,"n":5,"progress":1,"nonce":"n-1","version":"1.15.0","build_date":"2026-01-01T00:00:00Z",
        "migration":false,"recovery_seal":false,"storage_type":"sqlite"}
        """;

    public const string Unsealed = """
        {"type":"shamir","initialized":true,"sealed":false,"t":3,"n":5,"progress":0,"nonce":"","version":"1.15.0","build_date":"2026-01-01T00:00:00Z",
        "migration":false,"cluster_name":"kist","cluster_id":"c-1","recovery_seal":false,"storage_type":"sqlite"}
        """;

    public const string Leader = """{"ha_enabled":true,"is_self":true,"leader_address":"https://10.0.0.1:8200","leader_cluster_address":""}""";

    public const string Denied = """{"errors":["1 error occurred:\n\t* permission denied\n\n"]}""";
}
