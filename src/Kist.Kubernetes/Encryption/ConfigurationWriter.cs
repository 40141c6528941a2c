using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Kist.Crypto;
using Kist.Kubernetes.AtRest;

namespace Kist.Kubernetes.Encryption;

/// <summary>
/// Writes configurations as the API server reads them: every text in quotes, so that no name is taken for a number or a date, no comments, and keys
/// go from their own memory to the buffer without becoming a string.
/// </summary>
public static class ConfigurationWriter
{
    private const string ApiVersion = "apiserver.config.k8s.io/v1";
    private const string Kind = "EncryptionConfiguration";

    /// <summary>Appends the configuration as YAML.</summary>
    public static void WriteYaml(EncryptionConfiguration configuration, SecretBuffer output)
    {
        Line(output, 0, $"apiVersion: {ApiVersion}");
        Line(output, 0, $"kind: {Kind}");
        Line(output, 0, "resources:");
        foreach (var rule in configuration.Rules)
        {
            Line(output, 2, "- resources:");
            foreach (var resource in rule.Resources)
                Line(output, 6, $"- {Quoted(resource.Text)}");
            Line(output, 4, "providers:");
            foreach (var provider in rule.Providers)
                Provider(output, provider);
        }
    }

    /// <summary>Appends the configuration as JSON.</summary>
    public static void WriteJson(EncryptionConfiguration configuration, SecretBuffer output)
    {
        using (var writer = new Utf8JsonWriter(output, new JsonWriterOptions { Indented = true, NewLine = "\n" }))
        {
            writer.WriteStartObject();
            writer.WriteString("apiVersion", ApiVersion);
            writer.WriteString("kind", Kind);
            writer.WriteStartArray("resources");
            foreach (var rule in configuration.Rules)
                JsonRule(writer, rule);
            writer.WriteEndArray();
            writer.WriteEndObject();
        }
        output.Write("\n"u8);
    }

    private static void Provider(SecretBuffer output, ProviderConfiguration provider)
    {
        if (provider.Kms is { } kms)
        {
            Line(output, 6, "- kms:");
            foreach (var (name, value) in Fields(kms))
                Line(output, 10, $"{name}: {Quoted(value)}");
            if (kms.CacheSize is { } size)
                Line(output, 10, string.Create(CultureInfo.InvariantCulture, $"cachesize: {size}"));
        }
        else if (provider.Keyed is { } keyed)
        {
            Line(output, 6, $"- {provider.Kind!.Value.Name()}:");
            Line(output, 10, "keys:");
            foreach (var key in keyed.Keys)
            {
                Line(output, 12, $"- name: {Quoted(key.Name)}");
                Secret(output, key.Secret);
            }
        }
        else
        {
            Line(output, 6, "- identity: {}");
        }
    }

    private static IEnumerable<(string Name, string Value)> Fields(KmsConfiguration kms) =>
    [
        ("apiVersion", kms.ApiVersion), ("name", kms.Name), ("endpoint", kms.Endpoint), ("timeout", kms.Timeout.Text),
    ];

    // Base64 needs no escape but for the line breaks that may stand in it, which mean nothing.
    private static void Secret(SecretBuffer output, SecretText secret)
    {
        Text(output, $"{new string(' ', 14)}secret: \"");
        foreach (var b in secret.Utf8)
        {
            if (b is not ((byte)'\r' or (byte)'\n'))
                output.Write([b]);
        }
        Text(output, "\"\n");
    }

    private static void JsonRule(Utf8JsonWriter writer, ResourceRule rule)
    {
        writer.WriteStartObject();
        writer.WriteStartArray("resources");
        foreach (var resource in rule.Resources)
            writer.WriteStringValue(resource.Text);
        writer.WriteEndArray();
        writer.WriteStartArray("providers");
        foreach (var provider in rule.Providers)
            JsonProvider(writer, provider);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void JsonProvider(Utf8JsonWriter writer, ProviderConfiguration provider)
    {
        writer.WriteStartObject();
        writer.WriteStartObject(provider.Kms is not null ? "kms" : provider.Kind!.Value.Name());
        if (provider.Kms is { } kms)
        {
            foreach (var (name, value) in Fields(kms))
                writer.WriteString(name, value);
            if (kms.CacheSize is { } size)
                writer.WriteNumber("cachesize", size);
        }
        else if (provider.Keyed is { } keyed)
        {
            writer.WriteStartArray("keys");
            foreach (var key in keyed.Keys)
            {
                writer.WriteStartObject();
                writer.WriteString("name", key.Name);
                writer.WriteString("secret", key.Secret.Utf8);
                writer.WriteEndObject();
            }
            writer.WriteEndArray();
        }
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void Line(SecretBuffer output, int indent, string text) => Text(output, $"{new string(' ', indent)}{text}\n");

    private static void Text(SecretBuffer output, string text) => output.Write(Encoding.UTF8.GetBytes(text));

    private static string Quoted(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (var rune in text.EnumerateRunes())
        {
            _ = rune.Value switch
            {
                '"' or '\\' => quoted.Append('\\').Append((char)rune.Value),
                >= ' ' and <= '~' => quoted.Append((char)rune.Value),
                _ => quoted.Append(CultureInfo.InvariantCulture, $"\\U{rune.Value:x8}"),
            };
        }
        return quoted.Append('"').ToString();
    }
}

/// <summary>Makes keys.</summary>
public static class NewKeys
{
    /// <summary>Bytes of a new key, which every provider takes.</summary>
    public const int KeyBytes = 32;

    /// <summary>A key of the system's generator.</summary>
    public static ConfiguredKey Make(string name)
    {
        using var random = SecretBytes.Random(KeyBytes);
        using var text = SecretBytes.Create(
            Base64.GetMaxEncodedToUtf8Length(KeyBytes), random.Span, static (span, bytes) => Base64.EncodeToUtf8(bytes, span, out _, out _));
        return new ConfiguredKey(name, new SecretText(text.Span), Place.File);
    }
}
