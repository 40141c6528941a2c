namespace Kist.Hosting.Agent.Local;

/// <summary>Why a request to the local API is not passed on.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Code">What the metrics call it.</param>
/// <param name="Message">What was wrong and what to do; never a secret.</param>
internal sealed record LocalRefusal(int Status, string Code, string Message);
