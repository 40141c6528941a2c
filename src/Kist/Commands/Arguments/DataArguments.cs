using System.Text.Json;
using System.Text.Json.Nodes;
using Kist.Commands.Cli;
using Kist.Commands.Rendering;

namespace Kist.Commands.Arguments;

/// <summary>
/// Data that a person gives as arguments: <c>key=value</c>, <c>key=@file</c>, <c>key=-</c> (standard input), <c>@file</c> and <c>-</c> (a JSON
/// object). A key given twice becomes a list; <c>key=\@x</c> is the text <c>@x</c>.
/// </summary>
internal sealed class DataArguments(InputText input)
{
    private readonly JsonObject data = [];

    /// <summary>True when a value came from a file or standard input, and so must not be shown with the request.</summary>
    public bool CameFromOutside { get; private set; }

    /// <summary>Reads the arguments. They are not quoted in messages: who forgets a key has typed a secret.</summary>
    /// <exception cref="ExitException">One has another form, or its file cannot be read.</exception>
    public JsonObject Read(IReadOnlyList<string> arguments)
    {
        for (var i = 0; i < arguments.Count; i++)
        {
            var argument = arguments[i];
            var equals = argument.IndexOf('=', StringComparison.Ordinal);
            if (argument == "-")
                Merge(Standard(), "standard input");
            else if (argument.StartsWith('@') && equals < 0)
                Merge(File(argument[1..]), argument[1..]);
            else if (equals > 0)
                Add(argument[..equals], Value(argument[(equals + 1)..]));
            else
                throw ExitException.Usage($"data argument {i + 1} must be key=value, key=@file, key=-, @file or -");
        }

        return data;
    }

    private string Value(string text) => text switch
    {
        "-" => Standard(),
        ['@', ..] => File(text[1..]),
        ['\\', '@', ..] => text[1..],
        _ => text,
    };

    private string Standard()
    {
        CameFromOutside = true;
        return input.Standard();
    }

    private string File(string path)
    {
        CameFromOutside = true;
        return InputText.FromFile(path);
    }

    private void Add(string key, string value)
    {
        if (data[key] is JsonArray list)
            list.Add(JsonValue.Create(value));
        else if (data[key] is { } first)
            data[key] = new JsonArray(first.DeepClone(), JsonValue.Create(value));
        else
            data[key] = value;
    }

    private void Merge(string json, string origin)
    {
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { AllowDuplicateProperties = false });
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                throw ExitException.Usage($"{origin} must be a JSON object");

            // Reads every text.
            _ = JsonText.Line(document.RootElement);
            foreach (var property in document.RootElement.EnumerateObject())
                data[property.Name] = JsonNode.Parse(property.Value.GetRawText());
        }
        catch (JsonException e)
        {
            throw ExitException.Usage($"{origin} is not JSON: the fault is on line {e.LineNumber + 1}, at byte {e.BytePositionInLine + 1}");
        }
        catch (InvalidOperationException)
        {
            // JSON's escapes can write half of a surrogate pair, which is no character and cannot be sent.
            throw ExitException.Usage($"{origin} holds a text that is none: an escape from \\ud800 to \\udfff without its other half");
        }
    }
}
