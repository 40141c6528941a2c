namespace Kist.Harness.Crash;

/// <summary>One writer among several. It knows what was acknowledged and what may have happened, and checks the server against that after a crash.</summary>
internal interface ICrashWorkload
{
    /// <summary>Asks for one change and notes the acknowledgement. Called again and again until the server is killed.</summary>
    /// <exception cref="HttpRequestException">The server died; the change may have happened.</exception>
    Task StepAsync(ApiClient api, CrashReport report);

    /// <summary>Checks the restarted server and takes its state as the new beginning.</summary>
    Task VerifyAsync(ApiClient api, CrashReport report);
}
