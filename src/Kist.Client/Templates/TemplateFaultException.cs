using System.Diagnostics.CodeAnalysis;

namespace Kist.Client.Templates;

/// <summary>A fault of code that knows no position; whoever called it for a template makes a <see cref="TemplateException"/> of it.</summary>
[SuppressMessage("Design", "S3871", Justification = "Never leaves the folder: a TemplateException is made of it.")]
internal sealed class TemplateFaultException(string reason) : Exception(reason)
{
    /// <summary>What is wrong. Never a value.</summary>
    public string Reason => Message;
}
