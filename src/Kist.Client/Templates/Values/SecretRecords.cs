using System.Text.Json;

namespace Kist.Client.Templates.Values;

/// <summary>The answers of a server in the shape that templates know them in.</summary>
public static class SecretRecords
{
    private const string SecretType = "dependency.Secret";
    private const string CertificateType = "dependency.PemEncoded";

    /// <summary>
    /// What <c>secret</c> gives for a response of the Vault API (<c>request_id</c>, <c>lease_id</c>, <c>data</c>, <c>auth</c> …): a record with the
    /// fields <c>RequestID</c>, <c>LeaseID</c>, <c>LeaseDuration</c>, <c>Renewable</c>, <c>Data</c>, <c>Warnings</c>, <c>Auth</c> and
    /// <c>WrapInfo</c>.
    /// </summary>
    /// <param name="response">The response's body.</param>
    /// <exception cref="FormatException">A string of it is no valid text.</exception>
    public static TemplateValue Secret(JsonElement response) => new RecordValue("a secret", SecretType,
    [
        Text("RequestID", response, "request_id"),
        Text("LeaseID", response, "lease_id"),
        Whole("LeaseDuration", response, "lease_duration"),
        Flag("Renewable", response, "renewable"),
        new("Data", response.Object("data") is { } data ? TemplateValue.Of(data) : new MapValue()),
        Texts("Warnings", response, "warnings"),
        new("Auth", response.Object("auth") is { } auth ? Auth(auth) : TemplateValue.Nil),
        new("WrapInfo", response.Object("wrap_info") is { } wrapping ? Wrapping(wrapping) : TemplateValue.Nil),
    ]);

    /// <summary>
    /// What <c>pkiCert</c> gives: a record with the fields <c>Cert</c>, <c>Key</c>, <c>CA</c> and <c>CAChain</c>, all PEM, and once more under
    /// <c>Data</c>.
    /// </summary>
    public static TemplateValue Certificate(string certificate, string key, string authority, IEnumerable<string> chain)
    {
        KeyValuePair<string, TemplateValue>[] fields =
        [
            new("Cert", TemplateValue.Of(certificate)),
            new("Key", TemplateValue.Of(key)),
            new("CA", TemplateValue.Of(authority)),
            new("CAChain", TemplateValue.Of(chain)),
        ];
        return new RecordValue("a certificate", CertificateType, [.. fields, new("Data", new RecordValue("a certificate", CertificateType, fields))]);
    }

    private static RecordValue Auth(JsonElement auth) => new("an authentication", "dependency.SecretAuth",
    [
        Text("ClientToken", auth, "client_token"),
        Text("Accessor", auth, "accessor"),
        Texts("Policies", auth, "policies"),
        new("Metadata", Metadata(auth)),
        Whole("LeaseDuration", auth, "lease_duration"),
        Flag("Renewable", auth, "renewable"),
    ]);

    private static RecordValue Wrapping(JsonElement wrapping) => new("a wrapped answer", "dependency.SecretWrapInfo",
    [
        Text("Token", wrapping, "token"),
        Whole("TTL", wrapping, "ttl"),
        Text("CreationTime", wrapping, "creation_time"),
        Text("WrappedAccessor", wrapping, "wrapped_accessor"),
    ]);

    private static MapValue Metadata(JsonElement auth)
    {
        var texts = auth.Object("metadata")?.EnumerateObject().Where(p => p.Value.ValueKind == JsonValueKind.String) ?? [];
        return MapValue.Of(texts.Select(p => KeyValuePair.Create(p.Name, TemplateValue.Of(p.Value.GetString()!))), TextValue.Empty, isShared: true);
    }

    private static KeyValuePair<string, TemplateValue> Text(string name, JsonElement from, string field) =>
        new(name, TemplateValue.Of(from.Text(field) ?? ""));

    private static KeyValuePair<string, TemplateValue> Whole(string name, JsonElement from, string field) =>
        new(name, new IntegerValue(from.Number(field) ?? 0));

    private static KeyValuePair<string, TemplateValue> Flag(string name, JsonElement from, string field) =>
        new(name, BooleanValue.Of(from.IsTrue(field)));

    private static KeyValuePair<string, TemplateValue> Texts(string name, JsonElement from, string field) =>
        new(name, TemplateValue.Of(from.Texts(field)));
}
