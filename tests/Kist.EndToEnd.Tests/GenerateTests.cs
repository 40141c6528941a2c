using System.Text.Json;
using System.Text.RegularExpressions;
using Kist.EndToEnd.Tests.Needs;
using Kist.Harness;

namespace Kist.EndToEnd.Tests;

/// <summary><c>kist generate</c> without a server, and what other programs make of its keys. Keys pass in files, never in arguments.</summary>
public sealed class GenerateTests : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string folder = Directory.CreateTempSubdirectory("kist-generate-").FullName;
    private readonly Cli cli;

    public GenerateTests() => cli = new Cli(BuiltProgram.Path, Path.Combine(folder, "user"), new Uri("http://127.0.0.1:1"), null);

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [FactNeeding(Need.SshKeygen)]
    public async Task Ssh_keygen_reads_every_type_of_key_and_finds_its_public_half()
    {
        string[][] kinds =
        [
            ["-type=ed25519"], ["-type=rsa", "-bits=2048"], ["-type=rsa", "-bits=4096"],
            ["-type=ecdsa"], ["-type=ecdsa", "-curve=p384"], ["-type=ecdsa", "-curve=p521"],
        ];
        string[] sizes = ["256", "2048", "4096", "256", "384", "521"];
        for (var i = 0; i < kinds.Length; i++)
        {
            var file = At($"key{i}");
            await cli.RunAsync(["generate", "ssh", .. kinds[i], "-comment=me@här", $"-out={file}"]);
            Assert.Equal(OwnerOnly, File.GetUnixFileMode(file));
            var published = (await File.ReadAllTextAsync(file + ".pub")).TrimEnd('\n');
            // The comment comes out of the private key too, so that is read to its end.
            Assert.Equal(published, (await DoAsync("ssh-keygen", "-y", "-P", "", "-f", file)).TrimEnd('\n'));
            var print = await DoAsync("ssh-keygen", "-l", "-f", file);
            Assert.StartsWith(sizes[i] + " SHA256:", print);
            Assert.Equal(print, await DoAsync("ssh-keygen", "-l", "-f", file + ".pub"));
            Assert.Contains(" me@här ", print);
            await SignsAsync(file);
        }
    }

    // Elliptic keys whose numbers begin with zeros or with a set bit have lengths of their own: among forty are some of each.
    [FactNeeding(Need.SshKeygen)]
    public async Task Ssh_keygen_reads_keys_of_every_length_of_number()
    {
        for (var i = 0; i < 40; i++)
        {
            var file = At($"many{i}");
            await cli.RunAsync("generate", "ssh", "-type=ecdsa", "-curve=p256", $"-out={file}");
            Assert.Equal((await File.ReadAllTextAsync(file + ".pub")).Trim(), (await DoAsync("ssh-keygen", "-y", "-P", "", "-f", file)).Trim());
        }
    }

    [FactNeeding(Need.OpenSsl)]
    public async Task Openssl_reads_every_type_of_key_and_finds_its_public_half()
    {
        (string[] Arguments, string Says)[] kinds =
        [
            (["rsa", "-bits=2048"], "2048 bit"), (["rsa", "-bits=3072"], "3072 bit"), (["rsa", "-bits=4096"], "4096 bit"),
            (["ec"], "P-256"), (["ec", "-curve=p384"], "P-384"), (["ec", "-curve=p521"], "P-521"), (["ed25519"], "ED25519"),
        ];
        foreach (var (arguments, says) in kinds)
        {
            var file = At(string.Join("", arguments));
            await cli.RunAsync(["generate", .. arguments, $"-out={file}"]);
            Assert.StartsWith("-----BEGIN PRIVATE KEY-----\n", await File.ReadAllTextAsync(file));
            Assert.Equal(await File.ReadAllTextAsync(file + ".pub"), await DoAsync("openssl", "pkey", "-in", file, "-pubout"));
            Assert.Contains(says, await DoAsync("openssl", "pkey", "-in", file, "-noout", "-check", "-text_pub"));
        }
    }

    [Fact]
    public async Task Pipe_gets_the_bare_secret_and_nothing_on_the_side()
    {
        var ended = await cli.TryAsync("", "generate", "password");
        Assert.Equal((0, ""), (ended.ExitCode, ended.Errors));
        Assert.Matches("^[!-~]{20}$", ended.Output);
        Assert.Matches("^([a-z]{4,7}-){5}[a-z]{4,7}$", (await cli.TryAsync("", "generate", "passphrase")).Output);
        Assert.Matches("^[0-9a-f]{64}$", (await cli.TryAsync("", "generate", "bytes")).Output);
        var json = JsonElement.Parse(await cli.RunAsync("generate", "ssh", "-format=json"));
        Assert.StartsWith("-----BEGIN OPENSSH PRIVATE KEY-----\n", json.GetProperty("private_key").GetString());
        Assert.StartsWith("ssh-ed25519 AAAA", json.GetProperty("public_key").GetString());
    }

    // The commands of the page, as written, one after the other; where a server is needed they only have to be commands that there are.
    [Fact]
    public async Task Commands_of_the_how_to_page_work_without_a_server()
    {
        var page = await File.ReadAllTextAsync(Path.Combine(BuiltProgram.Repository, "docs", "how-to", "generate-secrets.md"));
        var lines = Blocks(page, "sh").SelectMany(b => b.Split('\n'))
            .Where(l => l.StartsWith("kist generate ", StringComparison.Ordinal) && !l.Contains('|')).ToList();
        Assert.True(lines.Count >= 10, $"{lines.Count} commands");
        await File.WriteAllTextAsync(Path.Combine(cli.Home, "pin.hcl"), Blocks(page, "hcl").Single());
        foreach (var line in lines)
            Assert.NotEmpty(await cli.RunAsync([.. line.Split(' ')[1..]]));
    }

    private static IEnumerable<string> Blocks(string page, string language) =>
        Regex.Matches(page, $"^```{language}\n(.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline, TimeSpan.FromSeconds(1))
            .Select(m => m.Groups[1].Value);

    private string At(string name) => Path.Combine(folder, name);

    private async Task SignsAsync(string file)
    {
        var message = At("message");
        File.Delete(message + ".sig");
        await File.WriteAllTextAsync(message, "x");
        await DoAsync("ssh-keygen", "-Y", "sign", "-f", file, "-n", "file", message);
        await File.WriteAllTextAsync(At("signers"), $"me {string.Join(' ', (await File.ReadAllTextAsync(file + ".pub")).Split(' ')[..2])}\n");
        var verify = BuiltProgram.Start("ssh-keygen", ["-Y", "verify", "-f", At("signers"), "-I", "me", "-n", "file", "-s", message + ".sig"]);
        Assert.Equal(0, (await KistProcess.RunAsync(verify, Patience, "x", default)).ExitCode);
    }

    private static async Task<string> DoAsync(string program, params string[] arguments)
    {
        var ended = await KistProcess.RunAsync(BuiltProgram.Start(program, arguments), Patience, "", default);
        Assert.True(ended.ExitCode == 0, $"{program} {string.Join(' ', arguments)}: {ended.Errors}");
        return ended.Output;
    }
}
