using System.Globalization;
using System.Text;
using Kist.Core;
using Kist.Kubernetes.Kms.RemoteKeys;

namespace Kist.Kubernetes.Kms;

/// <summary>What API servers ask for.</summary>
internal enum KmsCall
{
    /// <summary>Status, and Version of v1.</summary>
    Status,

    /// <summary>Encrypt.</summary>
    Encrypt,

    /// <summary>Decrypt.</summary>
    Decrypt,
}

/// <summary>What a remote key is asked for.</summary>
internal enum RemoteOperation
{
    /// <summary>Its version.</summary>
    Version,

    /// <summary>To wrap.</summary>
    Wrap,

    /// <summary>To unwrap.</summary>
    Unwrap,
}

/// <summary>Counts and times of a plugin since start, for Prometheus. Labels are closed sets and the hash of the key id.</summary>
public sealed class KmsMetrics
{
    private static readonly double[] Bounds = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

    private readonly Series[] calls = [.. Enum.GetValues<KmsCall>().Select(static _ => new Series())];
    private readonly Series[] remote = [.. Enum.GetValues<RemoteOperation>().Select(static _ => new Series())];
    private long cacheHits;
    private long cacheMisses;

    internal void Count(KmsCall call, Failure? failure, TimeSpan elapsed) => calls[(int)call].Add(failure is null ? Result.Success : Result.Failure, elapsed);

    internal void CountRemote(RemoteOperation operation, Failure? failure, TimeSpan elapsed)
    {
        var result = failure switch
        {
            null => Result.Success,
            _ when RemoteFailures.IsOutage(failure) => Result.Failure,
            _ => Result.Refusal,
        };
        remote[(int)operation].Add(result, elapsed);
    }

    internal void CountLookup(bool hit) => Interlocked.Increment(ref hit ? ref cacheHits : ref cacheMisses);

    /// <summary>All in Prometheus' text format 0.0.4.</summary>
    public string Render(KmsReport report, DateTimeOffset now)
    {
        var text = new StringBuilder();
        Head(text, "kist_kms_condition", "gauge", "1 for how the plugin stands: starting, serving, degraded, fallback or refused.");
        foreach (var condition in Enum.GetValues<KmsCondition>())
            Line(text, "kist_kms_condition", $"condition=\"{Name(condition)}\"", report.Condition == condition ? 1 : 0);
        Head(text, "kist_kms_remote_up", "gauge", "1 when the remote key answered the last time it was asked.");
        Line(text, "kist_kms_remote_up", "", report.Condition == KmsCondition.Serving ? 1 : 0);
        if (report.FallbackUp is { } fallbackUp)
        {
            Head(text, "kist_kms_fallback_up", "gauge", "1 when the file of the fallback key could be read the last time.");
            Line(text, "kist_kms_fallback_up", "", fallbackUp ? 1 : 0);
        }
        Head(text, "kist_kms_key_id_info", "gauge", "1 for the current key id, hashed as API servers hash it.");
        if (report.KeyIdHash.Length > 0)
            Line(text, "kist_kms_key_id_info", $"key_id_hash=\"{report.KeyIdHash}\"", 1);
        Head(text, "kist_kms_local_key_age_seconds", "gauge", "Age of the local key that encrypts.");
        if (report.LocalKeyMade is { } made)
            Line(text, "kist_kms_local_key_age_seconds", "", Math.Max(0, (now - made).TotalSeconds));
        Head(text, "kist_kms_local_key_uses", "gauge", "Encryptions under it by this process.");
        Line(text, "kist_kms_local_key_uses", "", report.LocalKeyUses);
        Head(text, "kist_kms_cached_local_keys", "gauge", "Unwrapped local keys that Decrypt can use without the remote key.");
        Line(text, "kist_kms_cached_local_keys", "", report.CachedKeys);
        Head(text, "kist_kms_local_key_lookups_total", "counter", "Local keys looked up for Decrypt, by whether they were in memory.");
        Line(text, "kist_kms_local_key_lookups_total", "found=\"true\"", Interlocked.Read(ref cacheHits));
        Line(text, "kist_kms_local_key_lookups_total", "found=\"false\"", Interlocked.Read(ref cacheMisses));
        Render(text, "kist_kms_calls_total", "kist_kms_call_duration_seconds", "method", "Calls of API servers", Enum.GetValues<KmsCall>(), calls);
        Render(
            text, "kist_kms_remote_calls_total", "kist_kms_remote_call_duration_seconds", "operation", "Calls to the remote key",
            Enum.GetValues<RemoteOperation>(), remote);
        return text.ToString();
    }

    private static void Render<T>(StringBuilder text, string count, string duration, string label, string what, T[] values, Series[] all)
        where T : struct, Enum
    {
        Head(text, count, "counter", $"{what}, by outcome.");
        foreach (var value in values)
        {
            foreach (var result in Enum.GetValues<Result>())
            {
                if (all[Convert.ToInt32(value, CultureInfo.InvariantCulture)].Total(result) is var total and > 0)
                    Line(text, count, $"{label}=\"{Name(value)}\",outcome=\"{Name(result)}\"", total);
            }
        }
        Head(text, duration, "histogram", $"{what}: time until the answer.");
        foreach (var value in values)
            all[Convert.ToInt32(value, CultureInfo.InvariantCulture)].Write(text, duration, $"{label}=\"{Name(value)}\"");
    }

    private static void Head(StringBuilder text, string name, string type, string help) =>
        text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {help}\n# TYPE {name} {type}\n");

    private static void Line(StringBuilder text, string name, string labels, double value) =>
        text.Append(CultureInfo.InvariantCulture, $"{name}{(labels.Length > 0 ? $"{{{labels}}}" : "")} {value}\n");

    private static string Name<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();

    private enum Result
    {
        Success,
        Failure,
        Refusal,
    }

    private sealed class Series
    {
        private readonly long[] results = new long[Enum.GetValues<Result>().Length];
        private readonly long[] buckets = new long[Bounds.Length + 1];
        private long ticks;

        public void Add(Result result, TimeSpan elapsed)
        {
            Interlocked.Increment(ref results[(int)result]);
            var bucket = Array.BinarySearch(Bounds, elapsed.TotalSeconds);
            Interlocked.Increment(ref buckets[bucket < 0 ? ~bucket : bucket]);
            Interlocked.Add(ref ticks, elapsed.Ticks);
        }

        public long Total(Result result) => Interlocked.Read(ref results[(int)result]);

        public void Write(StringBuilder text, string name, string labels)
        {
            var total = 0L;
            for (var i = 0; i <= Bounds.Length; i++)
            {
                total += Interlocked.Read(ref buckets[i]);
                var bound = i < Bounds.Length ? Bounds[i].ToString(CultureInfo.InvariantCulture) : "+Inf";
                Line(text, name + "_bucket", $"{labels},le=\"{bound}\"", total);
            }
            Line(text, name + "_sum", labels, TimeSpan.FromTicks(Interlocked.Read(ref ticks)).TotalSeconds);
            Line(text, name + "_count", labels, total);
        }
    }
}
