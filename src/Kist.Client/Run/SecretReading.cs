using System.Text;
using System.Text.Json;
using Kist.Crypto;

namespace Kist.Client.Run;

/// <summary>One answer of the server, and the fields in it.</summary>
internal sealed class SecretReading
{
    private readonly JsonElement fields;

    public SecretReading(ApiResponse response)
    {
        var data = response.Data ?? default;
        IsVersioned = data.Object("metadata")?.Number("version") is not null && data.TryGetProperty("data", out _);
        fields = IsVersioned ? data.Object("data") ?? default : data;
        Version = IsVersioned ? data.Object("metadata")!.Value.Number("version") : null;
        LeaseId = response.Json?.Text("lease_id") ?? "";
        LeaseSeconds = response.Json?.Number("lease_duration") ?? 0;
        IsRenewable = response.Json?.IsTrue("renewable") ?? false;
    }

    /// <summary>Whether it came from a key/value mount of version 2.</summary>
    public bool IsVersioned { get; }

    /// <summary>The version of such a secret, or null.</summary>
    public long? Version { get; }

    /// <summary>The lease that must end with the child, or empty.</summary>
    public string LeaseId { get; }

    /// <summary>How long the lease lasts.</summary>
    public long LeaseSeconds { get; }

    /// <summary>Whether the lease can be extended.</summary>
    public bool IsRenewable { get; }

    /// <summary>The field's value: a string's text, or the JSON of anything else.</summary>
    public SecretAnswer Field(SecretId id)
    {
        if (fields.ValueKind != JsonValueKind.Object)
            return SecretAnswer.Failed($"{id.Path}: the secret has no data; was its newest version deleted?");
        var names = fields.EnumerateObject().Select(static p => p.Name).ToList();
        var field = id.Field ?? (names is [var only] ? only : null);
        if (field is null)
        {
            return SecretAnswer.Failed(
                $"{id.Path}: say which field to take, as in {id.Path}#{names.FirstOrDefault() ?? "password"}; there are {Listed(names)}");
        }
        return fields.TryGetProperty(field, out var value)
            ? SecretAnswer.Of(Bytes(value))
            : SecretAnswer.Failed($"{id.Path}: there is no field \"{field}\"; there are {Listed(names)}");
    }

    private static string Listed(List<string> names) => names.Count == 0 ? "none" : string.Join(", ", names.Take(20));

    private static SecretBytes Bytes(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => new SecretBytes(Encoding.UTF8.GetBytes(value.GetString()!)),
        JsonValueKind.Null => new SecretBytes([]),
        _ => new SecretBytes(Encoding.UTF8.GetBytes(value.GetRawText())),
    };
}
