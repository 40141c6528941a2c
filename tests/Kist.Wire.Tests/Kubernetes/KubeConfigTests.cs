using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Kist.Harness.Kubernetes;
using Kist.Wire.Kubernetes;
using Kist.Wire.Kubernetes.Config;
using Kist.Wire.Kubernetes.Credentials;

namespace Kist.Wire.Tests.Kubernetes;

public sealed class KubeConfigTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("kist-kubeconfig-").FullName;
    private readonly ManualTime time = new();

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Context_decides_about_server_namespace_and_user()
    {
        var config = KubeConfig.Load([Write("config", Contexts)]);
        Assert.Equal(("one", "one two"), (config.CurrentContext, string.Join(' ', config.Contexts)));
        var one = config.Connect(null, time);
        Assert.Equal(("https://one.example:6443/", "default", false), (one.Server.AbsoluteUri, one.Namespace, one.TrustsAnyServer));
        var two = config.Connect("two", time);
        Assert.Equal(("https://two.example/base", "team", "api.two", true), (two.Server.AbsoluteUri, two.Namespace, two.ServerName, two.TrustsAnyServer));
        Assert.Equal(("jo", "a b"), (two.ImpersonatedUser, string.Join(' ', two.ImpersonatedGroups)));
    }

    [Fact]
    public async Task First_file_that_has_a_thing_counts()
    {
        var first = Write("first", """
            current-context: two
            users:
            - name: user
              user: {token: from-first}
            """);
        var config = KubeConfig.Load([Path.Combine(folder, "absent"), first, Write("second", Contexts)]);
        Assert.Equal("two", config.CurrentContext);
        Assert.Equal("Bearer from-first", await HeaderAsync(config.Connect("one", time).Credentials));
    }

    [Theory]
    [InlineData("no current context", "")]
    [InlineData("no context \"absent\"; it has: one, two", "absent")]
    public void Missing_context_is_named(string expected, string context)
    {
        var text = context.Length == 0 ? Contexts.Replace("current-context: one", "", StringComparison.Ordinal) : Contexts;
        Assert.Contains(expected, Refused(text, context.Length == 0 ? null : context));
    }

    [Theory]
    [InlineData("server: https://one.example:6443", "server: one.example:6443", "server must be an address such as https://")]
    [InlineData("server: https://one.example:6443", "x: y", "has no server")]
    [InlineData("server: https://one.example:6443", "server: [1]", "server must be a string, and is a list")]
    [InlineData("server: https://one.example:6443", "server: https://x\n    certificate-authority-data: '?'", "certificate-authority-data is not base64")]
    [InlineData("server: https://one.example:6443", "server: https://x\n    certificate-authority: absent.pem", "absent.pem")]
    [InlineData("token: secret-token", "auth-provider: {name: gcp}", "use exec")]
    [InlineData("token: secret-token", "client-certificate-data: aGk=", "one of them is missing")]
    [InlineData("token: secret-token", "token: \"secret\\ntoken\"", "is not a token")]
    [InlineData("token: secret-token", "exec: {command: x, apiVersion: v9}", "apiVersion must be")]
    [InlineData("token: secret-token", "exec: {command: x, apiVersion: client.authentication.k8s.io/v1, interactiveMode: Always}", "interactiveMode")]
    [InlineData("token: secret-token", "client-certificate-data: aGk=\n    client-key-data: aGk=", "cannot be used")]
    [InlineData("contexts:", "contexts: x\nothers:", "contexts must be a list")]
    [InlineData("current-context: one", "current-context: [", "config: line ")]
    public void Fault_is_named_without_the_secret(string part, string replacement, string expected)
    {
        var message = Refused(Contexts.Replace(part, replacement, StringComparison.Ordinal), "one");
        Assert.Contains(expected, message);
        Assert.DoesNotContain("secret", message);
    }

    [Fact]
    public async Task Token_file_is_read_again_after_a_minute_and_when_the_server_refuses_it()
    {
        Write("token", "first\n");
        var credentials = KubeConfig.Load([Write("config", Contexts.Replace("token: secret-token", "tokenFile: token", StringComparison.Ordinal))])
            .Connect("one", time).Credentials;
        Assert.Equal("Bearer first", await HeaderAsync(credentials));
        Write("token", "second");
        Assert.Equal("Bearer first", await HeaderAsync(credentials));
        Assert.Equal("Bearer second", await HeaderAsync(credentials, renew: true));
        Write("token", "third");
        time.Advance(TokenFileCredentials.Lifetime);
        Assert.Equal("Bearer third", await HeaderAsync(credentials));
        File.Delete(Path.Combine(folder, "token"));
        time.Advance(TokenFileCredentials.Lifetime);
        Assert.Equal("Bearer third", await HeaderAsync(credentials));
    }

    [Fact]
    public async Task Client_shows_a_new_token_when_the_server_refuses_the_old_one()
    {
        Write("token", "old");
        using var server = new ScriptedServer(ScriptedServer.Answer(401, "{}"), ScriptedServer.Answer(200, "{}"));
        var credentials = new TokenFileCredentials(Path.Combine(folder, "token"), time);
        using var client = new KubeClient(new KubeOptions { Connection = server.Connection with { Credentials = credentials } });
        await credentials.GetAsync(default, default);
        Write("token", "new");
        await client.GetRawAsync("/version", default);
        Assert.Contains("Authorization: Bearer old", server.Requests[0]);
        Assert.Contains("Authorization: Bearer new", server.Requests[1]);
    }

    [Fact]
    public async Task Plugin_is_asked_again_when_its_token_has_expired()
    {
        Script("plugin", """
            echo run >>runs
            echo "$KUBERNETES_EXEC_INFO" >info
            echo '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"'"$1-$WORD"'","expirationTimestamp":"2000-01-01T00:01:00Z"}}'
            """);
        var credentials = Exec("command: ./plugin, args: [a], env: [{name: WORD, value: b}], provideClusterInfo: true");
        for (var i = 0; i < 2; i++)
            Assert.Equal("Bearer a-b", await HeaderAsync(credentials));
        Assert.Single(await File.ReadAllLinesAsync(Path.Combine(folder, "runs")));
        time.Advance(TimeSpan.FromMinutes(1));
        await HeaderAsync(credentials);
        Assert.Equal(2, (await File.ReadAllLinesAsync(Path.Combine(folder, "runs"))).Length);
        Assert.Equal(
            """{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","spec":{"interactive":false,"cluster":{"server":"https://one.example:6443","config":null}}}""",
            (await File.ReadAllTextAsync(Path.Combine(folder, "info"))).Trim());
    }

    [Theory]
    [InlineData("echo secret; exit 3", "ended with exit code 3")]
    [InlineData("echo secret", "is no ExecCredential")]
    [InlineData("""echo '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1beta1","status":{"token":"secret"}}'""", "did not answer with an ExecCredential of")]
    [InlineData("""echo '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{}}'""", "neither a token nor a certificate")]
    public async Task Plugin_that_fails_is_named_without_what_it_said(string script, string expected)
    {
        Script("plugin", script);
        var credentials = Exec("command: ./plugin");
        var failed = await Assert.ThrowsAsync<KubeException>(async () => await credentials.GetAsync(default, default));
        Assert.Equal(KubeError.Credentials, failed.Error);
        Assert.Contains(expected, failed.Message);
        Assert.DoesNotContain("secret", failed.ToString());
    }

    [Fact]
    public async Task Plugin_that_is_not_there_comes_with_the_hint_how_to_get_it()
    {
        var failed = await Assert.ThrowsAsync<KubeException>(
            async () => await Exec("command: kist-no-such-program, installHint: install it first").GetAsync(default, default));
        Assert.Contains("kist-no-such-program", failed.Message);
        Assert.Contains("install it first", failed.Message);
    }

    [Fact]
    public void Files_of_the_variable_come_before_the_one_at_home()
    {
        Assert.Equal(["/home/jo/.kube/config"], KubeConfig.DefaultFiles(static _ => null, "/home/jo"));
        Assert.Equal(["/a", "/b"], KubeConfig.DefaultFiles(static _ => "/a::/b", "/home/jo"));
    }

    [Fact]
    public void Only_a_pod_has_a_connection_of_its_own()
    {
        Assert.Null(InClusterConfig.TryLoad(static _ => null, folder, time));
        Assert.Null(InClusterConfig.TryLoad(static _ => "1", folder, time));
    }

    [FactNeedingKube]
    public async Task Real_server_takes_certificates_tokens_token_files_plugins_and_pods()
    {
        await using var cluster = await KubeCluster.StartAsync(new KubeClusterOptions());
        var config = cluster.WriteKubeconfig(cluster.ApiServer, "config");
        Assert.Equal("kist-admin", await WhoAsync(KubeConfig.Load([config]).Connect(null, TimeProvider.System)));

        var (certificate, key) = (await File.ReadAllTextAsync(cluster.Admin.CertificateFile), await File.ReadAllTextAsync(cluster.Admin.KeyFile));
        var answer = JsonSerializer.Serialize(new
        {
            kind = "ExecCredential",
            apiVersion = "client.authentication.k8s.io/v1",
            status = new { clientCertificateData = certificate, clientKeyData = key },
        });
        Write("answer", answer);
        Script("plugin", "cat answer");
        Write("token", KubeCluster.AdminToken);
        await File.WriteAllTextAsync(Path.Combine(folder, "ca.crt"), await File.ReadAllTextAsync(cluster.Certificates.AuthorityFile));
        var server = KubeConfig.Load([config]).Connect(null, TimeProvider.System) with { Credentials = KubeCredential.None };
        Assert.Equal("kist-token-admin", await WhoAsync(server with { Credentials = KubeCredential.Bearer(KubeCluster.AdminToken) }));
        Assert.Equal("kist-admin", await WhoAsync(server with { Credentials = Exec("command: ./plugin") }));
        Assert.Equal("jo", await WhoAsync(
            server with { Credentials = KubeCredential.Bearer(KubeCluster.AdminToken), ImpersonatedUser = "jo", ImpersonatedGroups = ["system:masters"] }));
        var address = cluster.ApiServer.Address;
        var pod = InClusterConfig.TryLoad(
            name => name == "KUBERNETES_SERVICE_HOST" ? address.Host : address.Port.ToString(CultureInfo.InvariantCulture), folder, TimeProvider.System);
        Assert.Equal("kist-token-admin", await WhoAsync(pod!));
    }

    // A CertificateSigningRequest keeps who made it.
    private static async Task<string> WhoAsync(KubeConnection connection)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=x", key, HashAlgorithmName.SHA256).CreateSigningRequestPem();
        var body = JsonSerializer.SerializeToUtf8Bytes(new
        {
            apiVersion = "certificates.k8s.io/v1",
            kind = "CertificateSigningRequest",
            metadata = new { generateName = "who-" },
            spec = new { signerName = "example.org/none", usages = new[] { "client auth" }, request = Encoding.ASCII.GetBytes(request) },
        });
        using var client = new KubeClient(new KubeOptions { Connection = connection });
        using var made = await client.CreateAsync(new KubeResource("certificates.k8s.io", "v1", "certificatesigningrequests", false), null, body, default);
        using var tree = made.Open();
        return tree.RootElement.GetProperty("spec").GetProperty("username").GetString()!;
    }

    private const string Contexts = """
        current-context: one
        contexts:
        - name: one
          context: {cluster: one, user: user}
        - name: two
          context: {cluster: two, user: other, namespace: team}
        clusters:
        - name: one
          cluster:
            server: https://one.example:6443
        - name: two
          cluster: {server: https://two.example/base, tls-server-name: api.two, insecure-skip-tls-verify: true}
        users:
        - name: user
          user:
            token: secret-token
        - name: other
          user: {username: jo, password: secret, as: jo, as-groups: [a, b]}
        """;

    private IKubeCredentials Exec(string fields)
    {
        var exec = $"exec: {{apiVersion: client.authentication.k8s.io/v1, {fields}}}";
        return KubeConfig.Load([Write("config", Contexts.Replace("token: secret-token", exec, StringComparison.Ordinal))]).Connect("one", time).Credentials;
    }

    private string Refused(string text, string? context)
    {
        var refused = Assert.Throws<KubeException>(() => KubeConfig.Load([Write("config", text)]).Connect(context, time));
        Assert.Equal(KubeError.Credentials, refused.Error);
        return refused.Message;
    }

    private static async Task<string> HeaderAsync(IKubeCredentials credentials, bool renew = false)
    {
        using var message = new HttpRequestMessage();
        (await credentials.GetAsync(new KubeCredentialRequest(renew), default)).Apply(message);
        return message.Headers.Authorization!.ToString();
    }

    private string Write(string name, string text)
    {
        var path = Path.Combine(folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    private void Script(string name, string text)
    {
        var path = Write(name, $"#!/bin/sh\ncd '{folder}'\n{text}\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private sealed class ManualTime : TimeProvider
    {
        private TimeSpan passed;

        public override DateTimeOffset GetUtcNow() => new DateTimeOffset(2000, 1, 1, 0, 0, 0, TimeSpan.Zero) + passed;

        public override long GetTimestamp() => passed.Ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public void Advance(TimeSpan by) => passed += by;
    }
}
