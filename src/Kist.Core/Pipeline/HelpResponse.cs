using System.Text.Json;
using System.Text.Json.Serialization;

namespace Kist.Core.Pipeline;

/// <summary>The answer to <c>?help=1</c>.</summary>
/// <param name="Help">Text for people.</param>
public sealed record HelpResponse(string Help)
{
    internal static Response Of(string help)
    {
        var body = new HelpResponse(help);
        return new Response { Body = body, Data = JsonSerializer.SerializeToUtf8Bytes(body, HelpJson.Default.HelpResponse), Shape = ResponseShape.Bare };
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(HelpResponse))]
internal sealed partial class HelpJson : JsonSerializerContext;
