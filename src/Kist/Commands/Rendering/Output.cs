using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Kist.Client;
using Kist.Commands.Cli;

namespace Kist.Commands.Rendering;

/// <summary>The forms of a result.</summary>
internal enum OutputFormat
{
    /// <summary>Columns for people.</summary>
    Table,

    /// <summary>Indented JSON.</summary>
    Json,

    /// <summary>YAML.</summary>
    Yaml,

    /// <summary>The server's answer as it came.</summary>
    Raw,
}

/// <summary>Prints results on standard output in the form that the user chose, hints on standard error.</summary>
internal sealed class Output(CliHost host, OutputFormat format, string? field)
{
    private static readonly string[] KeyValue = ["Key", "Value"];

    /// <summary>The chosen form.</summary>
    public OutputFormat Format { get; } = format;

    /// <summary>The one field to print, or null for all.</summary>
    public string? Field { get; } = field;

    /// <summary>True when the result goes to columns, which commands may lay out themselves.</summary>
    public bool IsTable => Format == OutputFormat.Table && Field is null;

    /// <summary>Shows an answer: the chosen field, or all of it.</summary>
    /// <returns>The exit code.</returns>
    public int Show(ApiResponse response)
    {
        if (response.Json is not { } secret || (Format == OutputFormat.Raw && Field is null))
            return Raw(response);
        Warn(response);
        return Show(secret);
    }

    /// <summary>Shows an envelope: the chosen field, or all of it.</summary>
    /// <returns>The exit code.</returns>
    public int Show(JsonElement secret) =>
        Field is not null
            ? ShowField(SecretFields.Find(secret, Field))
            : Document(Envelope(secret), () => KeyValues(SecretTable.Rows(secret)));

    /// <summary>Shows a value: as JSON or YAML, or in a table that <paramref name="table"/> makes.</summary>
    /// <returns>The exit code.</returns>
    public int Document(JsonElement value, Func<string> table)
    {
        Write(Format switch
        {
            OutputFormat.Table => table(),
            OutputFormat.Yaml => YamlText.Render(value),
            _ => JsonText.Render(value),
        });
        return ExitCode.Done;
    }

    /// <summary>Shows one field: texts as they are, without a line end when a program reads.</summary>
    /// <returns>The exit code.</returns>
    /// <exception cref="ExitException">There is no such field.</exception>
    public int ShowField(JsonElement? value)
    {
        if (value is not { } found)
            throw ExitException.Usage($"field \"{Field}\" is not in the answer");
        var text = Format switch
        {
            OutputFormat.Json => JsonText.Render(found).TrimEnd('\n'),
            OutputFormat.Yaml => YamlText.Render(found).TrimEnd('\n'),
            _ => GoText.Format(found),
        };
        Write(host.OutputIsTerminal ? text + "\n" : text);
        return ExitCode.Done;
    }

    /// <summary>Says that something is done, unless a program reads.</summary>
    /// <returns>The exit code.</returns>
    public int Success(string message)
    {
        if (Format == OutputFormat.Table)
            Write($"Success! {message}\n");
        return ExitCode.Done;
    }

    /// <summary>A table of keys and values; empty when there are no rows.</summary>
    public static string KeyValues(IReadOnlyList<IReadOnlyList<string>> rows) => rows.Count == 0 ? "" : TableText.Render(KeyValue, rows);

    /// <summary>Prints text for people.</summary>
    public void Write(string text) => host.Output.Write(host.OutputIsTerminal ? Printable.Escape(text) : text);

    /// <summary>Prints the server's hints on standard error, unless the result has them itself.</summary>
    public void Warn(ApiResponse response)
    {
        if (Field is null && Format is OutputFormat.Json or OutputFormat.Yaml)
            return;
        foreach (var warning in response.Warnings)
            host.Tell($"Warning: {warning}");
    }

    /// <summary>The envelope without the parts that are always there and mostly null.</summary>
    private static JsonElement Envelope(JsonElement secret)
    {
        var node = JsonObject.Create(secret)!;
        foreach (var name in (string[])["auth", "wrap_info"])
        {
            if (node[name] is null)
                node.Remove(name);
        }

        return JsonText.ToElement(node);
    }

    private int Raw(ApiResponse response)
    {
        Write(Encoding.UTF8.GetString(response.Body.Span));
        return ExitCode.Done;
    }
}
