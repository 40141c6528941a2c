using Kist.Client.Templates;

namespace Kist.Client.Agent.Templates;

/// <summary>Something that is made of templates, and made again when what they depend on changes.</summary>
internal interface ITemplateWork
{
    /// <summary>Its name in the agent's status and messages.</summary>
    string Part { get; }

    /// <summary>The folder that files which it reads must lie in; empty for anywhere.</summary>
    string Sandbox { get; }

    /// <summary>How long to wait for further changes; zero for not at all.</summary>
    TimeSpan WaitMin { get; }

    /// <summary>How long to wait at most while changes go on.</summary>
    TimeSpan WaitMax { get; }

    /// <summary>Makes it.</summary>
    /// <param name="asked">Gets what it depends on, also when it fails.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="Exception">It failed, in one of the ways that <see cref="TemplateLoop"/> knows; what was made before stands.</exception>
    Task MakeAsync(ISet<TemplateDependency> asked, CancellationToken cancellation);
}
