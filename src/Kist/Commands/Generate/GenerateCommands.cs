using Kist.Commands.Arguments;
using Kist.Commands.Cli;
using Kist.Core.Generating;
using Kist.Core.Passwords;

namespace Kist.Commands.Generate;

/// <summary><c>generate password, passphrase, bytes</c>, and the group.</summary>
internal static class GenerateCommands
{
    private static readonly Flag Length = Flag.Number("length", "n", "Characters, 4 to 100. Default 20.");

    private static readonly Flag Classes = Flag.List(
        "classes",
        "names",
        "Sets of characters, of each of which there is one at least: lower, upper, digits, symbols (!#%*+,-.:=?@^_~). Default all.");

    private static readonly Flag Charset = Flag.Text(
        "charset", "characters", "A set of your own, of which there is one character at least. Without -classes, the only one.");

    private static readonly Flag Exclude = Flag.Text("exclude", "characters", "Characters to leave out, such as those that look alike: 0O1lI.");

    private static readonly Flag PolicyFile = Flag.Text(
        "policy-file", "file", "A password policy, as sys/policies/password takes it, in place of the other flags; - reads standard input.");

    private static readonly Flag Words = Flag.Number("words", "n", "Words, 3 to 64; each adds 11 bits. Default 6.");

    private static readonly Flag Separator = Flag.Text(
        "separator", "text", "What stands between words: 1 to 8 characters without letters. Default -.");

    private static readonly Flag Capitalize = Flag.Switch("capitalize", "Begin each word with a capital.");

    private static readonly Flag Bytes = Flag.Number("bytes", "n", "Bytes, 1 to 4096. Default 32.");

    private static readonly Flag Encoding = Flag.Choice("encoding", ["hex", "base64", "base64url"], "How the bytes are written. Default hex.");

    public static CommandGroup Group => new(
        "generate",
        static () =>
        [
            Password, Passphrase, RandomBytes, GenerateKeyCommands.Rsa, GenerateKeyCommands.Ec, GenerateKeyCommands.Ed25519, GenerateKeyCommands.Ssh,
        ])
    {
        About = "Generates passwords, passphrases and keys, without a server.",
    };

    private static Command Password => new("generate password", "Generates a password.", PasswordAsync)
    {
        Description = "All passwords that keep the rules are equally likely. A terminal is shown how many bits of entropy that is.",
        Flags = [Length, Classes, Charset, Exclude, PolicyFile],
        CallsServer = false,
        Shows = Shows.Fields,
        Example = new("Make a PIN", "generate password -length=6 -classes=digits"),
    };

    private static Command Passphrase => new("generate passphrase", "Generates a passphrase of common English words.", PassphraseAsync)
    {
        Description = "The words are drawn evenly from 2048. A terminal is shown how many bits of entropy that is.",
        Flags = [Words, Separator, Capitalize],
        CallsServer = false,
        Shows = Shows.Fields,
        Example = new("Make a passphrase for an encrypted disk", "generate passphrase -words=8"),
    };

    private static Command RandomBytes => new("generate bytes", "Generates random bytes.", BytesAsync)
    {
        Flags = [Bytes, Encoding],
        CallsServer = false,
        Shows = Shows.Fields,
        Example = new("Make a key of 256 bits", "generate bytes -encoding=base64"),
    };

    private static Task<int> PasswordAsync(Invocation call, CancellationToken cancellation)
    {
        if (call.Text(PolicyFile) is not { } file)
        {
            return GeneratedOutput.ShowAsync(call, Generators.Generate(new GeneratorSpec
            {
                Length = GeneratedOutput.Whole(call.Number(Length)),
                Classes = call.Has(Classes) ? call.List(Classes) : null,
                Charset = call.Text(Charset),
                Exclude = call.Text(Exclude),
            }));
        }

        if (((Flag[])[Length, Classes, Charset, Exclude]).FirstOrDefault(call.Has) is { } other)
            throw ExitException.Usage($"{other} and {PolicyFile} exclude each other: the policy says it already");
        var policy = PasswordPolicy.Parse(file == "-" ? call.Input.Standard() : InputText.FromFile(file));
        return GeneratedOutput.ShowAsync(call, policy.Succeeded ? Generators.Password(policy.Value) : policy.Failure);
    }

    private static Task<int> PassphraseAsync(Invocation call, CancellationToken cancellation) =>
        GeneratedOutput.ShowAsync(call, Generators.Generate(new GeneratorSpec
        {
            Kind = GeneratorKind.Passphrase,
            Words = GeneratedOutput.Whole(call.Number(Words)),
            Separator = call.Text(Separator),
            Capitalize = call.Switch(Capitalize),
        }));

    private static Task<int> BytesAsync(Invocation call, CancellationToken cancellation) =>
        GeneratedOutput.ShowAsync(call, Generators.Generate(new GeneratorSpec
        {
            Kind = GeneratorKind.Bytes,
            Bytes = GeneratedOutput.Whole(call.Number(Bytes)),
            Encoding = call.Text(Encoding),
        }));
}
