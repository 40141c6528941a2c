using System.Runtime.InteropServices;

namespace Kist.Client.Templates.Parsing;

internal enum TemplateTokenKind
{
    End,
    Text,
    LeftDelimiter,
    RightDelimiter,
    Space,
    Identifier,
    Field,
    Variable,
    Dot,
    QuotedText,
    RawText,
    Character,
    Number,
    Pipe,
    Declare,
    Assign,
    Comma,
    LeftParenthesis,
    RightParenthesis,
}

/// <param name="Kind">The kind.</param>
/// <param name="Start">Where it starts in the template's text.</param>
/// <param name="Length">How long it is there, quotes and dots included.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct TemplateToken(TemplateTokenKind Kind, int Start, int Length)
{
    /// <summary>The token for messages. Never its text, which may be a secret written in the wrong place.</summary>
    public string Noun => Kind switch
    {
        TemplateTokenKind.End => "the end of the template",
        TemplateTokenKind.Text => "text",
        TemplateTokenKind.LeftDelimiter => "the start of an action",
        TemplateTokenKind.RightDelimiter => "the end of the action",
        TemplateTokenKind.Space => "white space",
        TemplateTokenKind.Identifier => "a word",
        TemplateTokenKind.Field => "a field",
        TemplateTokenKind.Variable => "a variable",
        TemplateTokenKind.Dot => "\".\"",
        TemplateTokenKind.QuotedText or TemplateTokenKind.RawText => "a string",
        TemplateTokenKind.Character => "a character",
        TemplateTokenKind.Number => "a number",
        TemplateTokenKind.Pipe => "\"|\"",
        TemplateTokenKind.Declare => "\":=\"",
        TemplateTokenKind.Assign => "\"=\"",
        TemplateTokenKind.Comma => "\",\"",
        TemplateTokenKind.LeftParenthesis => "\"(\"",
        _ => "\")\"",
    };
}
