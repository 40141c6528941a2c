using System.Collections;
using Kist.Client.Templates;

namespace Kist.Hosting.Agent;

/// <summary>What templates find on this machine.</summary>
internal static class TemplateVariables
{
    /// <summary>This process's environment, and the clock.</summary>
    public static TemplateEnvironment Read(TimeProvider time) => new(
        Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .ToDictionary(static v => (string)v.Key, static v => v.Value as string ?? "", StringComparer.Ordinal),
        time);
}
