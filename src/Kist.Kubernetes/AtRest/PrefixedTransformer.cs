using System.Text;
using Kist.Kubernetes.AtRest.Bodies;

namespace Kist.Kubernetes.AtRest;

/// <summary>A transformer and the prefix of what it reads and writes.</summary>
/// <param name="Prefix">Empty for identity.</param>
/// <param name="Inner">Handles what follows the prefix.</param>
/// <param name="Kind">The provider, where the prefix is a provider's.</param>
/// <param name="KeyName">The key, where the prefix names one.</param>
internal sealed record PrefixedTransformer(byte[] Prefix, ITransformer Inner, ProviderKind? Kind, string? KeyName)
{
    public static PrefixedTransformer ForIdentity() => new([], new LocalTransformer(new IdentityBody()), ProviderKind.Identity, null);

    public static PrefixedTransformer ForKeys(ProviderKind kind, PrefixChain keys) => new(Encoding.UTF8.GetBytes(kind.Prefix()), keys, kind, null);

    public static PrefixedTransformer ForKey(string name, ITransformer inner) => new(Encoding.UTF8.GetBytes(name + ":"), inner, null, name);

    public static PrefixedTransformer ForKms(ProviderKind kind, string name, ITransformer inner) =>
        new(Encoding.UTF8.GetBytes($"{kind.Prefix()}{name}:"), inner, kind, name);

    public ReadAttempt Name(ReadAttempt attempt) => attempt with { Kind = Kind ?? attempt.Kind, KeyName = KeyName ?? attempt.KeyName };
}
