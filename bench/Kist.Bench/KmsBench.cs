using System.Globalization;
using Google.Protobuf;
using Kist.Harness;
using Kist.Kubernetes.Kms.Messages;
using Kist.Wire.Grpc;

namespace Kist.Bench;

/// <summary>Encrypt and Decrypt of the built KMS plugin over its socket, by one caller and by eight, without a remote call.</summary>
internal static class KmsBench
{
    private static readonly TimeSpan Warmup = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Measured = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan Goal = TimeSpan.FromMilliseconds(1);
    private static readonly GrpcMethod<EncryptRequest, EncryptResponse> Encrypt = new("v2.KeyManagementService/Encrypt");
    private static readonly GrpcMethod<DecryptRequest, DecryptResponse> Decrypt = new("v2.KeyManagementService/Decrypt");

    public static async Task RunAsync()
    {
        var home = Directory.CreateTempSubdirectory("kist-kms-bench-").FullName;
        try
        {
            await RunAsync(home);
        }
        finally
        {
            Directory.Delete(home, recursive: true);
        }
    }

    private static async Task RunAsync(string home)
    {
        var (socket, key) = (Path.Combine(home, "kms.sock"), Path.Combine(home, "kms.key"));
        await KistProcess.RunAsync(BuiltProgram.Start(BuiltProgram.Published, ["kms", "key-file", "init", key]), TimeSpan.FromMinutes(1), "", CancellationToken.None);
        await using var plugin = KistProcess.Start(BuiltProgram.Start(BuiltProgram.Published, ["kms", "serve", $"-socket={socket}", $"-key-file={key}", "-log-level=warn"]));
        while (!File.Exists(socket))
            await Task.Delay(20);
        using var channel = new GrpcChannel(new GrpcChannelOptions { Address = new Uri($"unix://{socket}") });
        var seed = new EncryptRequest { Plaintext = ByteString.CopyFrom(new byte[32]), Uid = "b2f5f4d0-1c0e-4c2b-9d3a-6f1f3f0a9f10" };
        var wrapped = await channel.UnaryAsync(Encrypt, seed, GrpcCallOptions.Default, CancellationToken.None);
        var sealedSeed = new DecryptRequest { Ciphertext = wrapped.Ciphertext, KeyId = wrapped.KeyId, Uid = seed.Uid };
        sealedSeed.Annotations.Add(wrapped.Annotations);
        Console.WriteLine($"{Environment.ProcessorCount} cores, .NET {Environment.Version}; client and plugin share them");
        Console.WriteLine($"{"what",-28}{"per second",12}{"median",12}{"99 %",12}  goal");
        foreach (var callers in (int[])[1, 8])
        {
            await MeasureAsync("Encrypt", callers, () => channel.UnaryAsync(Encrypt, seed, GrpcCallOptions.Default, CancellationToken.None));
            await MeasureAsync("Decrypt", callers, () => channel.UnaryAsync(Decrypt, sealedSeed, GrpcCallOptions.Default, CancellationToken.None));
        }
        Console.WriteLine($"resident memory of the plugin: {(plugin.ResidentBytes >> 20).ToString(CultureInfo.InvariantCulture)} MB");
    }

    private static async Task MeasureAsync(string what, int callers, Func<Task> call)
    {
        await RoundAsync(callers, call, Warmup);
        var rounds = new List<(double PerSecond, TimeSpan Median, TimeSpan Percentile99)>();
        for (var i = 0; i < 3; i++)
            rounds.Add(await RoundAsync(callers, call, Measured));
        var (perSecond, median, percentile99) = rounds.OrderBy(r => r.PerSecond).ElementAt(1);
        // An API server calls one at a time, and seldom.
        var goal = (callers, percentile99 < Goal) switch
        {
            (1, true) => "< 1 ms: met",
            (1, false) => "< 1 ms: MISSED",
            _ => "",
        };
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{$"{what}, {callers} caller{(callers > 1 ? "s" : "")}",-28}{perSecond,10:#,0}/s{median.TotalMilliseconds,9:0.00} ms{percentile99.TotalMilliseconds,9:0.00} ms  {goal}"));
    }

    private static async Task<(double PerSecond, TimeSpan Median, TimeSpan Percentile99)> RoundAsync(int callers, Func<Task> call, TimeSpan duration)
    {
        var began = TimeProvider.System.GetTimestamp();
        var times = await Task.WhenAll(Enumerable.Range(0, callers).Select(_ => Task.Run(async () =>
        {
            var own = new List<TimeSpan>();
            while (TimeProvider.System.GetElapsedTime(began) < duration)
            {
                var start = TimeProvider.System.GetTimestamp();
                await call();
                own.Add(TimeProvider.System.GetElapsedTime(start));
            }
            return own;
        })));
        var all = times.SelectMany(static t => t).Order().ToList();
        return (all.Count / TimeProvider.System.GetElapsedTime(began).TotalSeconds, all[all.Count / 2], all[(int)(all.Count * 0.99)]);
    }
}
