namespace Kist.Engines.Database.Names;

/// <summary>A part of a template that gives text.</summary>
internal abstract record TemplatePart
{
    /// <summary>Its text.</summary>
    /// <exception cref="FormatException">A function got what it does not take; the message says so.</exception>
    public abstract string Render(NameSubject subject, DateTimeOffset now);
}

/// <summary>Text as it stands, or a constant of the template.</summary>
internal sealed record TextPart(string Text) : TemplatePart
{
    /// <inheritdoc/>
    public override string Render(NameSubject subject, DateTimeOffset now) => Text;
}

/// <summary><c>.DisplayName</c> or <c>.RoleName</c>.</summary>
internal sealed record FieldPart(bool OfRole) : TemplatePart
{
    /// <inheritdoc/>
    public override string Render(NameSubject subject, DateTimeOffset now) => OfRole ? subject.RoleName : subject.DisplayName;
}

/// <summary>A function with its arguments, the piped one last.</summary>
internal sealed record CallPart(TemplateFunction Function, IReadOnlyList<TemplatePart> Arguments) : TemplatePart
{
    /// <inheritdoc/>
    public override string Render(NameSubject subject, DateTimeOffset now)
    {
        var result = Function.Run([.. Arguments.Select(a => a.Render(subject, now))], now);
        return result.Length <= UsernameTemplate.LongestValue
            ? result
            : throw new FormatException($"{Function.Name} makes more than {UsernameTemplate.LongestValue} characters");
    }
}
