using System.Globalization;
using Kist.Commands.Arguments;
using Kist.Commands.Cli;
using Kist.Core.Generating;

namespace Kist.Commands.Generate;

/// <summary><c>generate rsa, ec, ed25519, ssh</c>.</summary>
internal static class GenerateKeyCommands
{
    private const string NoPassphrase = "The private key has no passphrase.";

    private static readonly Flag Bits = Flag.Choice("bits", ["2048", "3072", "4096"], "Length of the modulus. Default 3072.");

    private static readonly Flag Curve = Flag.Choice("curve", ["p256", "p384", "p521"], "The curve. Default p256.");

    private static readonly Flag Type = Flag.Choice("type", ["ed25519", "rsa", "ecdsa"], "The type of the key. Default ed25519.");

    private static readonly Flag Comment = Flag.Text("comment", "text", "What ends the public key's line: usually whose key it is.");

    private static readonly Flag Out = Flag.Text(
        "out",
        "file",
        "Write the private key into this file, for its owner alone, and the public key into FILE.pub. What exists is not overwritten.");

    public static Command Rsa => Of("generate rsa", "Generates an RSA key pair in PEM.", [Bits], GeneratorKind.Rsa) with
    {
        Example = new("Keep the keys in files", "generate rsa -bits=4096 -out=signing.pem"),
    };

    public static Command Ec => Of("generate ec", "Generates a key pair on an elliptic curve of NIST in PEM.", [Curve], GeneratorKind.Ec) with
    {
        Example = new("Keep the keys in files", "generate ec -curve=p384 -out=signing.pem"),
    };

    public static Command Ed25519 => Of("generate ed25519", "Generates an Ed25519 key pair in PEM.", [], GeneratorKind.Ed25519) with
    {
        Example = new("Keep the keys in files", "generate ed25519 -out=signing.pem"),
    };

    public static Command Ssh => Of(
        "generate ssh", "Generates an SSH key pair as ssh-keygen does.", [Type, Bits, Curve, Comment], GeneratorKind.Ssh) with
    {
        Description = $"{NoPassphrase} -bits goes with -type=rsa, -curve with -type=ecdsa.",
        Example = new("Make a deploy key", "generate ssh -comment=deploy@ci -out=deploy_key"),
    };

    private static Command Of(string name, string summary, Flag[] flags, string kind) => new(name, summary, (call, _) => RunAsync(call, kind))
    {
        Description = $"{NoPassphrase} It is PKCS #8, the public key SubjectPublicKeyInfo.",
        Flags = [.. flags, Out],
        CallsServer = false,
        Shows = Shows.Fields,
        Example = null,
    };

    private static Task<int> RunAsync(Invocation call, string kind)
    {
        string? Given(Flag flag) => call.Command.Flags.Contains(flag) ? call.Text(flag) : null;
        var spec = new GeneratorSpec
        {
            Kind = kind,
            Bits = Given(Bits) is { } bits ? GeneratedOutput.Whole(long.Parse(bits, CultureInfo.InvariantCulture)) : null,
            Curve = Given(Curve),
            Type = Given(Type),
            Comment = Given(Comment),
        };
        return call.Text(Out) is { } file
            ? Task.FromResult(GeneratedOutput.WriteFiles(call, file, () => Generators.Generate(spec)))
            : GeneratedOutput.ShowAsync(call, Generators.Generate(spec));
    }
}
