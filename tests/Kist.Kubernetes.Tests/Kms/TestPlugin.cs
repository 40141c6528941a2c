using System.Collections.Concurrent;
using Kist.Core;
using Kist.Crypto;
using Kist.Kubernetes.Kms;
using Kist.Kubernetes.Kms.KeyFiles;
using Kist.Kubernetes.Kms.RemoteKeys;

namespace Kist.Kubernetes.Tests.Kms;

/// <summary>A plugin with a transit key of <see cref="FakeTransit"/>, as one control-plane node has it.</summary>
internal sealed class TestPlugin : IKmsObserver, IDisposable
{
    public TestPlugin(FakeTransit transit, ShiftedTime time, string? fallbackFile = null, Func<KmsPluginOptions, KmsPluginOptions>? change = null)
    {
        var options = new KmsPluginOptions { RemoteTimeout = TimeSpan.FromSeconds(20), FallbackAfter = TimeSpan.Zero };
        Plugin = new KmsPlugin(
            Transit(transit, time),
            fallbackFile is null ? null : KeyFileKey.Open(fallbackFile).Value,
            change?.Invoke(options) ?? options,
            time,
            Metrics,
            this);
    }

    public KmsPlugin Plugin { get; }

    public KmsMetrics Metrics { get; } = new();

    public ConcurrentQueue<string> Told { get; } = [];

    public string KeyId => Plugin.CurrentKeyId ?? "";

    public KmsCondition Condition => Plugin.Report().Condition;

    public static TransitKey Transit(FakeTransit transit, TimeProvider time, string token = FakeTransit.Token) => new(
        new TransitKeyOptions
        {
            Address = new Uri("https://transit.test:8200"),
            Key = "k8s",
            Token = () => new SecretText(token),
            Handler = () => new Unowned(transit),
        },
        time);

    public static async Task<TestPlugin> ServingAsync(FakeTransit transit, ShiftedTime time, string? fallbackFile = null)
    {
        var plugin = new TestPlugin(transit, time, fallbackFile);
        await plugin.PollAsync();
        Assert.Equal(KmsCondition.Serving, plugin.Condition);
        return plugin;
    }

    public Task PollAsync() => Plugin.PollAsync(CancellationToken.None);

    public Wrapped Encrypt(byte[] plaintext)
    {
        var encrypted = Plugin.Encrypt(plaintext);
        Assert.True(encrypted.Succeeded, encrypted.Failure?.Message);
        return new Wrapped(encrypted.Value);
    }

    public Failure? EncryptFailure() => Plugin.Encrypt(new byte[32]).Failure;

    public async Task<byte[]> DecryptAsync(Wrapped wrapped)
    {
        var decrypted = await TryDecryptAsync(wrapped);
        Assert.True(decrypted.Succeeded, decrypted.Failure?.Message);
        return decrypted.Value;
    }

    public ValueTask<Outcome<byte[]>> TryDecryptAsync(Wrapped wrapped) =>
        Plugin.DecryptAsync(wrapped.Value.Ciphertext, wrapped.Value.KeyId, wrapped.Value.Annotations, CancellationToken.None);

    public void ConditionChanged(KmsReport report) => Told.Enqueue($"{report.Condition}");

    public void LocalKeyMade(string keyIdHash) => Told.Enqueue("key");

    public void RemoteFailed(string operation, Failure failure) => Told.Enqueue($"{operation}: {failure.Code}");

    public void RemoteAnswers(string operation) => Told.Enqueue($"{operation}: answers");

    public void Fault(string method, Exception fault) => Told.Enqueue(fault.ToString());

    public void Dispose() => Plugin.Dispose();

    internal sealed record Wrapped(Kist.Kubernetes.AtRest.Kms.KmsCiphertext Value);

    // Several keys share one server.
    private sealed class Unowned(HttpMessageHandler inner) : HttpMessageHandler
    {
        private readonly HttpMessageInvoker invoker = new(inner, disposeHandler: false);

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            invoker.SendAsync(request, cancellationToken);
    }
}
