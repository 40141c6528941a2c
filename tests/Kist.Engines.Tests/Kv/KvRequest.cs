using Kist.Core.Pipeline;

namespace Kist.Engines.Tests.Kv;

/// <summary>A request to a mount, by its path in the mount.</summary>
/// <param name="Operation">What to do.</param>
/// <param name="Path">With query parameters: <c>data/a?version=2</c>.</param>
/// <param name="Body">JSON, or null.</param>
public sealed record KvRequest(Operation Operation, string Path, string? Body = null)
{
    public static KvRequest Read(string path) => new(Operation.Read, path);

    public static KvRequest Write(string path, string body) => new(Operation.Update, path, body);

    public static KvRequest Patch(string path, string body) => new(Operation.Patch, path, body);

    public static KvRequest Delete(string path) => new(Operation.Delete, path);

    public static KvRequest List(string path) => new(Operation.List, path);

    public static KvRequest Scan(string path) => new(Operation.Scan, path);

    public override string ToString() => $"{Operation} {Path} {Body}";
}
