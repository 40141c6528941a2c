using Kist.Client.Agent.Configuration;
using Kist.Client.Agent.Proxy;
using Kist.Hosting.Agent;

namespace Kist.Client.Tests.Agent.Configuration;

/// <summary>The forms that the public documentation of Vault Agent's configuration shows, each as short as it can be.</summary>
public sealed class VaultExampleTests
{
    private const string Method = "method { type = \"approle\" config = { role_id_file_path = \"/r\" secret_id_file_path = \"/s\" } }";

    private static AgentConfig Read(string text) => new AgentConfigReader().ReadText("agent.hcl", text);

    [Fact]
    public void Overview_example_is_read_but_for_the_encrypted_sink()
    {
        static string Example(string encryption) => $$"""
            pid_file = "./pidfile"
            vault {
              address = "https://vault-fqdn:8200"
              retry { num_retries = 5 }
            }
            auto_auth {
              method "kubernetes" { config = { role = "foobar" } }
              sink "file" { config = { path = "/tmp/file-foo" } }
              sink "file" {
                wrap_ttl = "5m"
                {{encryption}}
                config = { path = "/tmp/file-bar" }
              }
            }
            cache {
              // An empty stanza enables it.
            }
            api_proxy { use_auto_auth_token = true }
            listener "unix" {
              address = "/path/to/socket"
              tls_disable = true
              agent_api { enable_quit = true }
            }
            listener "tcp" {
              address = "127.0.0.1:8100"
              tls_disable = true
            }
            template {
              source = "/etc/server.key.ctmpl"
              destination = "/etc/server.key"
            }
            template {
              source = "/etc/server.crt.ctmpl"
              destination = "/etc/server.crt"
            }
            """;
        var config = Read(Example(""));
        Assert.Equal(("./pidfile", 5, 2, 2), (config.PidFile, config.Server!.Retries, config.Listeners.Count, config.Templates.Count));
        Assert.True(config.Cache!.Enabled);
        Assert.Equal(AutoAuthTokenUse.Yes, config.ApiProxy!.UseAutoAuthToken);
        Assert.True(config.Listeners[0].ApiQuit);
        Assert.Equal(TimeSpan.FromMinutes(5), config.AutoAuth!.Sinks[1].WrapTtl);
        var encrypted = Read(Example(
            "aad_env_var = \"TEST_AAD_ENV\"\n dh_type = \"curve25519\"\n dh_path = \"/tmp/file-foo-dhpath2\"\n derive_key = true"));
        var expected = new SinkEncryption("/tmp/file-foo-dhpath2") { DerivesKey = true, AssociatedDataVariable = "TEST_AAD_ENV" };
        Assert.Contains(encrypted.AutoAuth!.Sinks, sink => sink.Encryption == expected);
    }

    [Theory]
    [InlineData("sink { type = \"file\" config = { path = \"/a\" } }", 1)]
    [InlineData("sink { type = \"file\" config = { path = \"/a\" } }\n sink \"file\" { config = { path = \"/b\" } }", 2)]
    [InlineData("sinks { sink { type = \"file\" config = { path = \"/a\" } } }", 1)]
    [InlineData("sinks {\n sink { type = \"file\" config = { path = \"/a\" } }\n sink { type = \"file\" config = { path = \"/b\" } }\n}", 2)]
    public void Sinks_are_read_in_each_form(string sinks, int count) =>
        Assert.Equal(count, Read($"auto_auth {{\n {Method}\n {sinks}\n}}").AutoAuth!.Sinks.Count);

    [Fact]
    public void Json_form_is_read()
    {
        const string Approle = """{"type":"approle","config":{"role_id_file_path":"/r","secret_id_file_path":"/s"}}""";
        const string Sink = """{"sink":{"type":"file","config":{"path":"/a"}}}""";
        var other = Sink.Replace("/a", "/b", StringComparison.Ordinal);
        var config = Read($$"""{"auto_auth":{"method":[{{Approle}}],"sinks":[{{Sink}},{{other}}]} }""");
        Assert.Equal(["/a", "/b"], config.AutoAuth!.Sinks.Select(s => s.Path));
        Assert.Equal(new AppRoleLoginConfig("/r", "/s"), config.AutoAuth.Method);
    }

    [Theory]
    [InlineData("persist = { type = \"kubernetes\" path = \"/c/\" keep_after_import = true exit_on_err = true service_account_token_file = \"/t\" }")]
    [InlineData("persist \"kubernetes\" { path = \"/c\" }")]
    public void Persistent_cache_is_told_to_have_no_effect(string persist)
    {
        var config = Read($"cache {{\n {persist}\n}}\nlistener \"tcp\" {{\n address = \"127.0.0.1:8100\"\n tls_disable = true\n}}\n"
            + "listener \"tcp\" {\n address = \"127.0.0.1:3000\"\n tls_disable = true\n role = \"metrics_only\"\n}");
        Assert.Contains("\"persist\" has no effect", Assert.Single(config.Ignored), StringComparison.Ordinal);
        Assert.Equal("metrics_only", config.Listeners[1].Role);
    }

    [Fact]
    public void Forced_token_is_read() =>
        Assert.Equal(
            AutoAuthTokenUse.Force,
            Read($"auto_auth {{\n {Method}\n}}\napi_proxy {{ use_auto_auth_token = \"force\" }}\n"
                + "listener \"tcp\" {\n address = \"127.0.0.1:8100\"\n tls_disable = true\n}").ApiProxy!.UseAutoAuthToken);

    [Fact]
    public void Template_examples_are_read()
    {
        var config = Read($$$"""
            auto_auth {
              {{{Method}}}
            }
            template_config {
              exit_on_retry_failure = true
              static_secret_render_interval = "10m"
              max_connections_per_host = 20
              lease_renewal_threshold = 0.8
            }
            template {
              source      = "/tmp/agent/template.ctmpl"
              destination = "/tmp/agent/render.txt"
              error_on_missing_key = true
            }
            template {
              contents     = "{{ with secret \"secret/my-secret\" }}{{ .Data.data.foo }}{{ end }}"
              destination  = "/tmp/agent/render-content.txt"
            }
            """);
        Assert.True(config.TemplateOptions is { ExitOnRetryFailure: true, MaxConnectionsPerHost: 20, LeaseRenewalThreshold: 0.8 });
        Assert.Equal(TimeSpan.FromMinutes(10), config.TemplateOptions.StaticSecretRenderInterval);
        Assert.Equal(2, config.Templates.Count);
    }

    [Fact]
    public void Process_supervisor_example_is_read()
    {
        var config = Read("""
            auto_auth {
              method {
                type = "token_file"
                config {
                  token_file_path = "/home/user/.vault-token"
                }
              }
            }
            template_config {
              static_secret_render_interval = "5m"
              exit_on_retry_failure         = true
            }
            vault {
              address = "http://localhost:8200"
            }
            env_template "FOO_PASSWORD" {
              contents             = "{{ with secret \"secret/data/foo\" }}{{ .Data.data.password }}{{ end }}"
              error_on_missing_key = true
            }
            env_template "FOO_FROM_FILE" {
              source = "/tmp/agent/template.ctmpl"
            }
            exec {
              command                   = ["./my-app", "arg1", "arg2"]
              restart_on_secret_changes = "always"
              restart_stop_signal       = "SIGTERM"
            }
            """);
        Assert.Equal(["FOO_PASSWORD", "FOO_FROM_FILE"], config.EnvTemplates.Select(t => t.Name));
        Assert.Equal(15, config.Exec!.RestartStopSignal);
    }
}
