using Kist.Client.Templates.Values;

namespace Kist.Client.Templates;

/// <summary>Brings what templates ask for.</summary>
public interface ITemplateData
{
    /// <summary>
    /// The answer to a dependency: of a secret what <see cref="SecretRecords"/> makes of the response, of a list its keys, of a file its content.
    /// Called once for each dependency of a rendering, for several at once; whoever renders again after a change answers what did not change from
    /// memory.
    /// </summary>
    /// <exception cref="Exception">There is no answer. The rendering ends with this exception, and nothing is written.</exception>
    ValueTask<TemplateValue> FetchAsync(TemplateDependency dependency, CancellationToken cancellation);
}
