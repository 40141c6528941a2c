using Kist.Core;

namespace Kist.Engines.Database.Names;

/// <summary>What a user is named by.</summary>
/// <param name="DisplayName">Of the token that asks.</param>
/// <param name="RoleName">The role.</param>
internal readonly record struct NameSubject(string DisplayName, string RoleName);

/// <summary>
/// How new users are named: the part of Go's template language that Vault's documentation shows for usernames, which is text, fields, functions and pipelines.
/// Bounded in size, depth and result.
/// </summary>
internal sealed class UsernameTemplate
{
    /// <summary>Longest template.</summary>
    public const int MostCharacters = 1024;

    /// <summary>Longest name on its way through the functions.</summary>
    public const int LongestValue = 1024;

    private const int LongestPart = 256;
    private const int Trials = 64;

    private readonly IReadOnlyList<TemplatePart> parts;

    private UsernameTemplate(IReadOnlyList<TemplatePart> parts) => this.parts = parts;

    /// <summary>Reads a template.</summary>
    public static Outcome<UsernameTemplate> Parse(string text)
    {
        if (text.Length > MostCharacters)
            return Invalid($"is longer than {MostCharacters} characters");
        try
        {
            return new UsernameTemplate(new TemplateParser(text).Read());
        }
        catch (FormatException e)
        {
            return Invalid(e.Message);
        }
    }

    /// <summary>
    /// Checks a template by use: it must give names, and never the same one twice. A name that is there already would belong to somebody else, and a user that
    /// is revoked must be nobody else's.
    /// </summary>
    public static Failure? Check(string text, TimeProvider clock)
    {
        var parsed = Parse(text);
        if (!parsed.Succeeded)
            return parsed.Failure;
        var now = clock.GetUtcNow();
        // Short names and such as cut off whatever comes late in the template.
        var longest = new string('x', LongestPart);
        foreach (var subject in new[] { new NameSubject("token", "role"), new NameSubject(longest, longest) })
        {
            var names = new HashSet<string>(StringComparer.Ordinal);
            for (var i = 0; i < Trials; i++)
            {
                var name = parsed.Value.Render(subject, now);
                if (!name.Succeeded)
                    return name.Failure;
                if (!names.Add(name.Value))
                    return Invalid("gives the same name twice, if only where other parts are long: it needs {{random 20}} or {{uuid}} that nothing cuts off");
            }
        }
        return null;
    }

    /// <summary>A new name.</summary>
    public Outcome<string> Render(NameSubject subject, DateTimeOffset now)
    {
        try
        {
            return string.Concat(parts.Select(part => part.Render(subject, now)));
        }
        catch (FormatException e)
        {
            return Invalid(e.Message);
        }
    }

    private static Failure Invalid(string why) => Failure.Invalid("database.invalid_username_template", $"field \"username_template\": {why}");
}
