namespace Kist.Core.Sys;

/// <summary>Names in a folder.</summary>
/// <param name="Keys">In order; folders end in <c>/</c>.</param>
public sealed record ListResponse(IReadOnlyList<string> Keys);
