namespace Kist.Client.Settings;

/// <summary>A setting's text and where it stood, so that an error can name the place. Prints its origin only, for the text may be a token.</summary>
/// <param name="Value">The text; never empty.</param>
/// <param name="Origin">A variable's or flag's name.</param>
public readonly record struct Setting(string Value, string Origin)
{
    /// <inheritdoc/>
    public override string ToString() => Origin;
}

/// <summary>A setting cannot be used. The message names it and says what to write.</summary>
public sealed class SettingException(string message) : Exception(message);

/// <summary>
/// Finds settings in environment variables, by name without prefix (<c>ADDR</c>): <c>KIST_ADDR</c>, then <c>VAULT_ADDR</c>, or the other way round
/// for a program that stands in for Vault's. An empty variable counts as absent.
/// </summary>
public sealed class EnvironmentSettings(Func<string, string?> variable, bool vaultFirst = false)
{
    private readonly string[] prefixes = vaultFirst ? ["VAULT_", "KIST_"] : ["KIST_", "VAULT_"];

    /// <summary>The setting, or null.</summary>
    public Setting? Find(string name)
    {
        foreach (var prefix in prefixes)
        {
            if (variable(prefix + name) is { Length: > 0 } value)
                return new Setting(value, prefix + name);
        }

        return null;
    }
}
