using System.Buffers;
using System.ComponentModel;
using System.Text.Json;
using Kist.Core;
using Kist.Core.Audit;
using Kist.Core.Pipeline;
using Kist.Core.Routing.Fields;
using Kist.Engines.Kv.Json;
using Kist.Engines.Kv.V2.Stored;

namespace Kist.Engines.Kv.V2;

/// <summary>The fields of <see cref="WriteMetadataRequest"/>, kept raw because null has a meaning of its own: back to the default.</summary>
internal sealed record PatchMetadataRequest
{
    [Description("Path of the secret.")]
    public required string Path { get; init; }

    [Description("Versions to keep; 0 or null for the mount's setting.")]
    [AuditPlain]
    public RawJson MaxVersions { get; init; }

    [Description("Refuse writes without the cas option; null for the mount's setting.")]
    [AuditPlain]
    public RawJson CasRequired { get; init; }

    [Description("Age at which new versions are deleted; 0 or null for the mount's setting.")]
    [AuditPlain]
    public RawJson DeleteVersionAfter { get; init; }

    [Description("Labels to set; a null value removes its label, null in place of the map removes all.")]
    public RawJson CustomMetadata { get; init; }
}

/// <summary><c>PATCH metadata/path</c>: a JSON merge patch (RFC 7396) of the settings and labels of a secret that exists.</summary>
internal sealed class PatchMetadata(Racing racing, KvJson json)
{
    public async ValueTask<Outcome<Nothing>> HandleAsync(PatchMetadataRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        if (KvPath.Check(request.Path) is { } badPath)
            return badPath;
        bool? casRequired = null;
        var outcome = await racing.CommitAsync(context, request.Path, ProposeAsync, cancellationToken);
        if (outcome.Succeeded)
            await WriteMetadata.WarnOfMountAsync(casRequired, context, cancellationToken);
        return outcome;

        async ValueTask<Proposal<Nothing>> ProposeAsync(CancellationToken ct)
        {
            var head = await SecretStore.ReadHeadAsync(context.Storage, request.Path, ct);
            if (head.Revision == 0)
                return Failure.NotFound();
            var settings = FieldJson.Read(Settings(request, head.Record), json.WriteMetadataRequest);
            if (!settings.Succeeded)
                return settings.Failure;
            // The labels that the patch leaves alone count too, and another node may just have removed some.
            if (settings.Value.CheckSettings() is { } bad)
                return new(context.Storage.Begin().Require(context.Storage, SecretStore.HeadKey(request.Path), head.Revision), bad);
            casRequired = settings.Value.CasRequired;
            var next = settings.Value.ApplyTo(head.Record);
            return new(settings.Value.IsEmpty() ? null : WriteMetadata.Replace(context.Storage, request.Path, head, next), Outcome.Done);
        }
    }

    /// <summary>The patch as the settings it comes to, in the form of a <see cref="WriteMetadataRequest"/>.</summary>
    private ReadOnlyMemory<byte> Settings(PatchMetadataRequest patch, HeadRecord head)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, KvJson.Writing))
        {
            writer.WriteStartObject();
            writer.WriteString("path"u8, patch.Path);
            Write(writer, "max_versions"u8, patch.MaxVersions.Utf8, "0"u8);
            Write(writer, "cas_required"u8, patch.CasRequired.Utf8, "false"u8);
            Write(writer, "delete_version_after"u8, patch.DeleteVersionAfter.Utf8, "0"u8);
            Write(writer, "custom_metadata"u8, Labels(patch.CustomMetadata.Utf8, head), "{}"u8);
            writer.WriteEndObject();
        }
        return buffer.WrittenMemory;
    }

    private ReadOnlyMemory<byte> Labels(ReadOnlyMemory<byte> patch, HeadRecord head)
    {
        if (patch.IsEmpty || head.CustomMetadata is not { } labels)
            return patch.IsEmpty ? patch : MergePatch.Apply(default, patch);
        return MergePatch.Apply(JsonSerializer.SerializeToUtf8Bytes(labels, json.IReadOnlyDictionaryStringString), patch);
    }

    private static void Write(Utf8JsonWriter writer, ReadOnlySpan<byte> name, ReadOnlyMemory<byte> value, ReadOnlySpan<byte> whenNull)
    {
        if (value.IsEmpty)
            return;
        writer.WritePropertyName(name);
        writer.WriteRawValue(value.Span.SequenceEqual("null"u8) ? whenNull : value.Span, skipInputValidation: true);
    }
}
