using System.Collections.Frozen;
using Kist.Client.Templates;
using Kist.Client.Templates.Evaluation;
using Kist.Client.Templates.Formatting;
using Kist.Client.Templates.Functions;
using Kist.Client.Templates.Values;
using Kist.Crypto;

namespace Kist.Client.Run.Files;

/// <summary>
/// Templates of pushed files: Go's own functions, <c>secret "alias"</c>, <c>b64enc</c>, <c>b64dec</c> and <c>htmlenc</c>, and the fields
/// <c>.SecretsArray</c> and <c>.SecretsMap</c>. None of the functions with which other templates reach out: there is nothing that such a file may not have named.
/// </summary>
/// <param name="time">The clock that every rendering has.</param>
public sealed class SecretFileTemplates(TimeProvider time) : IFileTemplates
{
    private static readonly TemplateFunction[] Encodings =
    [
        new("b64enc", 1, 1, static call => TemplateValue.Of(Convert.ToBase64String(EncodingFunctions.Bytes(call, 0)))),
        new("b64dec", 1, 1, static call => TemplateValue.Of(EncodingFunctions.Decode(call.Text(0), '+', '/'))),
        new("htmlenc", 1, 1, static call => TemplateValue.Of(Escapes.Html(call.Text(0)))),
    ];

    /// <inheritdoc/>
    public void Render(string template, IReadOnlyList<ResolvedSecret> secrets, SecretBuffer output)
    {
        var values = secrets.ToDictionary(static s => s.Name, static s => TemplateValue.Of(s.Value.Span), StringComparer.Ordinal);
        var records = secrets.Select(s => KeyValuePair.Create<string, TemplateValue>(s.Name, Record(s.Name, values[s.Name]))).ToList();
        TemplateFunction secret = new("secret", 1, 1, call => values.GetValueOrDefault(call.Text(0))
            ?? throw new TemplateFaultException($"secret alias \"{call.Text(0)}\" is not among the secrets of the file"));
        var options = new TemplateOptions
        {
            Functions = BuiltinFunctions.All.Concat(Encodings).Append(secret).ToFrozenDictionary(static f => f.Name, StringComparer.Ordinal),
            Root = new RecordValue("the data of the file", "pushtofile.templateData",
            [
                new("SecretsArray", new ListValue([.. records.Select(static r => r.Value)])),
                new("SecretsMap", MapValue.Of(records)),
            ]),
        };
        try
        {
            var run = new TemplateRun(
                Template.Parse(template, options), new Dictionary<TemplateDependency, TemplateValue>(), new TemplateEnvironment(
                    new Dictionary<string, string>(), time), CancellationToken.None);
            run.Execute();
            using var result = run.Output();
            result.Text.Utf8.CopyTo(output.GetSpan(result.Text.Utf8.Length));
            output.Advance(result.Text.Utf8.Length);
        }
        catch (TemplateException e)
        {
            throw new FormatException(e.Message, e);
        }
    }

    private static RecordValue Record(string alias, TemplateValue value) =>
        new("a secret", "*pushtofile.Secret", [new("Alias", TemplateValue.Of(alias)), new("Value", value)]);
}
