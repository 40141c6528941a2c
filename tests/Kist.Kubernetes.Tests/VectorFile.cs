using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Kist.Wire.Etcd.Snapshot;

namespace Kist.Kubernetes.Tests;

/// <summary>A file of captured values.</summary>
public sealed class VectorFile
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "vectors");

    /// <summary>The files whose entries have a value and what it means.</summary>
    public static readonly string[] Names =
    [
        "identity", "aescbc", "aesgcm", "secretbox", "aescbc-key-sizes", "aesgcm-key-sizes", "kmsv1-cbc-k8s1.20", "kmsv1-gcm-k8s1.36", "kmsv2-seed",
        "kmsv2-aesgcmkey", "rotation-aescbc", "json-storage", "large-aescbc", "large-aesgcm", "large-kmsv2", SnapshotName,
    ];

    /// <summary>Its values lie in a snapshot file of etcd, not in the JSON beside it.</summary>
    public const string SnapshotName = "etcd-snapshot";

    /// <summary>That snapshot.</summary>
    public static readonly string Snapshot = Path.Combine(Folder, SnapshotName + ".bin");

    private readonly JsonElement root;

    public VectorFile(string name) => root = name == SnapshotName ? WithValues(Read(name)) : Read(name);

    public string Config => Text($"{root.GetProperty("config").GetString()}");

    /// <summary>Those that are as an API server wrote them.</summary>
    public IEnumerable<Vector> Entries => Everything.Where(e => !e.Key.Contains("/corrupt/", StringComparison.Ordinal));

    /// <summary>Those that were changed afterwards included.</summary>
    public IEnumerable<Vector> Everything => root.GetProperty("entries").EnumerateArray().Select(e => new Vector(e));

    public StubKmsPlugin Plugin => root.TryGetProperty("kms_plugin", out var plugin)
        ? new StubKmsPlugin(
            plugin.GetProperty("keks_base64").EnumerateObject().ToDictionary(k => k.Name, k => k.Value.GetBytesFromBase64()),
            plugin.GetProperty("active").GetString()!)
        : new StubKmsPlugin([], "none");

    public Vector this[string key] => Entries.Single(e => e.Key == key);

    /// <summary>All entries of all files, for theories: file and key.</summary>
    public static TheoryData<string, string> All()
    {
        var data = new TheoryData<string, string>();
        foreach (var name in Names)
        {
            foreach (var entry in new VectorFile(name).Entries)
                data.Add(name, entry.Key);
        }
        return data;
    }

    public static JsonElement Read(string name)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Folder, name + ".json")));
        return document.RootElement.Clone();
    }

    private static JsonElement WithValues(JsonElement file)
    {
        using var snapshot = EtcdSnapshot.Open(Snapshot, checkDigest: true, CancellationToken.None);
        var index = snapshot.Index(""u8, CancellationToken.None);
        var node = JsonNode.Parse(file.GetRawText())!;
        foreach (var entry in node["entries"]!.AsArray())
        {
            var value = index.Find(Encoding.UTF8.GetBytes((string)entry!["key"]!))!.Value;
            entry["value_base64"] = Convert.ToBase64String(value.Span);
        }
        return JsonSerializer.SerializeToElement(node);
    }

    public static string Text(string path) => File.ReadAllText(Path.Combine(Folder, path));
}

/// <summary>One captured value.</summary>
public sealed class Vector(JsonElement entry)
{
    public string Key => entry.GetProperty("key").GetString()!;

    public byte[] KeyBytes => System.Text.Encoding.UTF8.GetBytes(Key);

    public string Provider => entry.GetProperty("provider").GetString()!;

    public string? KeyName => entry.GetProperty("key_name").GetString();

    public byte[] Value => entry.GetProperty("value_base64").GetBytesFromBase64();

    public byte[] Body => Value[(Text("prefix") ?? "").Length..];

    public byte[]? Plaintext => Bytes("plaintext_base64");

    public bool? IsStale => entry.TryGetProperty("stale_under_config", out var stale) ? stale.GetBoolean() : null;

    public JsonNode? Expected => entry.TryGetProperty("expected", out var expected) ? JsonNode.Parse(expected.GetRawText()) : null;

    public JsonElement Encrypted => entry.GetProperty("encryptedObject");

    public string? Text(string name) => entry.TryGetProperty(name, out var text) ? text.GetString() : null;

    public byte[]? Bytes(string name) => entry.TryGetProperty(name, out var text) ? text.GetBytesFromBase64() : null;

    public JsonElement? Member(string name) => entry.TryGetProperty(name, out var member) ? member : null;
}
