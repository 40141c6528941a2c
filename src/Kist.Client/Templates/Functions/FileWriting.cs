using Kist.Client.Templates.Values;

namespace Kist.Client.Templates.Functions;

/// <summary><c>writeToFile path user group mode [flags] content</c>, which gives nothing to print.</summary>
internal static class FileWriting
{
    private const int MostMode = 4095;

    public static TemplateValue Write(TemplateCall call)
    {
        var flags = call.Count > 5 ? call.Text(4).Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) : [];
        if (flags.Any(f => f is not ("append" or "newline")))
            throw new TemplateFaultException("argument 5 may say append, newline or both");
        var path = call.Text(0) is { Length: > 0 } written ? written : throw new TemplateFaultException("the path is empty");
        var content = GoText.ToSecret(call.Text(call.Count - 1) + (flags.Contains("newline") ? "\n" : ""));
        call.Run.Write(new TemplateFile(path, call.Text(1), call.Text(2), Mode(call.Text(3)), flags.Contains("append"), content));
        return TextValue.Empty;
    }

    private static UnixFileMode? Mode(string written)
    {
        if (written.Length == 0)
            return null;
        if (written.Length > 5 || written.Any(c => c is < '0' or > '7') || Convert.ToInt32(written, 8) is var mode && mode > MostMode)
            throw new TemplateFaultException("argument 4 must be permissions in octal, such as 0600");
        return (UnixFileMode)Convert.ToInt32(written, 8);
    }
}
