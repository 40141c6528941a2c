using System.ComponentModel;
using System.Text.Json.Serialization;
using Kist.Core.Mounts;
using Kist.Core.Pipeline;
using Kist.Core.Routing;
using Kist.Core.Routing.Fields;

namespace Kist.Core.Tests.Nodes;

/// <summary>The smallest useful engine: keeps a note at a path.</summary>
public sealed class NotesEngine : MountType
{
    private readonly RouteTable routes;

    public NotesEngine()
    {
        var map = new RouteMap(new NotesJson(FieldJson.Options()));
        map.Read<NoteRequest, Note>("{path**}", ReadAsync, "Read a note.");
        map.Write<NoteRequest, Nothing>("{path**}", WriteAsync, "Write a note.").CreatesUnless(ExistsAsync);
        map.Delete<NoteRequest, Nothing>("{path**}", DeleteAsync, "Delete a note.");
        map.List<NoteRequest, NoteNames>("{path**}", ListAsync, "List notes.");
        routes = map.Build();
    }

    public override string Name => "notes";

    public override MountKind Kind => MountKind.Secrets;

    public override string Description => "Keeps notes.";

    public override RouteTable Routes(IReadOnlyDictionary<string, string> options) => routes;

    public override string? NameChange(string stored, IReadOnlyDictionary<string, string> options) => stored;

    private static async ValueTask<bool> ExistsAsync(RequestContext context, CancellationToken ct) =>
        await context.Storage.ReadAsync(context.Parameters["path"], ct) is not null;

    private static async ValueTask<Outcome<Note>> ReadAsync(NoteRequest request, RequestContext context, CancellationToken ct) =>
        await context.Storage.ReadAsync(request.Path, ct) is { } stored
            ? new Note(System.Text.Encoding.UTF8.GetString(stored.Value.Span))
            : Failure.NotFound();

    private static async ValueTask<Outcome<Nothing>> WriteAsync(NoteRequest request, RequestContext context, CancellationToken ct)
    {
        if (request.Text == "boom")
            throw new InvalidOperationException("a bug that mentions " + request.Text);
        if (request.Text == "wait")
            await Task.Delay(Timeout.Infinite, ct);
        var outcome = await context.Storage.Begin().Put(context.Storage, request.Path, System.Text.Encoding.UTF8.GetBytes(request.Text)).CommitAsync(ct);
        context.Index = outcome.Revision;
        return Outcome.Done;
    }

    private static async ValueTask<Outcome<Nothing>> DeleteAsync(NoteRequest request, RequestContext context, CancellationToken ct)
    {
        await context.Storage.Begin().Delete(context.Storage, request.Path).CommitAsync(ct);
        return Outcome.Done;
    }

    private static async ValueTask<Outcome<NoteNames>> ListAsync(NoteRequest request, RequestContext context, CancellationToken ct)
    {
        var folder = request.Path.Length == 0 ? context.Storage : context.Storage.Folder(request.Path + "/");
        return new NoteNames(await folder.ListAsync("", 0, ct));
    }
}

public sealed record NoteRequest
{
    [Description("Where the note is.")]
    public string Path { get; set; } = "";

    [Description("The note.")]
    public string Text { get; set; } = "";
}

public sealed record Note(string Text);

public sealed record NoteNames(IReadOnlyList<string> Keys);

[JsonSerializable(typeof(NoteRequest))]
[JsonSerializable(typeof(Note))]
[JsonSerializable(typeof(NoteNames))]
internal sealed partial class NotesJson : JsonSerializerContext;
