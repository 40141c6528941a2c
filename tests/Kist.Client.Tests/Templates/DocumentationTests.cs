using Kist.Client.Templates;

namespace Kist.Client.Tests.Templates;

/// <summary>
/// The forms that templates have in the public documentation of Vault Agent, its injector and its process supervisor, and in what consul-template
/// documents of secrets: all parse as they are.
/// </summary>
public sealed class DocumentationTests
{
    [Theory]
    [InlineData("{{ with secret \"secret/my-secret\" }}\n{{ .Data.data.foo }}\n{{ end }}\n")]
    [InlineData(
        "{{ with pkiCert \"pki/issue/my-domain-dot-com\" \"common_name=foo.example.com\" }}\n{{ .Data.Key }}\n{{ .Data.Cert }}\n{{ .Data.CA }}" +
        "\n{{ end }}")]
    [InlineData("{{- with secret \"pki/cert/ca\" -}}\n{{ .Data.certificate }}\n{{- end -}}")]
    [InlineData("{{ with secret \"secret/my-secret\" }}{{ .Data.data.foo }}{{ end }}")]
    [InlineData("{{ with secret \"secret/data/foo\" }}{{ .Data.data.password }}{{ end }}")]
    [InlineData(
        "{{- with secret \"database/creds/db-app\" -}}\npostgres://{{ .Data.username }}:{{ .Data.password }}" +
        "@postgres:5432/appdb?sslmode=disable\n{{- end }}")]
    [InlineData(
        "{{- with secret \"database/creds/db-app\" -}}postgres://{{ .Data.username }}:{{ .Data.password }}" +
        "@postgres:5432/mydb?sslmode=disable{{- end }}")]
    [InlineData("{{ with secret \"secret/data/web\" -}}\n  export api_key=\"{{ .Data.data.payments_api_key }}\"\n{{- end }}")]
    [InlineData("{{ with secret \"/path/to/secret\" }}{{ range $k, $v := .Data }}{{ $k }}: {{ $v }}\n{{ end }}{{ end }}")]
    [InlineData("{{- with secret \"secret/data/app\" -}}{{ range $k, $v := .Data.data }}{{ $k }}={{ $v }}\n{{ end }}{{- end }}")]
    [InlineData("{{ with secret \"secret/passwords?version=1\" }}\n{{ .Data.data.wifi }}{{ end }}")]
    [InlineData("{{with secret \"/auth/token/create\" \"policies=policy_1\" \"no_default_policy=true\"}}\n{{.Auth.ClientToken}}{{ end }}")]
    [InlineData("{{ with secret \"secret/foo\"}}\n{{ if .Data.password }}\npassword = \"{{ .Data.password }}\"\n{{ end }}\n{{ end }}")]
    [InlineData(
        "{{ range secrets \"secret/\" }}\n{{ with secret (printf \"secret/%s\" .) }}{{ range $k, $v := .Data }}\n{{ $k }}: {{ $v }}\n{{ end }}" +
        "{{ end }}{{ end }}")]
    [InlineData(
        "{{ with pkiCert \"pki/issue/my-domain-dot-com\" \"common_name=foo.example.com\" }}\nPrivate Key: {{ .Key }}\nCert Authority: {{ .CA }}" +
        "\n{{ end }}\n{{ with secret \"pki/cert/ca_chain\" }}\nCA+Chain: {{ .Data.ca_chain }}\n{{ end }}")]
    [InlineData(
        "{{- with pkiCert \"pki/issue/d\" \"common_name=foo.example.com\" -}}\n{{ .Cert }}{{ .CA }}{{ .Key }}" +
        "\n{{ .Key | writeToFile \"/my/cert.key\" \"root\" \"root\" \"0400\" }}" +
        "\n{{ .Cert | writeToFile \"/my/cert.pem\" \"root\" \"root\" \"0644\" \"append\" }}\n{{- end -}}")]
    [InlineData(
        "{{ with secret \"pki/issue/my-role\" \"common_name=test.example.com\" \"alt_names=a.example.com,b.example.com\" (printf \"ttl=%s\" " +
        "\"24h\") }}{{ .Data.private_key }}\n{{ range .Data.ca_chain }}{{ . }}\n{{ end }}{{ end }}")]
    [InlineData("{{ with secret \"secret/data/app\" }}{{ .Data.data | toJSONPretty }}{{ end }}")]
    [InlineData("{{ with secret \"secret/data/certs\" }}{{ base64Decode .Data.data.keystore }}{{ end }}")]
    [InlineData("{{ with $secret := secret \"secret/data/app\" }}{{ index $secret.Data.data \"with-dash\" }}{{ end }}")]
    [InlineData("{{- /* credentials */ -}}\n{{- if env \"APP_ENV\" | eq \"prod\" }}{{ end }}")]
    [InlineData("{{ with secret (printf \"secret/data/%s/app\" (env \"APP_ENV\")) }}{{ .Data.data.password | sprig_quote }}{{ end }}")]
    [InlineData(
        "{{ $lease := 0 }}{{ with secret \"aws/creds/deploy\" }}{{ $lease = .LeaseDuration }}aws_access_key_id={{ .Data.access_key }}{{ end }}")]
    public void Every_documented_form_parses(string template) => Assert.NotNull(Template.Parse(template));

    [Fact]
    public void A_documented_template_renders_a_connection_string()
    {
        const string template = """
            {{- with secret "database/creds/app" -}}
            postgres://{{ .Data.username }}:{{ .Data.password }}@db:5432/app
            {{- end }}

            """;
        Assert.Equal("postgres://v-app:s3cret@db:5432/app\n", Rendering.Render(template));
    }
}
