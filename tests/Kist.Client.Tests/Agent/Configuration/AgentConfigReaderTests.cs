using Kist.Client.Agent.Configuration;
using Kist.Client.Agent.Proxy;
using Kist.Client.Tests.Fakes;
using Kist.Hosting;
using Kist.Hosting.Agent;

namespace Kist.Client.Tests.Agent.Configuration;

public sealed class AgentConfigReaderTests
{
    private const string Login = """
        auto_auth {
          method "token_file" { config = { token_file_path = "/t" } }
          sink "file" { config = { path = "/tmp/sink" } }
        }
        """;

    private static AgentConfig Read(string text, string name = "agent.hcl") => new AgentConfigReader().ReadText(name, text);

    private static string[] Faults(string text, string name = "agent.hcl") =>
        Assert.Throws<ConfigException>(() => Read(text, name)).Message.Split('\n');

    [Fact]
    public void Every_method_is_read_with_its_settings()
    {
        static LoginMethodConfig Method(string method) =>
            Read($"auto_auth {{\n method {method}\n sink \"file\" {{ config = {{ path = \"/s\" }} }}\n}}").AutoAuth!.Method;
        Assert.Equal(new KubernetesLoginConfig("web", KubernetesLoginConfig.DefaultTokenPath), Method("\"kubernetes\" { config = { role = \"web\" } }"));
        Assert.Equal(
            new JwtLoginConfig("job", "/jwt") { RemoveAfterReading = false, RemoveFollowsLinks = true },
            Method("\"jwt\" { config = { path = \"/jwt\" role = \"job\" remove_jwt_after_reading = false remove_jwt_follows_symlinks = true } }"));
        Assert.Equal(
            new AppRoleLoginConfig("/r", "/s") { RemoveSecretIdAfterReading = false, WrappingPath = "auth/approle/role/x/secret-id" },
            Method("""
                "approle" { config = { role_id_file_path = "/r" secret_id_file_path = "/s" remove_secret_id_file_after_reading = "false"
                  secret_id_response_wrapping_path = "auth/approle/role/x/secret-id" } }
                """));
        Assert.Equal(
            new CertLoginConfig("web") { CaCert = "/ca", ClientCert = "/c", ClientKey = "/k" },
            Method("\"cert\" { config = { name = \"web\" ca_cert = \"/ca\" client_cert = \"/c\" client_key = \"/k\" reload = true } }"));
        Assert.Equal(new CertLoginConfig(""), Method("\"cert\" { }"));
        Assert.Equal(new UserpassLoginConfig("ada", "/p"), Method("\"userpass\" { config = { username = \"ada\" password_file_path = \"/p\" } }"));
        Assert.Equal(new TokenFileLoginConfig("/t"), Method("{ type = \"token_file\" config { token_file_path = \"/t\" } }"));
    }

    [Fact]
    public void Options_of_method_and_sink_are_read()
    {
        var login = Read("""
            auto_auth {
              method "approle" {
                mount_path = "auth/apps/"  namespace = "/team/"  min_backoff = "5s"  max_backoff = 60  exit_on_err = true
                config = { role_id_file_path = "/r" }
              }
              sink "file" { wrap_ttl = "30m" config = { path = "/s1" mode = 0600 uid = 10 gid = -1 } }
              sink "file" { config = { path = "/s2" mode = "0000" } }
            }
            """).AutoAuth!;
        Assert.Equal(("auth/apps", "team", true), (login.MountPath, login.Namespace, login.ExitOnError));
        Assert.Equal((TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(1)), (login.MinBackoff, login.MaxBackoff));
        Assert.Equal(
            [
                new FileSinkConfig("/s1") { Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite, UserId = 10, WrapTtl = TimeSpan.FromMinutes(30) },
                new FileSinkConfig("/s2") { Mode = null },
            ],
            login.Sinks);
    }

    [Theory]
    [InlineData("aws")]
    [InlineData("gcp")]
    [InlineData("ldap")]
    public void Methods_of_vault_that_are_not_here_are_told_as_such(string method)
    {
        var fault = Assert.Single(Faults($"auto_auth {{\n  method \"{method}\" {{ }}\n}}"));
        Assert.StartsWith("agent.hcl: auto_auth method", fault, StringComparison.Ordinal);
        Assert.Contains($"line 2, column 10: the method \"{method}\" is not supported: use one of kubernetes, jwt", fault, StringComparison.Ordinal);
    }

    [Fact]
    public void All_faults_are_told_at_once_with_file_place_and_what_was_probably_meant()
    {
        var faults = Faults("""
            log_levle = "info"
            auto_auth {
              method "kubernetis" { config = { role = "x" } }
              sink "file" { config = { pth = "/s" } }
            }
            template { source = "/x" }
            listener "tcp" { tls_disable = "perhaps" }
            """);
        Assert.Contains("agent.hcl: line 1, column 1: unknown setting \"log_levle\" (did you mean \"log_level\"?)", faults);
        Assert.Contains(faults, f => f.Contains("line 3, column 10: unknown method \"kubernetis\" (did you mean \"kubernetes\"?)", StringComparison.Ordinal));
        Assert.Contains(faults, f => f.Contains("line 4, column 28: unknown setting \"pth\" (did you mean \"path\"?)", StringComparison.Ordinal));
        Assert.Contains(faults, f => f.Contains("line 6", StringComparison.Ordinal) && f.Contains("\"destination\" is required", StringComparison.Ordinal));
        Assert.Contains(faults, f => f.Contains("line 7", StringComparison.Ordinal) && f.Contains("\"tls_disable\" must be true or false", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("dh_type = \"curve25519\"")]
    [InlineData("dh_path = \"/p\"")]
    [InlineData("aad = \"x\"")]
    [InlineData("derive_key = true")]
    public void Sink_that_is_to_be_encrypted_for_nobody_is_refused_and_not_written_in_clear(string setting)
    {
        var fault = Assert.Single(Faults(
            $"auto_auth {{\n method \"cert\" {{ }}\n sink \"file\" {{\n {setting}\n config = {{ path = \"/s\" }}\n }}\n}}"));
        Assert.Contains("would be written in clear", fault, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "there is nothing to do")]
    [InlineData("auto_auth {\n method \"cert\" { }\n}", "auto_auth has no use")]
    [InlineData("template {\n contents = \"x\"\n destination = \"/d\"\n}\nlistener \"unix\" { address = \"/s\" }", "templates need auto_auth")]
    [InlineData("api_proxy { use_auto_auth_token = true }\nlistener \"unix\" { address = \"/s\" }", "use_auto_auth_token needs auto_auth")]
    [InlineData(Login + "\napi_proxy { use_auto_auth_token = true }", "api_proxy needs a listener")]
    [InlineData(Login + "\nexec { command = [\"./app\"] }", "exec needs at least one env_template")]
    [InlineData(Login + "\nenv_template \"A\" { contents = \"x\" }", "env_template needs exec")]
    [InlineData(Login + "\ntemplate {\n contents = \"x\"\n destination = \"/tmp/sink\"\n}", "/tmp/sink is written by more than one template or sink")]
    [InlineData("auto_auth {\n method \"cert\" { wrap_ttl = \"5m\" }\n sink \"file\" {\n wrap_ttl = \"5m\"\n config = { path = \"/s\" }\n }\n}", "exactly one sink")]
    [InlineData(Login + "\nauto_auth { method \"cert\" { } }", "\"auto_auth\" may be given once")]
    [InlineData("auto_auth { }", "exactly one \"method\" is needed")]
    public void Parts_that_do_not_fit_are_told(string text, string expected) =>
        Assert.Contains(Faults(text), f => f.Contains(expected, StringComparison.Ordinal));

    [Fact]
    public void Template_is_read_with_all_its_settings()
    {
        var template = Assert.Single(Read(Login + """

            template {
              contents = "x"
              destination = "/d"
              create_dest_dirs = false
              error_on_missing_key = true
              perms = 0655
              user = "app"
              gid = 7
              backup = true
              left_delimiter = "<<"
              right_delimiter = ">>"
              sandbox_path = "/d"
              command = "restart foo"
              command_timeout = "60s"
              wait { min = "5s"  max = "30s" }
              wait { min = "10s" max = "40s" }
              exec { command = ["foo", "-x"] timeout = "10s" }
            }
            """).Templates);
        Assert.Equal(("/d", false, true, true), (template.Destination, template.CreateDestDirs, template.ErrorOnMissingKey, template.Backup));
        Assert.Equal((UnixFileMode)Convert.ToInt32("655", 8), template.Perms);
        Assert.Equal(("app", "7", "<<", ">>", "/d"), (template.User, template.Group, template.LeftDelimiter, template.RightDelimiter, template.SandboxPath));
        Assert.Equal((TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(40)), (template.WaitMin, template.WaitMax));
        Assert.Equal(["foo", "-x"], template.Exec!.Command);
        Assert.Equal(TimeSpan.FromSeconds(10), template.Exec.Timeout);
    }

    [Theory]
    [InlineData("5s:20s", 5, 20)]
    [InlineData("5s", 5, 20)]
    public void Wait_may_be_a_text(string text, int least, int most)
    {
        var template = Read(Login + $"\ntemplate {{\n contents = \"x\"\n destination = \"/d\"\n wait = \"{text}\"\n}}").Templates[0];
        Assert.Equal((TimeSpan.FromSeconds(least), TimeSpan.FromSeconds(most)), (template.WaitMin, template.WaitMax));
    }

    [Fact]
    public void Wait_and_command_that_are_switched_off_do_not_hold()
    {
        var template = Read(Login + """

            template {
              contents = "x"
              destination = "/d"
              command = "restart foo"
              wait { min = "5s" max = "30s" enabled = false }
              exec { command = ["foo"] enabled = false }
            }
            """).Templates[0];
        Assert.Equal((TimeSpan.Zero, TimeSpan.Zero), (template.WaitMin, template.WaitMax));
        Assert.Null(template.Exec);
        Assert.NotNull(Read(Login + "\ntemplate {\n contents = \"x\"\n destination = \"/d\"\n exec {\n enabled = true\n command = [\"foo\"]\n }\n}").Templates[0].Exec);
    }

    [Fact]
    public void Owner_and_group_of_a_sink_may_have_vaults_names()
    {
        const string Sink = "auto_auth {\n method \"cert\" { }\n sink \"file\" {\n config = {\n path = \"/s\"\n ";
        var sink = Read(Sink + "owner = 10\n group = \"20\"\n }\n }\n}").AutoAuth!.Sinks[0];
        Assert.Equal((10, 20), (sink.UserId, sink.GroupId));
        Assert.Contains(
            Faults(Sink + "owner = 10\n uid = 11\n }\n }\n}"), f => f.Contains("\"owner\" cannot be given beside \"uid\"", StringComparison.Ordinal));
    }

    [Fact]
    public void Denied_functions_are_not_ignored() =>
        Assert.Contains(
            "would allow them",
            Assert.Single(Faults(Login + "\ntemplate {\n contents = \"x\"\n destination = \"/d\"\n function_denylist = [\"plugin\"]\n}")),
            StringComparison.Ordinal);

    [Fact]
    public void Listeners_are_guarded_unless_that_is_switched_off_by_name()
    {
        var listeners = Read(Login + """

            listener "unix" { address = "/s" }
            listener "tcp" { address = "127.0.0.1:8100" tls_disable = true }
            listener {
              type = "tcp"
              address = "127.0.0.1:8101"
              tls_disable = true
              role = "metrics_only"
              require_request_header = false
              check_host = false
              allowed_paths = ["secret/data/app/*"]
              allowed_methods = ["get"]
              agent_api { enable_quit = true }
            }
            """).Listeners;
        Assert.True(listeners[0] is { IsUnix: true, CheckPeer: true, TlsDisable: true, SocketMode: UnixFileMode.UserRead | UnixFileMode.UserWrite });
        Assert.True(listeners[1] is { IsUnix: false, CheckHost: true, RequireRequestHeader: true, ApiQuit: false, Role: "default" });
        Assert.True(listeners[2] is { CheckHost: false, RequireRequestHeader: false, ApiQuit: true, Role: "metrics_only" });
        Assert.Equal(["secret/data/app/*"], listeners[2].AllowedPaths);
        Assert.Equal(["GET"], listeners[2].AllowedMethods);
    }

    [Theory]
    [InlineData("true", AutoAuthTokenUse.Yes)]
    [InlineData("\"force\"", AutoAuthTokenUse.Force)]
    [InlineData("false", AutoAuthTokenUse.None)]
    public void Older_configurations_say_in_the_cache_whether_the_token_is_used(string value, AutoAuthTokenUse use) =>
        Assert.Equal(use, Read(Login + $"\nlistener \"unix\" {{ address = \"/s\" }}\ncache {{ use_auto_auth_token = {value} }}").ApiProxy!.UseAutoAuthToken);

    [Fact]
    public void Exec_and_its_variables_are_read()
    {
        var config = Read("""
            auto_auth { method "token_file" { config { token_file_path = "/t" } } }
            env_template "FOO" { contents = "{{ with secret \"secret/data/foo\" }}{{ .Data.data.password }}{{ end }}" error_on_missing_key = true }
            exec { command = ["./app", "arg"] restart_on_secret_changes = "never" restart_stop_signal = "SIGINT" }
            """);
        Assert.Equal(("FOO", true), (config.EnvTemplates[0].Name, config.EnvTemplates[0].Template.ErrorOnMissingKey));
        Assert.Equal(("never", 2), (config.Exec!.RestartOnSecretChanges, config.Exec.RestartStopSignal));
        Assert.Equal(["./app", "arg"], config.Exec.Command);
        Assert.Contains(
            Faults(Login + "\nexec { command = [\"x\"] }\nenv_template \"A\" {\n contents = \"x\"\n destination = \"/d\"\n}"),
            f => f.Contains("\"destination\" is for files", StringComparison.Ordinal));
    }

    [Fact]
    public void Files_and_folders_are_merged_in_order()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.At("conf"));
        folder.File("conf/1.hcl", Login + "\nlog_level = \"warn\"\nvault { address = \"http://a:1\" }");
        folder.File("conf/2.yaml", "vault:\n  address: http://b:1\ntemplate:\n  - contents: x\n    destination: /d1\n");
        folder.File("conf/.hidden.hcl", "nonsense = 1");
        var json = folder.File("later.json", """{"template":[{"contents":"y","destination":"/d2"}],"exit_after_auth":true}""");
        var config = new AgentConfigReader().ReadPaths([folder.At("conf"), json]);
        Assert.Equal(("http://b:1", "warn", true), (config.Server!.Address, config.LogLevel, config.ExitAfterAuth));
        Assert.Equal(["/d1", "/d2"], config.Templates.Select(t => t.Destination));
        Assert.NotNull(config.AutoAuth);
    }

    [Fact]
    public void Settings_of_vault_without_effect_are_told()
    {
        var config = Read(Login + "\nlog_file = \"/l\"\ntelemetry { disable_hostname = true }\ndisable_idle_connections = [\"caching\"]");
        Assert.Equal(3, config.Ignored.Count);
        Assert.Contains("\"log_file\" has no effect", config.Ignored[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Variables_go_before_the_configuration_and_no_token_is_taken_from_them()
    {
        var config = Read(Login + "\nvault {\n address = \"http://config:1\"\n tls_server_name = \"s\"\n tls_skip_verify = \"true\"\n retry { num_retries = -1 }\n}");
        var variables = new Dictionary<string, string> { ["VAULT_ADDR"] = "http://variable:1", ["VAULT_TOKEN"] = "t" };
        var settings = AgentSettings.Read(config.Server, variables.GetValueOrDefault);
        Assert.Equal("http://variable:1", settings.Address.Text);
        Assert.Null(settings.Token);
        Assert.Equal(("s", true, 0), (settings.Tls.ServerName, settings.Tls.SkipVerify, settings.Retry.MaxRetries));
    }
}
