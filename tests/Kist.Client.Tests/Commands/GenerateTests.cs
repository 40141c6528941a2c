using System.Text.Json;

namespace Kist.Client.Tests.Commands;

public sealed class GenerateTests : IDisposable
{
    private readonly Fakes.Cli cli = new();

    [Theory]
    [InlineData("generate password", "^[!-~]{20}\\z")]
    [InlineData("generate password -length=8 -classes=lower,digits -exclude=l1", "^[a-km-z02-9]{8}\\z")]
    [InlineData("generate password -charset=xyz", "^[xyz]{20}\\z")]
    [InlineData("generate passphrase -words=4 -separator=. -capitalize", "^([A-Z][a-z]{3,6}\\.){3}[A-Z][a-z]{3,6}\\z")]
    [InlineData("generate bytes -bytes=8", "^[0-9a-f]{16}\\z")]
    [InlineData("generate bytes -bytes=8 -encoding=base64", "^[A-Za-z0-9+/]{11}=\\z")]
    [InlineData("generate ed25519 -field=public_key", "^-----BEGIN PUBLIC KEY-----\n.*\n-----END PUBLIC KEY-----\n\\z")]
    [InlineData("generate ssh -comment=me -field=public_key", "^ssh-ed25519 [A-Za-z0-9+/]+ me\\z")]
    [InlineData("generate ssh -type=ecdsa", "^(?s)-----BEGIN OPENSSH PRIVATE.*\n-----END OPENSSH PRIVATE KEY-----\necdsa-sha2-nistp256 [^ \n]+\n\\z")]
    public async Task Program_gets_the_bare_secret(string line, string form)
    {
        var result = await cli.RunAsync(line.Split(' '));
        Assert.Equal((0, ""), (result.Code, result.Error));
        Assert.Matches(form, result.Output);
    }

    [Fact]
    public async Task Terminal_gets_a_line_end_and_the_entropy()
    {
        var result = await cli.OnTerminal().RunAsync("generate", "passphrase");
        Assert.Equal("Entropy: 66 bits\n", result.Error);
        Assert.EndsWith("\n", result.Output);
        Assert.Equal("Entropy: 19.9 bits\n", (await cli.RunAsync("generate", "password", "-length=6", "-classes=digits")).Error);
        Assert.Equal("", (await cli.RunAsync("generate", "ec")).Error);
    }

    [Fact]
    public async Task Json_has_the_fields_and_the_entropy()
    {
        var password = JsonElement.Parse((await cli.RunAsync("generate", "password", "-charset=ab", "-format=json")).Output);
        Assert.Equal(["password", "entropy_bits"], password.EnumerateObject().Select(p => p.Name));
        Assert.Equal(20, password.GetProperty("entropy_bits").GetDouble());
        var pair = JsonElement.Parse((await cli.RunAsync("generate", "rsa", "-bits=2048", "-format=json")).Output);
        Assert.Equal(["private_key", "public_key"], pair.EnumerateObject().Select(p => p.Name));
    }

    [Fact]
    public async Task Policy_file_is_followed_or_refused_with_its_line()
    {
        var file = cli.Home.File("pin.hcl", "length = 6\nrule \"charset\" {\n  charset = \"0123456789\"\n}\n");
        Assert.Matches("^[0-9]{6}\\z", (await cli.RunAsync("generate", "password", "-policy-file=" + file)).Output);
        cli.Input("length = 4 rule \"charset\" { charset = \"a\" }");
        Assert.Matches("^a{4}\\z", (await cli.RunAsync("generate", "password", "-policy-file=-")).Output);
        var faulty = await cli.RunAsync("generate", "password", "-policy-file=" + cli.Home.File("bad.hcl", "length = 6\nrules = 1\n"));
        Assert.Equal(1, faulty.Code);
        Assert.Contains("line 2: unknown field \"rules\"", faulty.Error);
        Assert.Contains("exclude each other", (await cli.RunAsync("generate", "password", "-length=8", "-policy-file=" + file)).Error);
    }

    [Theory]
    [InlineData("generate password -length=3", "\"length\"")]
    [InlineData("generate password -length=9999999999", "\"length\"")]
    [InlineData("generate password -classes=letters", "\"classes\"")]
    [InlineData("generate passphrase -separator=x", "\"separator\"")]
    [InlineData("generate bytes -bytes=0", "\"bytes\"")]
    [InlineData("generate rsa -bits=1024", "-bits")]
    [InlineData("generate ssh -bits=2048", "\"bits\"")]
    [InlineData("generate ec -curve=p192", "-curve")]
    public async Task Wrong_settings_are_wrong_usage(string line, string told)
    {
        var result = await cli.RunAsync(line.Split(' '));
        Assert.Equal((1, ""), (result.Code, result.Output));
        Assert.Contains(told, result.Error);
    }

    [Fact]
    public async Task Files_are_written_once_and_the_private_one_for_its_owner_alone()
    {
        var file = cli.Home.At("key");
        var result = await cli.RunAsync("generate", "ssh", "-out=" + file);
        Assert.Equal((0, $"Success! Wrote the private key to {file} and the public key to {file}.pub\n"), (result.Code, result.Output));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Assert.True(File.GetUnixFileMode(file + ".pub").HasFlag(UnixFileMode.OtherRead));
        Assert.EndsWith("\n", await File.ReadAllTextAsync(file + ".pub"));
        var before = await File.ReadAllBytesAsync(file);
        var again = await cli.RunAsync("generate", "ssh", "-out=" + file);
        Assert.Equal(2, again.Code);
        Assert.Contains("not overwritten", again.Error);
        Assert.Equal(before, await File.ReadAllBytesAsync(file));
        File.Delete(file);
        Assert.Contains($"{file}.pub exists", (await cli.RunAsync("generate", "ssh", "-out=" + file)).Error);
        Assert.False(File.Exists(file));
    }

    public void Dispose() => cli.Dispose();
}
