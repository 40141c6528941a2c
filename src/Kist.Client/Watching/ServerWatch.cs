using System.Net;
using System.Text.Json;

namespace Kist.Client.Watching;

/// <summary>What came of asking for changes.</summary>
public enum WatchOutcome
{
    /// <summary>The server answered.</summary>
    Answered,

    /// <summary>The server does not know how.</summary>
    Unsupported,

    /// <summary>The token must not ask, or is no longer good.</summary>
    Refused,

    /// <summary>No answer came, or a failure that may pass.</summary>
    Failed,
}

/// <summary>A path has changed.</summary>
/// <param name="Path">As the API reads it.</param>
/// <param name="Version">The newest version, where there are versions; also when it was only deleted or restored.</param>
/// <param name="Index">The state that includes the change.</param>
public sealed record WatchedPath(string Path, long? Version, long Index);

/// <summary>An answer to the question for changes.</summary>
/// <param name="Outcome">What came of it; the rest counts only when it was answered.</param>
/// <param name="Index">Where to go on.</param>
/// <param name="Lost">Changes in between are not known any more: everything is to be read again.</param>
/// <param name="Changes">The changes, oldest first.</param>
public sealed record WatchAnswer(WatchOutcome Outcome, long Index, bool Lost, IReadOnlyList<WatchedPath> Changes)
{
    /// <summary>Why there is no answer; else empty.</summary>
    public string Reason { get; init; } = "";

    /// <summary>There is none.</summary>
    internal static WatchAnswer Of(WatchOutcome outcome, string reason) => new(outcome, 0, false, []) { Reason = reason };
}

/// <summary>Asks a server for changes of paths (<c>sys/watch</c>), by long poll.</summary>
/// <param name="send">Sends a request.</param>
/// <param name="patience">How long a request may take at all; the server is asked to wait less.</param>
public sealed class ServerWatch(Func<ApiRequest, CancellationToken, Task<ApiResponse>> send, TimeSpan patience)
{
    /// <summary>The most paths that one question may name.</summary>
    public const int MostPaths = 256;

    // Servers take request lines of 8 KiB.
    private const int MostCharacters = 6_000;
    private const int LongestPath = 1_024;

    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(45);

    // The server answers by itself before the client gives up.
    private readonly TimeSpan wait = patience * 0.75 < LongestWait ? patience * 0.75 : LongestWait;

    /// <summary>Whether a path can be asked for; what cannot must be read again from time to time.</summary>
    public static bool CanWatch(string path)
    {
        var name = path.EndsWith("/*", StringComparison.Ordinal) ? path[..^2] : path;
        return name.Length is > 0 and < LongestPath && !name.EndsWith('/') && !name.Any(static c => c == '*' || char.IsControl(c));
    }

    /// <summary>Divides paths among as many questions as it takes.</summary>
    public static IReadOnlyList<IReadOnlyList<string>> Divide(IEnumerable<string> paths)
    {
        var questions = new List<IReadOnlyList<string>>();
        var (question, length) = (new List<string>(), 0);
        foreach (var path in paths)
        {
            var added = Uri.EscapeDataString(path).Length + "&paths=".Length;
            if (question.Count == MostPaths || (question.Count > 0 && length + added > MostCharacters))
            {
                questions.Add(question);
                (question, length) = ([], 0);
            }
            question.Add(path);
            length += added;
        }
        if (question.Count > 0)
            questions.Add(question);
        return questions;
    }

    /// <summary>Asks for the changes after an index, and waits for the first of them.</summary>
    /// <param name="paths">1 to <see cref="MostPaths"/>; a folder ends in <c>/*</c>.</param>
    /// <param name="after">The index that the last answer gave; null asks for the index of now, which comes at once.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<WatchAnswer> AskAsync(IReadOnlyList<string> paths, long? after, CancellationToken cancellation)
    {
        try
        {
            return Read(await send(Request(paths, after), cancellation));
        }
        catch (ConnectionException e)
        {
            return WatchAnswer.Of(WatchOutcome.Failed, e.Message);
        }
    }

    private ApiRequest Request(IReadOnlyList<string> paths, long? after)
    {
        // A parameter that comes once is divided at its commas, one that comes twice is not.
        var named = paths is [var only] && only.Contains(',', StringComparison.Ordinal) ? [only, only] : paths;
        var query = named.Select(static p => KeyValuePair.Create("paths", p)).ToList();
        if (after is { } index)
        {
            query.Add(new("index", index.ToString(System.Globalization.CultureInfo.InvariantCulture)));
            query.Add(new("wait", $"{Math.Max((int)wait.TotalSeconds, 1)}s"));
        }
        return ApiRequest.Read("sys/watch", query);
    }

    private static WatchAnswer Read(ApiResponse response)
    {
        if (response.Succeeded && response.Data is { } data && data.Number("index") is { } index)
            return new WatchAnswer(WatchOutcome.Answered, index, data.IsTrue("lost"), [.. Changes(data)]);
        var outcome = response.Status switch
        {
            HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed or HttpStatusCode.NotImplemented => WatchOutcome.Unsupported,
            HttpStatusCode.Forbidden => WatchOutcome.Refused,
            // An answer of another shape: something else has this path.
            _ => response.Succeeded ? WatchOutcome.Unsupported : WatchOutcome.Failed,
        };
        var reasons = string.Join("; ", response.Errors.Select(static e => e.ReplaceLineEndings(" ").Trim()));
        return WatchAnswer.Of(outcome, $"{reasons} (code {(int)response.Status})");
    }

    private static IEnumerable<WatchedPath> Changes(JsonElement data)
    {
        if (data.Field("events") is not { ValueKind: JsonValueKind.Array } events)
            yield break;
        foreach (var one in events.EnumerateArray())
        {
            if (one.Text("path") is { } path)
                yield return new WatchedPath(path, one.Number("version"), one.Number("index") ?? 0);
        }
    }
}
