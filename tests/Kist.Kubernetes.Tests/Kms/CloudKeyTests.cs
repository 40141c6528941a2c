using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Kist.Crypto;
using Kist.Kubernetes.Kms.RemoteKeys;

namespace Kist.Kubernetes.Tests.Kms;

/// <summary>
/// The clouds' keys against fakes that check what they get: signatures by the published vectors, tokens by the public key. The clouds themselves are not
/// reachable from a test.
/// </summary>
public sealed class CloudKeyTests
{
    private static readonly DateTimeOffset VectorTime = new(2015, 8, 30, 12, 36, 0, TimeSpan.Zero);
    private static readonly AwsCredentials VectorCredentials = new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "");

    private readonly ShiftedTime time = new();

    // From AWS's test suite for Signature Version 4: get-vanilla, post-vanilla, get-vanilla-query-order-key-case.
    [Theory]
    [InlineData("GET", "/", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31")]
    [InlineData("POST", "/", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b")]
    [InlineData("GET", "/?Param1=value1&Param2=value2", "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500")]
    public void Requests_are_signed_as_AWS_publishes(string method, string path, string signature)
    {
        var headers = SignatureV4.Sign(
            method, new Uri($"https://example.amazonaws.com{path}"), [], [], "us-east-1/service", VectorCredentials, VectorTime);
        Assert.Equal(
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=" + signature,
            headers.Single(h => h.Name == "authorization").Value);
        Assert.Equal("20150830T123600Z", headers.Single(h => h.Name == "x-amz-date").Value);
    }

    [Fact]
    public void Session_tokens_and_content_are_signed_along()
    {
        static string Signed(string token, string body) => SignatureV4.Sign(
            "POST",
            new Uri("https://kms.eu-central-1.amazonaws.com/"),
            [("content-type", "application/x-amz-json-1.1")],
            Encoding.ASCII.GetBytes(body),
            "eu-central-1/kms",
            VectorCredentials with { SessionToken = token },
            VectorTime)[^1].Value;
        Assert.Contains("SignedHeaders=content-type;host;x-amz-date;x-amz-security-token,", Signed("t", ""));
        Assert.NotEqual(Signed("t", ""), Signed("u", ""));
        Assert.NotEqual(Signed("t", ""), Signed("t", "x"));
    }

    [Fact]
    public void Credentials_do_not_print() => Assert.DoesNotContain("wJalr", VectorCredentials.ToString());

    [Fact]
    public async Task Aws_key_wraps_and_unwraps_with_its_purpose_and_shows_a_rotation()
    {
        var aws = new FakeAws();
        using var key = Aws(aws);
        using var local = SecretBytes.Random(32);
        var first = (await key.VersionAsync(default)).Value;
        Assert.Equal($"aws/{FakeAws.Arn}/material-1", first);
        var wrapped = (await key.WrapAsync(local, default)).Value;
        Assert.Equal(first, wrapped.KeyId);
        using var unwrapped = (await key.UnwrapAsync(wrapped, default)).Value;
        Assert.True(unwrapped.FixedTimeEquals(local.Span));
        aws.Material = "material-2";
        Assert.NotEqual(first, (await key.VersionAsync(default)).Value);
    }

    [Theory]
    [InlineData("ThrottlingException", 400, true)]
    [InlineData("KMSInternalException", 500, true)]
    [InlineData("com.amazonaws.kms#AccessDeniedException", 400, false)]
    [InlineData("DisabledException", 400, false)]
    [InlineData("NotFoundException", 400, false)]
    [InlineData("", 403, true)]
    [InlineData("", 404, true)]
    public async Task Aws_failures_are_told_apart(string type, int status, bool outage)
    {
        using var key = Aws(new FakeAws { Failure = (type, status) });
        Assert.Equal(outage, RemoteFailures.IsOutage((await key.VersionAsync(default)).Failure!));
    }

    [Fact]
    public async Task Aws_key_that_is_disabled_is_a_refusal()
    {
        using var key = Aws(new FakeAws { State = "Disabled" });
        Assert.Contains("Disabled", (await key.VersionAsync(default)).Failure?.Message);
    }

    [Fact]
    public async Task Google_key_gets_a_token_by_a_signed_assertion_and_names_the_version()
    {
        var home = Directory.CreateTempSubdirectory("kist-google-").FullName;
        using var account = RSA.Create(2048);
        var file = Path.Combine(home, "account.json");
        await File.WriteAllTextAsync(file, new JsonObject
        {
            ["type"] = "service_account",
            ["client_email"] = "kms@test.iam",
            ["private_key"] = account.ExportPkcs8PrivateKeyPem(),
            ["token_uri"] = "https://oauth.test/token",
        }.ToJsonString());
        var google = new FakeGoogle(account);
        using var key = new GoogleKey(new GoogleKeyOptions { Key = FakeGoogle.Key, CredentialsFile = file, Handler = () => google }, time);
        using var local = SecretBytes.Random(32);
        Assert.Equal($"google/{FakeGoogle.Key}/cryptoKeyVersions/3", (await key.VersionAsync(default)).Value);
        var wrapped = (await key.WrapAsync(local, default)).Value;
        Assert.Equal($"google/{FakeGoogle.Key}/cryptoKeyVersions/3", wrapped.KeyId);
        using var unwrapped = (await key.UnwrapAsync(wrapped, default)).Value;
        Assert.True(unwrapped.FixedTimeEquals(local.Span));
        Assert.Equal(1, google.Tokens);
        time.Advance(TimeSpan.FromMinutes(59));
        Assert.True((await key.VersionAsync(default)).Succeeded);
        Assert.Equal(2, google.Tokens);
        await File.WriteAllTextAsync(file, "{}");
        Assert.True(key.Reload().Succeeded);
        Assert.True(RemoteFailures.IsOutage((await key.VersionAsync(default)).Failure!));
        Directory.Delete(home, recursive: true);
    }

    [Fact]
    public async Task Azure_key_wraps_under_its_newest_version_and_unwraps_under_any()
    {
        using var azure = new FakeAzure();
        using var key = new AzureKey(
            new AzureKeyOptions { Key = new Uri(FakeAzure.Key), Tenant = "tenant", ClientId = "client", ClientSecret = () => new SecretText("s&cret"), Handler = () => azure }, time);
        using var local = SecretBytes.Random(32);
        Assert.Equal($"azure/{FakeAzure.Key}/aa01", (await key.VersionAsync(default)).Value);
        var wrapped = (await key.WrapAsync(local, default)).Value;
        azure.Rotate();
        Assert.Equal($"azure/{FakeAzure.Key}/aa02", (await key.VersionAsync(default)).Value);
        using var unwrapped = (await key.UnwrapAsync(wrapped, default)).Value;
        Assert.True(unwrapped.FixedTimeEquals(local.Span));
    }

    // A proxy's page says nothing about the key; the clouds send an object or a word under "error".
    [Theory]
    [InlineData("<html>", true)]
    [InlineData("{}", true)]
    [InlineData("""{"error":{"code":403,"message":"denied"}}""", false)]
    [InlineData("""{"error":"invalid_client","error_description":"no such client"}""", false)]
    public async Task A_cloud_that_says_no_is_told_from_a_page_of_something_else(string body, bool outage)
    {
        foreach (var refuses in (string[])["token", "key"])
        {
            using var google = new GoogleKey(new GoogleKeyOptions { Key = FakeGoogle.Key, Handler = () => new Refusing(refuses, body) }, time);
            using var azure = new AzureKey(new AzureKeyOptions { Key = new Uri(FakeAzure.Key), Handler = () => new Refusing(refuses, body) }, time);
            Assert.Equal(outage, RemoteFailures.IsOutage((await google.VersionAsync(default)).Failure!));
            Assert.Equal(outage, RemoteFailures.IsOutage((await azure.VersionAsync(default)).Failure!));
        }
    }

    [Theory]
    [InlineData("azure/https://evil.test/keys/k8s/aa01")]
    [InlineData("azure/https://vault.test/keys/k8s/../../evil")]
    [InlineData("azure/https://vault.test/keys/k8s/aa01/../x")]
    [InlineData("azure/https://vault.test/keys/k8s/")]
    [InlineData("azure/https://vault.test/keys/k8sx/aa01")]
    [InlineData("transit/x")]
    public async Task Azure_token_goes_nowhere_else_whatever_key_id_was_stored(string keyId)
    {
        using var azure = new FakeAzure();
        using var key = new AzureKey(new AzureKeyOptions { Key = new Uri(FakeAzure.Key), Handler = () => azure }, time);
        Assert.Equal("kms.remote_unknown", (await key.UnwrapAsync(new WrappedKey(keyId, new byte[10]), default)).Failure?.Code);
        Assert.Equal(0, azure.Requests);
    }

    [Theory]
    [InlineData("alias/k8s", false)]
    [InlineData("arn:aws:kms:eu-central-1:1:alias/k8s", false)]
    [InlineData("1234abcd-12ab-34cd-56ef-1234567890ab", true)]
    [InlineData(FakeAws.Arn, true)]
    public void Aws_key_is_not_named_by_an_alias(string name, bool good) => Assert.Equal(good, AwsKey.CheckName(name) is null);

    private AwsKey Aws(FakeAws aws) => new(
        new AwsKeyOptions { Key = FakeAws.Arn, Region = "eu-central-1", Credentials = () => VectorCredentials, Handler = () => aws }, time);

    private static HttpResponseMessage Answer(JsonNode body, int status = 200) => new((HttpStatusCode)status) { Content = new StringContent(body.ToJsonString()) };

    // Answers 403 to requests for a token, or to those that have one.
    private sealed class Refusing(string what, string body) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(request.Headers.Contains("Authorization") == (what == "key")
                ? new HttpResponseMessage(HttpStatusCode.Forbidden) { Content = new StringContent(body) }
                : Answer(new JsonObject { ["access_token"] = "t", ["expires_in"] = 3600 }));
    }

    private sealed class FakeAws : HttpMessageHandler
    {
        public const string Arn = "arn:aws:kms:eu-central-1:1:key/1234";

        private readonly Dictionary<string, string> plaintexts = [];

        public string Material { get; set; } = "material-1";

        public string State { get; init; } = "Enabled";

        public (string Type, int Status)? Failure { get; init; }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (Failure is { } failure)
                return Answer(new JsonObject { ["__type"] = failure.Type, ["message"] = "no" }, failure.Status);
            var body = await request.Content!.ReadAsByteArrayAsync(cancellationToken);
            CheckSignature(request, body);
            var fields = JsonNode.Parse(body)!;
            Assert.Equal(Arn, fields["KeyId"]!.GetValue<string>());
            switch (request.Headers.GetValues("x-amz-target").Single())
            {
                case "TrentService.DescribeKey":
                    return Answer(new JsonObject { ["KeyMetadata"] = new JsonObject { ["Arn"] = Arn, ["KeyState"] = State, ["CurrentKeyMaterialId"] = Material } });
                case "TrentService.Encrypt":
                    Assert.Equal("kist kms local key", fields["EncryptionContext"]!["purpose"]!.GetValue<string>());
                    var blob = Convert.ToBase64String(RandomNumberGenerator.GetBytes(100));
                    plaintexts[blob] = fields["Plaintext"]!.GetValue<string>();
                    return Answer(new JsonObject { ["CiphertextBlob"] = blob, ["KeyId"] = Arn });
                default:
                    Assert.Equal("kist kms local key", fields["EncryptionContext"]!["purpose"]!.GetValue<string>());
                    return Answer(new JsonObject { ["Plaintext"] = plaintexts[fields["CiphertextBlob"]!.GetValue<string>()], ["KeyId"] = Arn });
            }
        }

        // By the headers as they arrive.
        private static void CheckSignature(HttpRequestMessage request, byte[] body)
        {
            string Header(string name) => name switch
            {
                "host" => request.RequestUri!.Authority,
                "content-type" => request.Content!.Headers.ContentType!.ToString(),
                _ => request.Headers.GetValues(name).Single(),
            };
            var authorization = request.Headers.GetValues("authorization").Single();
            var names = authorization.Split("SignedHeaders=")[1].Split(',')[0].Split(';');
            Assert.Equal(["content-type", "host", "x-amz-date", "x-amz-target"], names);
            var date = Header("x-amz-date");
            var canonical = $"POST\n/\n\n{string.Concat(names.Select(n => $"{n}:{Header(n)}\n"))}\n{string.Join(';', names)}\n{Convert.ToHexStringLower(SHA256.HashData(body))}";
            var scope = $"{date[..8]}/eu-central-1/kms/aws4_request";
            var text = $"AWS4-HMAC-SHA256\n{date}\n{scope}\n{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(canonical)))}";
            var key = Encoding.UTF8.GetBytes("AWS4" + VectorCredentials.SecretAccessKey);
            foreach (var part in scope.Split('/'))
                key = HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(part));
            Assert.EndsWith(Convert.ToHexStringLower(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text))), authorization);
        }
    }

    private sealed class FakeGoogle(RSA account) : HttpMessageHandler
    {
        public const string Key = "projects/p/locations/l/keyRings/r/cryptoKeys/k";

        private readonly Dictionary<string, string> plaintexts = [];

        public int Tokens { get; private set; }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var body = request.Content is null ? "" : await request.Content.ReadAsStringAsync(cancellationToken);
            if (request.RequestUri!.Host == "oauth.test")
                return Token(body);
            Assert.Equal($"Bearer token-{Tokens.ToString(CultureInfo.InvariantCulture)}", request.Headers.GetValues("Authorization").Single());
            Assert.StartsWith($"https://cloudkms.googleapis.com/v1/{Key}", request.RequestUri.AbsoluteUri);
            if (request.Method == HttpMethod.Get)
                return Answer(new JsonObject { ["primary"] = new JsonObject { ["name"] = $"{Key}/cryptoKeyVersions/3", ["state"] = "ENABLED" } });
            var fields = JsonNode.Parse(body)!;
            Assert.Equal("kist kms local key", Encoding.UTF8.GetString(Convert.FromBase64String(fields["additionalAuthenticatedData"]!.GetValue<string>())));
            if (request.RequestUri.AbsolutePath.EndsWith(":decrypt", StringComparison.Ordinal))
                return Answer(new JsonObject { ["plaintext"] = plaintexts[fields["ciphertext"]!.GetValue<string>()] });
            var ciphertext = Convert.ToBase64String(RandomNumberGenerator.GetBytes(100));
            plaintexts[ciphertext] = fields["plaintext"]!.GetValue<string>();
            return Answer(new JsonObject { ["name"] = $"{Key}/cryptoKeyVersions/3", ["ciphertext"] = ciphertext });
        }

        private HttpResponseMessage Token(string form)
        {
            var fields = form.Split('&').Select(p => p.Split('=')).ToDictionary(p => p[0], p => Uri.UnescapeDataString(p[1]));
            Assert.Equal("urn:ietf:params:oauth:grant-type:jwt-bearer", fields["grant_type"]);
            var parts = fields["assertion"].Split('.');
            Assert.True(account.VerifyData(
                Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"),
                System.Buffers.Text.Base64Url.DecodeFromChars(parts[2]),
                HashAlgorithmName.SHA256,
                RSASignaturePadding.Pkcs1));
            var claims = JsonElement.Parse(System.Buffers.Text.Base64Url.DecodeFromChars(parts[1]));
            Assert.Equal(("kms@test.iam", "https://oauth.test/token"), (claims.GetProperty("iss").GetString(), claims.GetProperty("aud").GetString()));
            Assert.Equal(3600, claims.GetProperty("exp").GetInt64() - claims.GetProperty("iat").GetInt64());
            Tokens++;
            return Answer(new JsonObject { ["access_token"] = $"token-{Tokens}", ["expires_in"] = 3600 });
        }
    }

    private sealed class FakeAzure : HttpMessageHandler
    {
        public const string Key = "https://vault.test/keys/k8s";

        private readonly List<RSA> versions = [RSA.Create(2048)];

        public int Requests { get; private set; }

        public void Rotate() => versions.Add(RSA.Create(2048));

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Requests++;
            var url = request.RequestUri!;
            var body = request.Content is null ? "" : await request.Content.ReadAsStringAsync(cancellationToken);
            if (url.Host == "login.microsoftonline.com")
            {
                Assert.Equal("/tenant/oauth2/v2.0/token", url.AbsolutePath);
                Assert.Contains("client_secret=s%26cret", body);
                return Answer(new JsonObject { ["access_token"] = "azure-token", ["expires_in"] = "3599" });
            }
            Assert.Equal("Bearer azure-token", request.Headers.GetValues("Authorization").Single());
            Assert.Equal("?api-version=7.4", url.Query);
            if (request.Method == HttpMethod.Get)
                return Answer(new JsonObject { ["key"] = new JsonObject { ["kid"] = Kid(versions.Count) }, ["attributes"] = new JsonObject { ["enabled"] = true } });
            var fields = JsonNode.Parse(body)!;
            Assert.Equal("RSA-OAEP-256", fields["alg"]!.GetValue<string>());
            var value = System.Buffers.Text.Base64Url.DecodeFromChars(fields["value"]!.GetValue<string>());
            var number = int.Parse(url.Segments[^2].TrimEnd('/')[2..], CultureInfo.InvariantCulture);
            var result = url.Segments[^1] == "wrapkey"
                ? versions[number - 1].Encrypt(value, RSAEncryptionPadding.OaepSHA256)
                : versions[number - 1].Decrypt(value, RSAEncryptionPadding.OaepSHA256);
            return Answer(new JsonObject { ["kid"] = Kid(number), ["value"] = System.Buffers.Text.Base64Url.EncodeToString(result) });
        }

        private static string Kid(int number) => $"{Key}/aa{number.ToString("00", CultureInfo.InvariantCulture)}";
    }
}
