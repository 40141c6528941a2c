using System.Globalization;
using System.Text.Json.Nodes;

namespace Kist.Engines.Tests.Transit;

/// <summary>The engine as its documentation tells it, in the simplest form that could be right: a ciphertext is remembered, not computed.</summary>
internal sealed class TransitModel(TimeProvider clock)
{
    private readonly SortedDictionary<string, Key> keys = new(StringComparer.Ordinal);

    /// <summary>Everything that was encrypted, by whatever key.</summary>
    public List<Sealed> Ciphertexts { get; } = [];

    public IReadOnlyList<string> Names => [.. keys.Keys];

    public string Create(string name, bool derived, bool convergent)
    {
        if (convergent && !derived)
            return "transit.convergent_needs_derived";
        if (!keys.ContainsKey(name))
            keys[name] = new Key { Derived = derived, Convergent = convergent, Created = { [1] = clock.GetUtcNow() } };
        return "ok";
    }

    public string Delete(string name)
    {
        if (!keys.TryGetValue(name, out var key))
            return "transit.key_not_found";
        if (!key.DeletionAllowed)
            return "transit.deletion_not_allowed";
        keys.Remove(name);
        return "ok";
    }

    public string Rotate(string name)
    {
        if (!keys.TryGetValue(name, out var key))
            return "transit.key_not_found";
        key.Created[++key.Latest] = clock.GetUtcNow();
        return "ok";
    }

    public string Configure(string name, int? minDecryption, int? minEncryption, bool? deletionAllowed)
    {
        if (minDecryption < 0 || minEncryption < 0)
            return "transit.invalid_config";
        if (!keys.TryGetValue(name, out var key))
            return "transit.key_not_found";
        var decryption = minDecryption is { } d ? Math.Max(1, d) : key.MinDecryption;
        var encryption = minEncryption ?? key.MinEncryption;
        var deletion = deletionAllowed ?? key.DeletionAllowed;
        if ((decryption, encryption, deletion) == (key.MinDecryption, key.MinEncryption, key.DeletionAllowed))
            return "ok";
        if (decryption > key.Latest || encryption > key.Latest || (encryption > 0 && encryption < decryption)
            || encryption < key.MinAvailable || decryption < key.MinAvailable)
            return "transit.invalid_config";
        (key.MinDecryption, key.MinEncryption, key.DeletionAllowed) = (decryption, encryption, deletion);
        return "ok";
    }

    public string Trim(string name, int target)
    {
        if (!keys.TryGetValue(name, out var key))
            return "transit.key_not_found";
        if (target < 1 || target < key.MinAvailable || key.MinEncryption == 0 || target > key.MinEncryption || target > key.MinDecryption)
            return "transit.invalid_trim";
        key.MinAvailable = target;
        return "ok";
    }

    /// <summary>The code and the version that encrypts. Where there is no key, one is made as the request implies.</summary>
    public (string Code, int Version) Encrypt(string name, int version, string context, string data)
    {
        var isNew = !keys.TryGetValue(name, out var key);
        key ??= new Key { Derived = context.Length > 0, Created = { [1] = clock.GetUtcNow() } };
        if (version < 0 || version > key.Latest || (version > 0 && (version < key.MinEncryption || version < key.MinDecryption)))
            return ("transit.invalid_version", 0);
        if (key.Derived && context.Length == 0)
            return ("transit.context_required", 0);
        if (key.Convergent && data.Length > 0)
            return ("transit.associated_data_not_allowed", 0);
        if (isNew)
            keys[name] = key;
        return ("ok", version == 0 ? key.Latest : version);
    }

    public void Remember(string name, string ciphertext, int version, string plaintext, string context, string data)
    {
        var made = new Sealed(keys[name], ciphertext, version, plaintext, keys[name].Derived ? context : "", data);
        var twin = Ciphertexts.Find(other => other.Ciphertext == ciphertext);
        Assert.True(twin is null || (made.Key.Convergent && twin with { } == made), "two texts have one ciphertext");
        if (made.Key.Convergent)
        {
            var equal = Ciphertexts.Find(other => other with { Ciphertext = ciphertext } == made);
            Assert.True(equal is null || equal.Ciphertext == ciphertext, "equal texts have two ciphertexts");
        }
        Ciphertexts.Add(made);
    }

    public (string Code, string Plaintext) Decrypt(string name, Sealed text, string context, string data)
    {
        if (!keys.TryGetValue(name, out var key))
            return ("transit.key_not_found", "");
        if (text.Version > key.Latest || text.Version < key.MinDecryption)
            return ("transit.invalid_version", "");
        if (key.Derived && context.Length == 0)
            return ("transit.context_required", "");
        var opens = text.Key == key && text.AssociatedData == data && (!key.Derived || text.Context == context);
        return opens ? ("ok", text.Plaintext) : ("transit.not_authentic", "");
    }

    /// <summary>What a read answers of a key; null when there is none.</summary>
    public JsonObject? Read(string name) => !keys.TryGetValue(name, out var key) ? null : new JsonObject
    {
        ["latest_version"] = key.Latest,
        ["min_available_version"] = key.MinAvailable,
        ["min_decryption_version"] = key.MinDecryption,
        ["min_encryption_version"] = key.MinEncryption,
        ["deletion_allowed"] = key.DeletionAllowed,
        ["derived"] = key.Derived,
        ["keys"] = new JsonObject(key.Created.Where(version => version.Key >= key.MinDecryption).Select(version =>
            KeyValuePair.Create<string, JsonNode?>(version.Key.ToString(CultureInfo.InvariantCulture), version.Value.ToUnixTimeSeconds()))),
    };

    public sealed class Key
    {
        public bool Derived { get; init; }

        public bool Convergent { get; init; }

        public bool DeletionAllowed { get; set; }

        public int Latest { get; set; } = 1;

        public int MinAvailable { get; set; }

        public int MinDecryption { get; set; } = 1;

        public int MinEncryption { get; set; }

        public SortedDictionary<int, DateTimeOffset> Created { get; } = [];
    }

    /// <summary>A ciphertext and all that went into it. Keys are told apart by their identity: one of the same name may follow another.</summary>
    public sealed record Sealed(Key Key, string Ciphertext, int Version, string Plaintext, string Context, string AssociatedData);
}
