using Kist.Crypto;

namespace Kist.Client.Run.Files;

/// <summary>
/// Renders the templates of files: Go's text/template with <c>secret "alias"</c>, <c>b64enc</c>, <c>b64dec</c>, <c>htmlenc</c>, <c>.SecretsArray</c>
/// and <c>.SecretsMap</c>.
/// </summary>
public interface IFileTemplates
{
    /// <summary>Renders.</summary>
    /// <param name="template">The template.</param>
    /// <param name="secrets">The values by alias, sorted.</param>
    /// <param name="output">Gets the text.</param>
    /// <exception cref="FormatException">It is malformed or fails. The message may hold values.</exception>
    void Render(string template, IReadOnlyList<ResolvedSecret> secrets, SecretBuffer output);
}
