using System.Text;
using System.Text.Unicode;
using Kist.Client.Run.Manifest;
using Kist.Crypto;

namespace Kist.Client.Run.Files;

/// <summary>
/// Writes what a file of secrets holds: a line or field an alias, sorted, without a final line end. Plain values look as Summon writes them; all
/// others are written so that whoever reads the format gets the value back.
/// </summary>
/// <param name="templates">Renders templates, or null when there are none.</param>
public sealed class SecretFileContent(IFileTemplates? templates)
{
    /// <summary>Renders a file's template with stand-ins, so that a fault of it is told before any secret is asked for.</summary>
    /// <exception cref="RunException">The template is faulty.</exception>
    public void Try(FileSpec file)
    {
        if (file.Format != SecretFileFormat.Template)
            return;
        var standIns = file.Secrets.Select(static s => new ResolvedSecret(s.Name, new SecretBytes("REDACTED"u8), IsFile: false)).ToList();
        using var output = new SecretBuffer();
        try
        {
            Templates(file).Render(file.Template, Sorted(standIns), output);
        }
        catch (FormatException e)
        {
            throw RunException.Usage($"failed to execute template on push to file \"{file.Path}\": {e.Message}");
        }
    }

    /// <summary>Writes the content.</summary>
    /// <exception cref="RunException">A secret of the file is missing, or cannot be written in its format.</exception>
    public void Write(FileSpec file, IReadOnlyList<ResolvedSecret> secrets, SecretBuffer output)
    {
        var missing = file.Secrets.Select(static s => s.Name).Except(secrets.Select(static s => s.Name), StringComparer.Ordinal).ToList();
        if (missing.Count > 0)
            throw RunException.Secret($"some secret specs are not present in secrets: \"{string.Join(", ", missing)}\"");
        var sorted = Sorted(secrets);
        if (file.Format == SecretFileFormat.Template)
            Render(file, sorted, output);
        else
            WriteLines(file, sorted, output);
    }

    private static IReadOnlyList<ResolvedSecret> Sorted(IEnumerable<ResolvedSecret> secrets) =>
        [.. secrets.OrderBy(static s => s.Name, StringComparer.Ordinal)];

    private static void WriteLines(FileSpec file, IReadOnlyList<ResolvedSecret> sorted, SecretBuffer output)
    {
        Append(output, file.Format == SecretFileFormat.Json ? "{"u8 : ""u8);
        for (var i = 0; i < sorted.Count; i++)
        {
            if (i > 0)
                Append(output, file.Format == SecretFileFormat.Json ? ","u8 : "\n"u8);
            WriteOne(file, sorted[i], output);
        }
        Append(output, file.Format == SecretFileFormat.Json ? "}"u8 : ""u8);
    }

    private static void WriteOne(FileSpec file, ResolvedSecret secret, SecretBuffer output)
    {
        var value = secret.Value.Span;
        var isShell = file.Format is SecretFileFormat.Bash or SecretFileFormat.Dotenv;
        if (isShell && value.Contains((byte)0))
            throw RunException.Secret($"the value of {secret.Name} holds a NUL byte, which the file \"{file.Path}\" cannot hold in its format");
        if (!isShell && !Utf8.IsValid(value))
            throw RunException.Secret($"the value of {secret.Name} is not UTF-8 text, which the file \"{file.Path}\" must hold in its format");
        Append(output, Name(file.Format, secret.Name));
        switch (file.Format)
        {
            case SecretFileFormat.Json or SecretFileFormat.Yaml:
                FormatQuoting.Json(value, output);
                break;
            case SecretFileFormat.Properties:
                FormatQuoting.Properties(value, output);
                break;
            case SecretFileFormat.Bash:
                FormatQuoting.Shell(value, output);
                break;
            default:
                FormatQuoting.Dotenv(value, output);
                break;
        }
    }

    private static byte[] Name(SecretFileFormat format, string alias) => format switch
    {
        SecretFileFormat.Json => Quoted(alias, ":"),
        SecretFileFormat.Yaml => Quoted(alias, ": "),
        SecretFileFormat.Bash => Encoding.UTF8.GetBytes($"export {alias}="),
        _ => Encoding.UTF8.GetBytes($"{alias}="),
    };

    private static byte[] Quoted(string alias, string behind)
    {
        using var output = new SecretBuffer();
        FormatQuoting.Json(Encoding.UTF8.GetBytes(alias), output);
        Append(output, Encoding.UTF8.GetBytes(behind));
        return output.Written.ToArray();
    }

    private static void Append(SecretBuffer output, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(output.GetSpan(bytes.Length));
        output.Advance(bytes.Length);
    }

    private void Render(FileSpec file, IReadOnlyList<ResolvedSecret> sorted, SecretBuffer output)
    {
        try
        {
            Templates(file).Render(file.Template, sorted, output);
        }
        catch (FormatException)
        {
            // The message may quote what the template worked on.
            throw RunException.Secret($"failed to execute template, with secret values, on push to file \"{file.Path}\"");
        }
    }

    private IFileTemplates Templates(FileSpec file) =>
        templates ?? throw RunException.Usage($"the file \"{file.Path}\" has a template, which this version cannot render: choose another format");
}
