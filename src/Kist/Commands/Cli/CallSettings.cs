using Kist.Client.Settings;
using Kist.Commands.Arguments;
using Kist.Commands.Rendering;
using Kist.Crypto;

namespace Kist.Commands.Cli;

/// <summary>The settings of one call: flags before variables, variables before the token file.</summary>
internal sealed class CallSettings(CliHost host, ParsedArguments parsed)
{
    private readonly EnvironmentSettings variables = new(host.Variable, host.ActsAsVault);

    /// <summary>The files that can hold the user's token; the first is the one to write.</summary>
    public IReadOnlyList<TokenFile> TokenFiles => host switch
    {
        { HomeFolder.Length: 0 } =>
            throw ExitException.Usage("there is no home folder to keep a token in: set HOME, or pass the token in KIST_TOKEN"),
        { ActsAsVault: true } => [new TokenFile(Path.Combine(host.HomeFolder, ".vault-token"))],
        _ => [new TokenFile(Path.Combine(host.HomeFolder, ".kist-token")), new TokenFile(Path.Combine(host.HomeFolder, ".vault-token"))],
    };

    /// <summary>A setting by its name without prefix, or null.</summary>
    public Setting? Find(string name)
    {
        var flag = CommonFlags.Connection.FirstOrDefault(f => f.Variable == name);
        return flag is not null && parsed.Text(flag) is { Length: > 0 } value ? new Setting(value, flag.ToString()) : variables.Find(name);
    }

    /// <summary>How to reach the server, and with which token.</summary>
    /// <exception cref="SettingException">A setting cannot be used.</exception>
    public ClientSettings Read()
    {
        var read = ClientSettingsReader.Read(Find) with { Headers = parsed.Map(CommonFlags.Header) };
        return read with { Token = read.Token ?? TokenFromFile() };
    }

    /// <summary>The form of the result.</summary>
    /// <exception cref="ExitException">A variable names one that does not exist.</exception>
    public OutputFormat Format(Shows shows)
    {
        if (shows == Shows.Message)
            return OutputFormat.Table;
        if (parsed.Text(CommonFlags.Format) is { } chosen)
            return Enum.Parse<OutputFormat>(chosen, ignoreCase: true);
        if (variables.Find("FORMAT") is not { } setting)
            return OutputFormat.Table;
        return CommonFlags.Format.Choices.Contains(setting.Value, StringComparer.Ordinal)
            ? Enum.Parse<OutputFormat>(setting.Value, ignoreCase: true)
            : throw ExitException.Usage($"{setting.Origin} must be one of {string.Join(", ", CommonFlags.Format.Choices)}");
    }

    private SecretText? TokenFromFile()
    {
        if (host.HomeFolder.Length == 0)
            return null;
        foreach (var file in TokenFiles)
        {
            if (file.Read() is not { } token)
                continue;
            if (file.IsExposed)
                host.Tell($"Warning: others may read the token file {file.Path}; run: chmod 600 {file.Path}");
            return token;
        }

        return null;
    }
}
