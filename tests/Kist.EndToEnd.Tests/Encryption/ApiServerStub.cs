using System.Net;
using System.Text;
using Kist.Harness;

namespace Kist.EndToEnd.Tests.Encryption;

/// <summary>A FAKE of an API server that answers nothing but <c>/metrics</c>, with what a test says that it has loaded.</summary>
internal sealed class ApiServerStub : IDisposable
{
    private readonly HttpListener listener = new();

    public ApiServerStub()
    {
        listener.Prefixes.Add(Address.AbsoluteUri);
        listener.Start();
        _ = AnswerAsync();
    }

    public Uri Address { get; } = KistServer.FreeAddress();

    /// <summary>The loaded file's SHA-256; null for a server that shows none.</summary>
    public string? Hash { get; set; }

    /// <summary>When it was started.</summary>
    public DateTimeOffset Started { get; set; } = DateTimeOffset.UnixEpoch.AddYears(50);

    public void Dispose() => listener.Close();

    private async Task AnswerAsync()
    {
        while (listener.IsListening)
        {
            HttpListenerContext context;
            try
            {
                context = await listener.GetContextAsync();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return;
            }
            var text = $"process_start_time_seconds {(Started - DateTimeOffset.UnixEpoch).TotalSeconds:R}\n"
                + (Hash is null ? "" : $"apiserver_encryption_config_controller_last_config_info{{apiserver_id_hash=\"sha256:a\",hash=\"sha256:{Hash}\"}} 1\n");
            context.Response.StatusCode = context.Request.Url!.AbsolutePath == "/metrics" ? 200 : 404;
            context.Response.Close(Encoding.UTF8.GetBytes(text), willBlock: false);
        }
    }
}
