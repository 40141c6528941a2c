namespace Kist.Client.Run.Providers;

/// <summary>Asks all providers for their versions.</summary>
public static class ProviderVersions
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>A text of one line a provider, below the folder's name.</summary>
    public static async Task<string> DescribeAsync(string folder, CancellationToken cancellation)
    {
        var lines = await Task.WhenAll(ProviderFinder.List(folder).Select(name => DescribeAsync(folder, name, cancellation)));
        return $"Provider versions in {folder}:\n{string.Concat(lines.Select(static line => line + "\n"))}";
    }

    private static async Task<string> DescribeAsync(string folder, string name, CancellationToken cancellation)
    {
        using var timer = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        timer.CancelAfter(Patience);
        try
        {
            using var process = ProviderProcess.Start(Path.Combine(folder, name), "--version");
            process.EndInput();
            using var output = new StreamReader(process.Output, leaveOpen: true);
            var version = output.ReadToEndAsync(timer.Token);
            var complaint = process.Errors.ReadToEndAsync(timer.Token);
            var exitCode = await process.EndAsync(timer.Token);
            await complaint;
            return exitCode == 0 ? $"{name} version {(await version).Trim()}" : $"{name}: unknown version";
        }
        catch (Exception e) when (e is RunException or IOException || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            return $"{name}: unknown version";
        }
    }
}
