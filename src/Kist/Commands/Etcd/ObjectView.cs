using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using Kist.Commands.Rendering;
using Kist.Crypto;
using Kist.Kubernetes.AtRest;
using Kist.Kubernetes.AtRest.Objects;
using Kist.Kubernetes.Etcd;
using Kist.Wire.Etcd;

namespace Kist.Commands.Etcd;

/// <summary>Lays one object out. Values, and annotations, which may repeat them, are masked unless asked for.</summary>
internal sealed class ObjectView(SelectedKey key, EtcdKeyValue entry, Inspection inspection, bool unmask)
{
    private static readonly JsonWriterOptions Options = new() { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly (StaleReasons Reason, string Text)[] StaleTexts =
    [
        (StaleReasons.LaterProvider, "its provider is not the first one"),
        (StaleReasons.LaterKey, "its key is not the first one"),
        (StaleReasons.KmsV1Body, "KMS v1 in the form before Kubernetes 1.25"),
        (StaleReasons.KmsKeyId, "the plugin uses another key now"),
        (StaleReasons.KmsDekSource, "KMS v2 in the form before Kubernetes 1.29"),
    ];

    /// <summary>Rows of a table.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Rows(ReadOnlySpan<byte> plaintext)
    {
        var rows = new List<IReadOnlyList<string>>();
        Row("key", KeyText.Of(entry.Key.Span));
        Row("resource", key.Name.Resource.ToString());
        Row("namespace", key.Name.Namespace);
        Row("name", key.Name.Name);
        Row("state", inspection.State.Name() + (StaleText() is { Length: > 0 } why ? $" ({why})" : ""));
        Row("provider", inspection.Label.Provider);
        Row("key_name", inspection.Label.KeyName ?? "");
        Row("revision", $"{Number(entry.ModRevision)} (made at {Number(entry.CreateRevision)}, written {Number(entry.Version)} times)");
        Row("stored_bytes", Number(entry.Value.Length));
        if (inspection.Object is not { } stored)
            return rows;
        Row("kind", $"{stored.ApiVersion} {stored.Kind}");
        if (inspection.IsMoved)
            Row("says_it_is", $"{stored.Namespace}/{stored.Name}");
        Row("uid", stored.Uid);
        Row("type", stored.Type);
        Row("immutable", stored.Immutable?.ToString().ToLowerInvariant() ?? "");
        Row("labels", string.Join(", ", stored.Labels.Select(l => $"{l.Key}={l.Value}")));
        Row("owners", string.Join(", ", stored.Owners.Select(o => $"{o.Kind} {o.Name}")));
        Fields("annotation", stored.Annotations, plaintext);
        Fields("data", stored.Data, plaintext);
        Fields("binary_data", stored.BinaryData, plaintext);
        return rows;

        void Row(string name, string value)
        {
            if (value.Length > 0)
                rows.Add([Printable.Cell(name), Printable.Cell(value)]);
        }

        void Fields(string kind, IReadOnlyList<StoredField> fields, ReadOnlySpan<byte> text)
        {
            foreach (var field in fields)
                Row($"{kind} {field.Name}", unmask ? Text(text, field) : $"[masked] {Number(field.Size)} bytes");
        }
    }

    /// <summary>A JSON document. Values are in base64, as the API has them.</summary>
    public string Json(ReadOnlySpan<byte> plaintext)
    {
        using var buffer = new SecretBuffer();
        using (var writer = new Utf8JsonWriter(buffer, Options))
        {
            writer.WriteStartObject();
            writer.WriteString("key", KeyText.Of(entry.Key.Span));
            writer.WriteString("resource", key.Name.Resource.ToString());
            writer.WriteString("namespace", key.Name.Namespace);
            writer.WriteString("name", key.Name.Name);
            writer.WriteString("provider", inspection.Label.Provider);
            writer.WriteString("keyName", inspection.Label.KeyName);
            writer.WriteString("state", inspection.State.Name());
            writer.WriteString("staleBecause", StaleText());
            writer.WriteBoolean("moved", inspection.IsMoved);
            writer.WriteNumber("revision", entry.ModRevision);
            writer.WriteNumber("storedBytes", entry.Value.Length);
            if (inspection.Object is { } stored)
                WriteObject(writer, stored, plaintext);
            writer.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.Written) + "\n";
    }

    private void WriteObject(Utf8JsonWriter writer, StoredObject stored, ReadOnlySpan<byte> plaintext)
    {
        writer.WriteStartObject("object");
        writer.WriteString("apiVersion", stored.ApiVersion);
        writer.WriteString("kind", stored.Kind);
        writer.WriteString("namespace", stored.Namespace);
        writer.WriteString("name", stored.Name);
        writer.WriteString("uid", stored.Uid);
        if (stored.Type.Length > 0)
            writer.WriteString("type", stored.Type);
        if (stored.Immutable is { } immutable)
            writer.WriteBoolean("immutable", immutable);
        writer.WriteStartObject("labels");
        foreach (var (name, value) in stored.Labels.DistinctBy(l => l.Key))
            writer.WriteString(name, value);
        writer.WriteEndObject();
        WriteFields(writer, "annotations", stored.Annotations, plaintext);
        WriteFields(writer, "data", stored.Data, plaintext);
        WriteFields(writer, "binaryData", stored.BinaryData, plaintext);
        writer.WriteEndObject();
    }

    private void WriteFields(Utf8JsonWriter writer, string name, IReadOnlyList<StoredField> fields, ReadOnlySpan<byte> plaintext)
    {
        writer.WriteStartObject(name);
        using var value = new SecretBuffer();
        foreach (var field in fields.DistinctBy(f => f.Name))
        {
            writer.WriteStartObject(field.Name);
            writer.WriteNumber("bytes", field.Size);
            if (unmask)
            {
                value.Clear();
                StoredValues.Copy(plaintext, field, value);
                writer.WriteBase64String("base64", value.Written);
            }
            writer.WriteEndObject();
        }
        writer.WriteEndObject();
    }

    private static string Text(ReadOnlySpan<byte> plaintext, StoredField field)
    {
        using var value = new SecretBuffer();
        StoredValues.Copy(plaintext, field, value);
        return Utf8.IsValid(value.Written) ? Encoding.UTF8.GetString(value.Written) : "base64:" + Convert.ToBase64String(value.Written);
    }

    private string StaleText() => string.Join("; ", StaleTexts.Where(t => inspection.Stale.HasFlag(t.Reason)).Select(t => t.Text));

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
